"""`lineament audit` as an operator, an auditor and an overseer run it."""

import base64
import csv
import io
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lineament.access import read_root_key
from lineament.cli.main import main
from lineament.domain.audit import Entry
from lineament.errors import AccessDeniedException
from lineament.governance.signing import PURPOSE, Signer
from lineament.storage import keys
from lineament.storage.audit import DynamoAuditTrail
from lineament.storage.clients import S3Clients
from lineament.storage.provision import Tables, connect, ensure_tables

ACCOUNT = "123456789012"
DAY = 1_795_824_000.0
"""2026-11-28, in UTC."""


@pytest.fixture
def tables(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tables:
    """Return a deployment's tables; the environment names it, a root key and a bucket."""
    name, bucket = f"a{uuid.uuid4().hex[:12]}", f"audit-{uuid.uuid4().hex[:8]}"
    root = tmp_path / "root"
    root.write_bytes(base64.b64encode(b"r" * 32))
    root.chmod(0o600)
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    monkeypatch.setenv("LINEAMENT_AUDIT_BUCKET", bucket)
    monkeypatch.setenv("LINEAMENT_ROOT_KEY", f"file:{root}")
    S3Clients(aws_endpoint).client("us-east-1").create_bucket(Bucket=bucket)
    made = connect(name, "us-east-1", aws_endpoint)
    ensure_tables(made)
    return made


@pytest.fixture
def trail(tables: Tables, tmp_path: Path) -> DynamoAuditTrail:
    root = read_root_key(f"file:{tmp_path / 'root'}", "us-east-1")
    return DynamoAuditTrail(tables, Signer(root.derive(PURPOSE)))


def entry(number: int, **more: Any) -> Entry:
    made = Entry(
        time=DAY + 60 * number,
        request_id=f"r{number}",
        account=ACCOUNT,
        region="us-east-1",
        access_key_id="AKIA1",
        operation="SearchFaces",
        user="ann",
        collection="people",
        threshold_asked=80.0,
        threshold_applied=99.0,
        subjects=("f1",),
        subject_count=1,
        results=(("f2", 99.25),),
        result_count=1,
    )
    return replace(made, **more)


def fill(trail: DynamoAuditTrail, count: int = 10) -> None:
    for number in range(count):
        trail.append(entry(number), strict=True)


def test_an_intact_trail(
    trail: DynamoAuditTrail, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a check that runs every night wakes somebody for nothing, or tells no numbers."""
    fill(trail)
    assert main(["audit", "anchor"]) == 0
    assert capsys.readouterr().out == "anchors made: 1\nanchors failed: 0\n"
    assert main(["audit", "anchor"]) == 0
    assert capsys.readouterr().out == "anchors made: 0\nanchors failed: 0\n"
    trail.append(entry(10), strict=True)
    report = tmp_path / "report.json"
    assert main(["audit", "verify", "--json", str(report)]) == 0
    told = capsys.readouterr()
    head, row, last = told.out.strip().splitlines()
    assert head.split() == ["account", "blocks", "entries", "last", "anchored"]
    assert row.split() == [ACCOUNT, "11", "11", "11", "10"]
    assert (last, told.err) == ("intact: every entry is there", "")
    (written,) = json.loads(report.read_text())
    assert (written["entries"], written["findings"]) == (11, [])


def _alter(tables: Tables) -> None:
    item = tables.trust.get(keys.audit_block_key(ACCOUNT, 4))
    assert item is not None
    body = item["body"]["S"].replace('"ann"', '"bob"')
    tables.trust.put({**item, "body": {"S": body}})


def _remove(tables: Tables, *numbers: int) -> None:
    tables.trust.delete_many([keys.audit_block_key(ACCOUNT, number) for number in numbers])


def _drop(tables: Tables) -> None:
    items = [{"pk": item["pk"], "sk": item["sk"]} for item in tables.trust.scan()]
    tables.trust.delete_many(items)


def _swap(tables: Tables) -> None:
    one, other = (tables.trust.get(keys.audit_block_key(ACCOUNT, number)) for number in (2, 3))
    assert one is not None
    assert other is not None
    for item, key in ((one, other), (other, one)):
        tables.trust.put({**item, "pk": key["pk"], "sk": key["sk"]})


@pytest.mark.parametrize(
    ("harm", "lines"),
    [
        (_alter, ["block 4: the block is not what its hash says: it was altered (altered)"]),
        (lambda tables: _remove(tables, 5), ["block 5: these blocks are gone (removed)"]),
        (
            lambda tables: _remove(tables, 9, 10),
            ["blocks 9 to 10: these blocks are gone (removed)"],
        ),
        (_drop, ["blocks 1 to 10: these blocks are gone (removed)"]),
        (_swap, [f"block {each}: the block says that it is another one" for each in (2, 3)]),
    ],
)
def test_tampering_is_told_block_by_block(
    tables: Tables,
    trail: DynamoAuditTrail,
    capsys: pytest.CaptureFixture[str],
    harm: Callable[[Tables], None],
    lines: list[str],
) -> None:
    """Lost: the trail says what somebody wants it to say, and exit status 0 with it."""
    fill(trail)
    assert main(["audit", "anchor"]) == 0
    capsys.readouterr()
    harm(tables)
    assert main(["audit", "verify"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line[: len(start) + 13] for line, start in zip(told, lines, strict=False)] == [
        f"{ACCOUNT} {start}" for start in lines
    ]
    assert told[-1] == f"tampered with: {len(lines)} findings"


def test_an_auditor_needs_no_secret(
    trail: DynamoAuditTrail, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: only who could forge the trail can check it."""
    fill(trail)
    assert main(["audit", "public-key"]) == 0
    public = capsys.readouterr().out.strip()
    monkeypatch.delenv("LINEAMENT_ROOT_KEY")
    assert main(["audit", "verify", "--public-key", public]) == 0
    assert capsys.readouterr().err == ""
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().err.startswith("signatures are not checked")
    assert main(["audit", "verify", "--public-key", "ab" * 32]) == 1
    assert "the service has not signed the block" in capsys.readouterr().out
    assert main(["audit", "verify", "--public-key", "ab" * 32, "--signed-from", "11"]) == 0


def test_a_root_key_that_takes_over(
    trail: DynamoAuditTrail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a new root key makes everything that the old one has signed look forged."""
    fill(trail, 2)
    assert main(["audit", "anchor"]) == 0
    new = tmp_path / "new"
    new.write_bytes(base64.b64encode(b"n" * 32))
    new.chmod(0o600)
    monkeypatch.setenv("LINEAMENT_ROOT_KEY", f"file:{new}")
    assert main(["audit", "verify"]) == 1
    monkeypatch.setenv("LINEAMENT_ROOT_KEY", f"file:{new},file:{tmp_path / 'root'}")
    assert main(["audit", "verify"]) == 0


def test_wrong_calls(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a mistyped account, bucket or key is taken for an intact trail."""
    assert tables
    assert main(["audit", "verify", "--account", "999999999999"]) == 2
    assert "there is nothing of account 999999999999" in capsys.readouterr().err
    assert main(["audit", "verify", "--bucket", "nobodys-bucket-here"]) == 2
    for wrong in (["verify", "--public-key", "abc"], ["export", "--from", "monday"], ["undo"]):
        with pytest.raises(SystemExit) as stopped:
            main(["audit", *wrong])
        assert stopped.value.code == 2
    monkeypatch.delenv("LINEAMENT_ROOT_KEY")
    capsys.readouterr()
    assert main(["audit", "anchor"]) == 1
    assert "set LINEAMENT_ROOT_KEY" in capsys.readouterr().err
    monkeypatch.delenv("LINEAMENT_AUDIT_BUCKET")
    assert main(["audit", "anchor"]) == 1
    assert "set LINEAMENT_AUDIT_BUCKET" in capsys.readouterr().err
    monkeypatch.setenv("LINEAMENT_TABLE", "nobodys-table")
    assert main(["audit", "verify"]) == 2


def test_export(
    trail: DynamoAuditTrail, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: an inquiry gets too many entries, too few, or a spreadsheet that runs one of them."""
    fill(trail)
    trail.append(
        entry(99, user="=cmd()", access_key_id="AKIA2", operation="DeleteFaces"), strict=True
    )

    def exported(*options: str) -> list[dict[str, Any]]:
        assert main(["audit", "export", *options]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    everything = exported()
    assert [each["request_id"] for each in everything] == [*(f"r{n}" for n in range(10)), "r99"]
    assert everything[0] == {"block": 1, "place": 0, **entry(0).to_json()}
    window = ["--from", "2026-11-28T00:03", "--to", "2026-11-28T00:05:00+00:00"]
    assert [each["request_id"] for each in exported(*window)] == ["r3", "r4"]
    assert [each["block"] for each in exported("--principal", "AKIA2")] == [11]
    assert len(exported("--principal", "ann")) == 10
    assert len(exported("--operation", "DeleteFaces", "--collection", "people")) == 1
    assert exported("--collection", "others") == exported("--account", "999999999999") == []
    out = tmp_path / "trail.csv"
    assert main(["audit", "export", "--format", "csv", "--out", str(out)]) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert len(rows) == 11
    assert rows[0]["time"] == "2026-11-28T00:00:00+00:00"
    assert (rows[0]["results"], rows[0]["subjects"]) == ("f2=99.25", "f1")
    assert rows[-1]["user"] == "'=cmd()"


def test_report(
    trail: DynamoAuditTrail, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: an overseer does not see who searches below 99, who is searched for again and again."""
    assert main(["audit", "report"]) == 0
    assert capsys.readouterr().out == "no entries\n"
    fill(trail, 3)
    below = {"threshold_applied": 80.0, "subjects": ("f7",), "user": "bob"}
    trail.append(entry(4, **below), strict=True)
    trail.append(entry(5, outcome=AccessDeniedException.code, user="bob"), strict=True)
    trail.append(entry(6, operation="DeleteFaces", threshold_applied=None), strict=True)
    report = tmp_path / "report.json"
    assert main(["audit", "report", "--json", str(report)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("6 entries, 2026-11-28 00:00:00 UTC to 2026-11-28 00:06:00 UTC\n")
    assert f"       1  {ACCOUNT}  bob  people\n" in told
    written = json.loads(report.read_text())
    assert written["operations"] == {"SearchFaces": 5, "DeleteFaces": 1}
    assert written["thresholds"] == {"80": 1, "99": 3}
    assert written["thresholds_raised"] == 3
    assert written["searches_below_99"] == [
        {"account": ACCOUNT, "principal": "bob", "collection": "people", "count": 1}
    ]
    assert written["repeated_searches"] == [
        {"account": ACCOUNT, "collection": "people", "sought": "f1", "count": 3}
    ]
    assert written["refusals"] == [
        {"account": ACCOUNT, "principal": "bob", "error": "AccessDeniedException", "count": 1}
    ]


def test_a_block_that_cannot_be_read_is_told(
    tables: Tables, trail: DynamoAuditTrail, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: an export leaves out what somebody has broken, and says nothing."""
    fill(trail, 3)
    tables.trust.put({**keys.audit_block_key(ACCOUNT, 2), "body": {"S": "{"}, "hash": {"S": ""}})
    assert main(["audit", "export"]) == 1
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 2
    assert told.err == f"{ACCOUNT} block 2 cannot be read\n"
    assert main(["audit", "report"]) == 1
