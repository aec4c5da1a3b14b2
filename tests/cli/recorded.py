"""A deployment for commands that need no model: tables of its own, and what stands in its trail."""

import base64
import uuid
from pathlib import Path

import pytest

from lineament.domain.audit import Entry
from lineament.domain.audit_chain import read
from lineament.storage.audit_blocks import AuditBlocks
from lineament.storage.provision import Tables, connect, ensure_tables

ACCOUNT = "123456789012"


@pytest.fixture
def tables(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tables:
    """Return a deployment's tables; the environment names it and a root key."""
    name, root = f"r{uuid.uuid4().hex[:12]}", tmp_path / "root"
    root.write_bytes(base64.b64encode(b"r" * 32))
    root.chmod(0o600)
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    monkeypatch.setenv("LINEAMENT_AUDIT", "on")
    monkeypatch.setenv("LINEAMENT_ROOT_KEY", f"file:{root}")
    made = connect(name, "us-east-1", aws_endpoint)
    ensure_tables(made)
    return made


def entries(tables: Tables, what: str) -> list[Entry]:
    """Return what an operator did, as the trail tells it."""
    blocks = AuditBlocks(tables.trust).read(ACCOUNT)
    told = [each for block in blocks for each in read(block.body).entries]
    return [each for each in told if each.operation == f"lineament:{what}"]
