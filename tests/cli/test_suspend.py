"""`lineament suspend`, `lineament reinstate`: cutting off, and the trail of it."""

import json
import uuid
from pathlib import Path

import pytest

from lineament.cli.main import main
from lineament.domain.suspension import ACCOUNT, key_name
from lineament.storage.provision import connect, ensure_tables
from lineament.storage.suspensions import DynamoSuspensions

ACCOUNT_ID = "111122223333"


@pytest.fixture
def suspensions(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> DynamoSuspensions:
    """Return what the commands of this test change; they write a trail."""
    name = f"t{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    monkeypatch.setenv("LINEAMENT_AUDIT", "on")
    tables = connect(name, "us-east-1", aws_endpoint)
    ensure_tables(tables)
    return DynamoSuspensions(tables)


def test_cut_off_and_let_in_again(
    suspensions: DynamoSuspensions, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: an abuser goes on, or nobody can see who has cut whom off and why."""
    words = ["--account", ACCOUNT_ID, "--whole-account", "--by", "ops"]
    assert main(["suspend", *words, "--reason", "searched for a colleague"]) == 0
    assert "is suspended: searched" in capsys.readouterr().out
    (found,) = suspensions.read(ACCOUNT_ID).items()
    assert (found[0], found[1].reason, found[1].by) == (ACCOUNT, "searched for a colleague", "ops")
    assert main(["suspend", "--account", ACCOUNT_ID, "--list"]) == 0
    assert f"account {ACCOUNT_ID}: since 20" in capsys.readouterr().out
    assert main(["reinstate", *words, "--reason", "cleared"]) == 0
    assert suspensions.read(ACCOUNT_ID) == {}
    assert main(["reinstate", *words]) == 1
    assert "is not suspended" in capsys.readouterr().err
    assert main(["audit", "export", "--account", ACCOUNT_ID, "--format", "jsonl"]) == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(entry["operation"], entry["user"], entry["rule"]) for entry in entries] == [
        ("lineament:Suspend", "ops", "searched for a colleague"),
        ("lineament:Reinstate", "ops", "cleared"),
    ]


def test_a_key_tells_its_account(suspensions: DynamoSuspensions) -> None:
    """Lost: a key that was leaked goes on until somebody finds out whose it is."""
    key = "AKIA" + "A" * 16
    assert main(["suspend", "--key", key, "--reason", "leaked"]) == 0
    assert list(suspensions.read("000000000000")) == [key_name(key)]


def test_a_key_of_a_file_is_of_the_account_that_the_file_says(
    suspensions: DynamoSuspensions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Lost: the command says that the key is cut off, and it goes on in its own account."""
    key = {"id": "AKIA" + "A" * 16, "secret": "s" * 16, "account": ACCOUNT_ID, "user": "ana"}
    kept = tmp_path / "keys.json"
    kept.touch(0o600)
    kept.write_text(json.dumps([{**key, "policies": ["full-access"]}]))
    monkeypatch.setenv("LINEAMENT_ACCESS_KEYS", f"file:{kept}")
    assert main(["suspend", "--key", key["id"], "--reason", "leaked"]) == 0
    assert list(suspensions.read(ACCOUNT_ID)) == [key_name(key["id"])]
    assert main(["suspend", "--key", key["id"], "--account", "0" * 12, "--reason", "leaked"]) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--reason", "x"], "say what: --key ID, --collection ID or --whole-account"),
        (["--collection", "people"], "say why, with --reason"),
        (["--key", "AKIA" + "A" * 16, "--account", ACCOUNT_ID, "--reason", "x"], "of account 0000"),
    ],
)
def test_half_a_command_cuts_nobody_off(
    suspensions: DynamoSuspensions,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
) -> None:
    """Lost: the wrong ones are cut off, or without a reason."""
    assert main(["suspend", *words]) == 1
    assert told in capsys.readouterr().err
    assert suspensions.read("123456789012") == {}


@pytest.mark.parametrize("wrong", [["--account", "11112222333"], ["--by", " "], ["--by", ""]])
def test_a_mistyped_account_is_no_account(
    suspensions: DynamoSuspensions, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    """Lost: somebody is told that the account is cut off, and it is not; or nobody did it."""
    with pytest.raises(SystemExit) as ended:
        main(["suspend", "--whole-account", "--reason", "x", *wrong])
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err
    assert suspensions.read("11112222333") == {}


def test_a_mistyped_collection_is_told(
    suspensions: DynamoSuspensions, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: somebody is told that a collection is cut off, and the one they mean is not."""
    words = ["--account", ACCOUNT_ID, "--collection", "peopel", "--reason", "x"]
    assert main(["suspend", *words]) == 0
    assert "there is no such collection now" in capsys.readouterr().out
    assert suspensions.read(ACCOUNT_ID)
