"""Housekeeping anchors the audit trail in S3."""

import uuid
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from lineament import config
from lineament.app import Application, build_application
from lineament.auth.derivation import new_root_key
from lineament.cli.main import main
from lineament.context import Scope

SCOPE = Scope("111122223333", "us-east-1")


@pytest.fixture
def deployment(aws_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Application:
    """Return a deployment with a trail, a root key and a bucket of its own."""
    assert aws_endpoint
    root = tmp_path / "root.key"
    root.touch(0o600)
    root.write_text(new_root_key())
    name = f"anchored-{uuid.uuid4().hex[:12]}"
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name)
    given = {"table": name, "audit": "on", "audit_bucket": name, "root_key": f"file:{root}"}
    for setting, value in given.items():
        monkeypatch.setenv(f"LINEAMENT_{setting.upper()}", value)
    application = build_application(config.load())
    application.make_tables()
    return application


def test_a_round_anchors_what_was_recorded_since(
    deployment: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: whoever can write the table cuts the trail's end off, and nobody can tell."""
    assert deployment.housekeep()["anchored"] == 0
    deployment.call("CreateCollection", b'{"CollectionId": "people"}', SCOPE)
    done = deployment.housekeep()
    assert (done["anchored"], done["failed_anchors"]) == (1, 0)
    assert deployment.housekeep()["anchored"] == 0
    assert main(["audit", "verify", "--account", SCOPE.account]) == 0
    assert "anchor" in capsys.readouterr().out


def test_a_bucket_that_is_not_there_fails_nothing_else(deployment: Application) -> None:
    """Lost: housekeeping stops for a bucket, and deleted faces stay."""
    settings = replace(config.load(), audit_bucket="nobody-has-made-this-bucket")
    other = build_application(settings)
    deployment.call("CreateCollection", b'{"CollectionId": "people"}', SCOPE)
    done = other.housekeep()
    assert (done["anchored"], done["failed_anchors"]) == (0, 1)
    assert done["failed_purges"] == 0
