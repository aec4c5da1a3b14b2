"""What operators do is written into the audit trail, as the trail's own."""

import os

import pytest

from lineament.cli.main import main
from lineament.storage.provision import Tables
from lineament.storage.suspensions import DynamoSuspensions
from tests.cli.recorded import ACCOUNT, entries, tables

__all__ = ["tables"]

WORDS = ["--account", ACCOUNT, "--whole-account", "--by", "ops"]


def test_no_command_leaves_a_block_that_looks_forged(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a shell without LINEAMENT_ROOT_KEY has the trail look tampered with, for ever."""
    assert main(["suspend", *WORDS, "--reason", "abuse"]) == 0
    root = os.environ["LINEAMENT_ROOT_KEY"]
    monkeypatch.delenv("LINEAMENT_ROOT_KEY")
    assert main(["reinstate", *WORDS]) != 0
    assert "set LINEAMENT_ROOT_KEY" in capsys.readouterr().err
    assert DynamoSuspensions(tables).read(ACCOUNT), "what is not recorded is not done"
    monkeypatch.setenv("LINEAMENT_ROOT_KEY", root)
    assert main(["reinstate", *WORDS]) == 0
    assert len(entries(tables, "Reinstate")) == 1
    assert main(["audit", "verify", "--account", ACCOUNT]) == 0


def test_a_trail_that_nobody_signs_takes_entries(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a deployment without a root key can cut nobody off."""
    monkeypatch.delenv("LINEAMENT_ROOT_KEY")
    for _ in range(2):
        assert main(["suspend", *WORDS, "--reason", "abuse"]) == 0
    assert len(entries(tables, "Suspend")) == 2
