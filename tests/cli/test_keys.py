"""`lineament keys` as an operator runs it."""

import json
import re
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lineament.access import connect_credentials
from lineament.auth.authenticator import Authenticator
from lineament.auth.credentials import AccessKey, Credentials
from lineament.auth.scope import account_of
from lineament.cli.main import main
from lineament.errors import FrameworkError
from lineament.storage.provision import Tables, connect
from tests.unit.signing import KEY, boto_signed

ACCOUNT, OTHER = "029608264753", "111122223333"
CREATE = ("create", "--account", ACCOUNT, "--user", "door", "--policy", "read-only")
ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


class Keys:
    """The command, on one table or one file."""

    def __init__(self, capsys: pytest.CaptureFixture[str], where: Mapping[str, list[str]]) -> None:
        self._capsys = capsys
        self._where = where
        self.err = ""

    def __call__(self, action: str, *arguments: str, status: int = 0) -> str:
        assert main(["keys", action, *arguments, *self._where.get(action, [])]) == status
        told = self._capsys.readouterr()
        self.err = told.err
        return told.out

    def create(self, *more: str) -> dict[str, str]:
        lines = self(*CREATE, *more).splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def tables(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Tables:
    name = f"k{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    return connect(name, "us-east-1", aws_endpoint)


@pytest.fixture
def root(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return where a root key is, as an operator puts it."""
    assert main(["keys", "root"]) == 0
    path = tmp_path / "root.key"
    path.touch(0o600)
    path.write_text(capsys.readouterr().out)
    return f"file:{path}"


@pytest.fixture
def in_table(tables: Tables, root: str, capsys: pytest.CaptureFixture[str]) -> Keys:
    assert tables
    return Keys(capsys, {"create": ["--root-key", root], "list": ["--root-key", root]})


@pytest.fixture
def in_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Keys:
    where = ["--file", str(tmp_path / "keys.json")]
    return Keys(capsys, dict.fromkeys(("create", "list", "revoke"), where))


@pytest.fixture(params=["table", "file"])
def keys(request: pytest.FixtureRequest) -> Keys:
    found: Keys = request.getfixturevalue(f"in_{request.param}")
    return found


@pytest.fixture
def credentials(tables: Tables, root: str, tmp_path: Path) -> Callable[[], Credentials]:
    """Return what a server of these settings asks, as if it had just started."""

    def connected() -> Credentials:
        kept = tmp_path / "keys.json"
        named = f"file:{kept},table" if kept.exists() else "table"
        return connect_credentials(named, root, tables)

    return connected


def caller(credentials: Credentials, printed: Mapping[str, str]) -> AccessKey:
    """Return who calls by a key as it was printed."""
    now = time.time()
    key = AccessKey(printed["AWS_ACCESS_KEY_ID"], "", "", printed["AWS_SECRET_ACCESS_KEY"], (), 0)
    request = boto_signed(b"{}", key=key, token=printed.get("AWS_SESSION_TOKEN"), now=now)
    return Authenticator(credentials).authenticate(request, now).key


def refusal(credentials: Credentials, printed: Mapping[str, str]) -> str:
    with pytest.raises(FrameworkError) as caught:
        caller(credentials, printed)
    return caught.value.code


def test_a_new_key_works(keys: Keys, credentials: Callable[[], Credentials]) -> None:
    """Lost: what was printed does not open the service, or opens more than was ordered."""
    made = keys.create()
    assert set(made) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", made["AWS_ACCESS_KEY_ID"])
    assert account_of(made["AWS_ACCESS_KEY_ID"], "-") == ACCOUNT
    assert "not shown again" in keys.err
    key = caller(credentials(), made)
    assert (key.account, key.user, key.policies) == (ACCOUNT, "door", ("read-only",))
    assert key.expires is None
    wrong = {**made, "AWS_SECRET_ACCESS_KEY": KEY.secret}
    assert refusal(credentials(), wrong) == "InvalidSignatureException"


def test_a_temporary_key_works_for_its_time(
    keys: Keys, credentials: Callable[[], Credentials]
) -> None:
    """Lost: a key for an evening works for ever, or not at all."""
    made = keys.create("--expires-in", "12h")
    assert made["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    expires = caller(credentials(), made).expires
    assert expires is not None
    assert abs(expires - time.time() - 12 * 3600) < 60
    for bogus in ("", "x", made["AWS_SESSION_TOKEN"] + "="):
        code = refusal(credentials(), {**made, "AWS_SESSION_TOKEN": bogus})
        assert code == "UnrecognizedClientException"


def test_json_is_what_aws_wants(keys: Keys, credentials: Callable[[], Credentials]) -> None:
    """Lost: AWS's CLI cannot take keys from this command as a credential_process."""
    made = json.loads(keys(*CREATE, "--expires-in", "90m", "--json"))
    assert set(made) == {
        "Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration",
    }  # fmt: skip
    printed = {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }
    assert caller(credentials(), printed).user == "door"
    assert set(json.loads(keys(*CREATE, "--json"))) == {"Version", "AccessKeyId", "SecretAccessKey"}


def test_aws_cli_takes_a_key_of_a_credential_process(
    in_file: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: what docs/keys.md says of credential_process does not work in an unmodified boto3."""
    import boto3  # noqa: PLC0415

    told = tmp_path / "key.json"
    told.write_text(in_file(*CREATE, "--expires-in", "1h", "--json"))
    config = tmp_path / "config"
    config.write_text(f"[profile door]\ncredential_process = cat {told}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    found = boto3.Session(profile_name="door").get_credentials().get_frozen_credentials()
    assert found.access_key == json.loads(told.read_text())["AccessKeyId"]
    assert found.token


def test_policies_from_files(
    keys: Keys, tmp_path: Path, credentials: Callable[[], Credentials]
) -> None:
    """Lost: a key has another policy than its operator wrote."""
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(ALLOW, indent=2))
    made = keys.create("--policy", str(path))
    name, document = caller(credentials(), made).policies
    assert name == "read-only"
    assert json.loads(document) == ALLOW
    assert "read-only, (document)" in keys("list")


def test_lists_show_no_secret(keys: Keys) -> None:
    """Lost: a list in a ticket or a terminal's history gives keys away."""
    made = [keys.create(), keys.create("--expires-in", "1h")]
    told = keys("list") + keys("list", "--json")
    for each in made:
        assert each["AWS_ACCESS_KEY_ID"] in told
        assert each["AWS_SECRET_ACCESS_KEY"] not in told
    assert made[1]["AWS_SESSION_TOKEN"] not in told
    assert "sha256" not in told
    heads, *rows = keys("list").splitlines()
    assert heads.split()[2:] == ["account", "user", "state", "created", "expires", "policies"]
    assert [row.split()[1:4] for row in rows] == [[ACCOUNT, "door", "active"]] * 2
    assert keys("list", "--account", OTHER).splitlines() == [
        "access key  account  user  state  created  expires  policies"
    ]
    listed = json.loads(keys("list", "--json"))
    assert {each["state"] for each in listed} == {"active"}


def test_revoking_one(keys: Keys, credentials: Callable[[], Credentials]) -> None:
    """Lost: a revoked key works, another one does not, or a second try looks like a failure."""
    lost, kept = keys.create(), keys.create()
    lost_id = lost["AWS_ACCESS_KEY_ID"]
    assert keys("revoke", "--id", lost_id) == f"{lost_id}: revoked\n"
    assert keys("revoke", "--id", lost_id) == f"{lost_id}: was revoked before\n"
    assert refusal(credentials(), lost) == "UnrecognizedClientException"
    assert caller(credentials(), kept).user == "door"
    states = dict(line.split()[:4:3] for line in keys("list").splitlines()[1:])
    assert states == {lost_id: "revoked", kept["AWS_ACCESS_KEY_ID"]: "active"}


def test_revoking_an_account(keys: Keys, credentials: Callable[[], Credentials]) -> None:
    """Lost: when an account is lost, one of its keys is forgotten, or another account is hit."""
    mine = [keys.create() for _ in range(3)]
    other = keys("create", "--account", OTHER, "--user", "gate", "--policy", "read-only")
    told = keys("revoke", "--account", ACCOUNT)
    assert told.count(": revoked") == 3
    for each in mine:
        assert refusal(credentials(), each) == "UnrecognizedClientException"
    assert caller(credentials(), dict(line.split("=", 1) for line in other.splitlines()))


def test_revoking_nothing(keys: Keys) -> None:
    """Lost: a typing error in an id looks like a revocation."""
    made = keys.create()["AWS_ACCESS_KEY_ID"]
    assert keys("revoke", "--id", "AKIANOBODY", status=1) == "AKIANOBODY: is not there\n"
    keys("revoke", status=1)
    assert "--id" in keys.err
    keys("revoke", "--account", OTHER, status=1)
    assert f"the account {OTHER} has no keys" in keys.err
    keys("revoke", "--account", OTHER, "--id", made, status=1)
    assert f"{OTHER} has no key {made}" in keys.err
    assert "active" in keys("list")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (["--account", "12"], "12 is not an account of 12 digits"),
        (["--user", "a b"], "a b is not a user name"),
        (["--policy", "reed-only"], "neither a file nor one of full-access, read-only"),
        (["--policy", "/nowhere/p.json"], "/nowhere/p.json cannot be read"),
        (["--expires-in", "soon"], "soon is no time"),
        (["--expires-in", "30s"], "30s is no time"),
        (["--expires-in", "9999d"], "9999d is no time"),
    ],
)
def test_wrong_calls(change: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a typing error makes a key that does something else."""
    with pytest.raises(SystemExit) as ended:
        main(["keys", *CREATE, *change])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_a_policy_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a key is made whose policy nobody can read, so that it may do nothing."""
    path = tmp_path / "policy.json"
    path.write_text('{"Version": "2012-10-17"}')
    with pytest.raises(SystemExit):
        main(["keys", *CREATE, "--policy", str(path)])
    assert "has no Statement" in capsys.readouterr().err


def test_no_policy_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a key is made that may do nothing, or everything."""
    with pytest.raises(SystemExit):
        main(["keys", *CREATE[:-2]])
    assert "--policy" in capsys.readouterr().err


def test_no_root_key_no_key(tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a key is made whose secret nobody can derive."""
    assert tables
    assert main(["keys", *CREATE]) == 1
    assert "set LINEAMENT_ROOT_KEY" in capsys.readouterr().err


def test_a_root_key_takes_over_from_another(
    tables: Tables, root: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a root key that may have leaked cannot be replaced without locking everybody out."""
    new = tmp_path / "new.key"
    new.touch(0o600)
    assert main(["keys", "root"]) == 0
    new.write_text(capsys.readouterr().out)
    both = f"file:{new}, {root}"
    old_key = Keys(capsys, {"create": ["--root-key", root]}).create()
    keys = Keys(capsys, {each: ["--root-key", both] for each in ("create", "list")})
    new_key = keys.create()
    assert [line.split()[3] for line in keys("list").splitlines()[1:]] == ["active"] * 2
    during, after = (connect_credentials("table", each, tables) for each in (both, f"file:{new}"))
    assert caller(during, old_key).user == caller(during, new_key).user == "door"
    assert caller(after, new_key).user == "door"
    assert refusal(after, old_key) == "UnrecognizedClientException"


def test_an_altered_record_is_shown(in_table: Keys, tables: Tables) -> None:
    """Lost: somebody widens a policy in the table, and the list looks as ever."""
    in_table.create()
    item = tables.trust.client.scan(TableName=tables.trust.name)["Items"]
    (record,) = [each for each in item if "document" in each]
    record["document"]["S"] = record["document"]["S"].replace("read-only", "full-access")
    tables.trust.put(record)
    assert in_table("list").splitlines()[1].split()[3] == "altered"


def test_a_file_is_its_owners(in_file: Keys, tmp_path: Path) -> None:
    """Lost: others on the machine read the secrets, or a crash leaves half a file."""
    path = tmp_path / "keys.json"
    in_file.create()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    in_file.create()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert len(json.loads(path.read_text())) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]
    path.chmod(0o644)
    in_file("list", status=1)
    assert f"chmod 600 {path}" in in_file.err


def test_many_hands_on_one_file(tmp_path: Path) -> None:
    """Lost: of two keys that are made at once, one is lost although it was printed."""
    path = tmp_path / "keys.json"
    command = [str(Path(sys.executable).with_name("lineament")), "keys", *CREATE]
    made = [
        subprocess.Popen([*command, "--file", str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    printed = {each.communicate()[0].splitlines()[0].split("=")[1] for each in made}
    assert {each["id"] for each in json.loads(path.read_text())} == printed
    assert len(printed) == 4


def test_a_file_that_holds_something_else_stays(in_file: Keys, tmp_path: Path) -> None:
    """Lost: a wrong --file overwrites somebody's data."""
    path = tmp_path / "keys.json"
    path.touch(0o600)
    path.write_text('{"a": 1}')
    in_file(*CREATE, status=1)
    assert "not a JSON list" in in_file.err
    assert path.read_text() == '{"a": 1}'
