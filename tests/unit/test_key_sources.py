"""Access keys from a file, a secret, and the table's records: what counts and what does not."""

import hashlib
import json
import os
from collections.abc import Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lineament.auth.authenticator import Authenticator
from lineament.auth.credentials import AccessKey
from lineament.auth.derivation import RootKey, new_root_key
from lineament.auth.documents import BadDocument, read_keys, write_key
from lineament.auth.issuing import Issued, Order, issue
from lineament.auth.scope import account_of
from lineament.auth.sources import FileKeys, SecretKeys, TableKeys
from lineament.errors import LineamentError, ServiceUnavailable
from lineament.fresh import Ages
from lineament.storage.key_files import SecretFile, SecretFileError
from tests.unit.signing import KEY, NOW, boto_signed

ROOT = RootKey(bytes(range(32)))
ACCOUNT = "029608264753"
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
ENTRY = {**write_key(KEY), "secret": KEY.secret}


def entry(**members: Any) -> dict[str, Any]:
    return {**ENTRY, **members}


def written(path: Path, content: object, mode: int = 0o600) -> SecretFile:
    """Write a file as an editor does, and return it."""
    new = path.with_suffix(".new")
    new.write_text(content if isinstance(content, str) else json.dumps(content))
    new.chmod(mode)
    new.replace(path)
    return SecretFile(path)


class Records:
    """The table's records, in memory."""

    def __init__(self, *made: Issued) -> None:
        self.kept: dict[str, tuple[str, bytes, bool]] = {}
        self.asked: list[str] = []
        for each in made:
            self.kept[each.key.access_key_id] = (each.document, each.seal, False)

    def find(self, access_key_id: str) -> tuple[str, bytes, bool] | None:
        self.asked.append(access_key_id)
        return self.kept.get(access_key_id)


def made(**order: Any) -> Issued:
    return issue(
        ROOT, Order(**{"account": ACCOUNT, "user": "door", "policies": ["p"], **order}), NOW
    )


def test_a_file_is_followed(tmp_path: Path) -> None:
    """Lost: a key that was put into the file, or taken out of it, counts after a restart only."""
    keys = FileKeys(written(tmp_path / "keys.json", [ENTRY]))
    assert keys.find(KEY.access_key_id) == KEY
    assert keys.find("AKIAOTHER") is None
    written(tmp_path / "keys.json", [entry(disabled=True)])
    found = keys.find(KEY.access_key_id)
    assert found is not None
    assert found.disabled
    written(tmp_path / "keys.json", [])
    assert keys.find(KEY.access_key_id) is None


@pytest.mark.parametrize("broken", ["", "[{", "{}", '[{"id": "x"}]', "too open", "gone"])
def test_a_broken_file_changes_nothing(
    broken: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: one typing error in the file locks everybody out."""
    path = tmp_path / "keys.json"
    keys = FileKeys(written(path, [ENTRY]))
    if broken == "gone":
        path.unlink()
    elif broken == "too open":
        written(path, [], mode=0o644)
    else:
        written(path, broken)
    assert [keys.find(KEY.access_key_id) for _ in range(3)] == [KEY] * 3
    assert len(caplog.records) == 1
    assert "stay as they were" in caplog.text
    assert KEY.secret not in caplog.text
    written(path, [entry(user="gate")])
    found = keys.find(KEY.access_key_id)
    assert found is not None
    assert found.user == "gate"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o660, 0o620])
def test_a_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    """Lost: every user of the machine has the secrets, and nobody is told."""
    with pytest.raises(SecretFileError, match="chmod 600"):
        FileKeys(written(tmp_path / "keys.json", [ENTRY], mode))


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440, 0o640])
def test_a_file_that_the_service_may_read(mode: int, tmp_path: Path) -> None:
    """Lost: a secret that an orchestrator mounts for its group cannot be used."""
    assert FileKeys(written(tmp_path / "keys.json", [ENTRY], mode)).find(KEY.access_key_id) == KEY


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """Lost: a server starts without keys, and nobody can call it."""
    with pytest.raises(SecretFileError, match="No such file"):
        FileKeys(SecretFile(tmp_path / "keys.json"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ([entry(account="12")], r"\[0\].account: not 12 digits"),
        ([ENTRY, entry(id="x y")], r"\[1\].id: no access key id"),
        ([entry(secret="short")], r"\[0\].secret"),
        ([entry(disable=True)], r"\[0\].disable: Unknown field"),
        ([entry(policies=[])], r"\[0\].policies"),
        ([entry(policies=[3])], r"\[0\].policies\[0\]"),
        ([entry(policies=[{"Effect": "Allow"}])], "object with a Statement"),
        ([entry(policies=["reed-only"])], r"\[0\].policies\[0\]: no managed policy"),
        ([ENTRY, entry(id="b", policies=["read-only", {"Statement": 3}])], r"\[1\].policies\[1\]:"),
        ([entry(user="a/b")], r"\[0\].user"),
        ([entry(expires="tomorrow")], r"\[0\].expires"),
        ([entry(token_sha256="x")], r"\[0\].token_sha256"),
        ([ENTRY, ENTRY], "comes twice"),
        ([3], r"\[0\]"),
        (3, "not a JSON list"),
        ([{}], r"\[0\].*required"),
    ],
)
def test_what_is_wrong_in_a_list_is_named(wrong: object, told: str) -> None:
    """Lost: the operator of a hundred keys looks for the one with the error."""
    with pytest.raises(BadDocument, match=told) as caught:
        read_keys(json.dumps(wrong))
    assert KEY.secret not in str(caught.value)


def test_a_member_that_comes_twice_is_refused() -> None:
    """Lost: of two statements in a policy one is silently dropped, maybe the Deny."""
    twice = json.dumps([entry(policies=[DENY])]).replace(
        '"Statement"', '"Statement": [], "Statement"'
    )
    with pytest.raises(BadDocument, match="'Statement' twice"):
        read_keys(twice)


def test_what_a_list_may_say() -> None:
    """Lost: a policy or a time of a key is read as another."""
    full = entry(policies=["read-only", DENY], expires="2026-11-28T03:00:00+01:00")
    key = read_keys(json.dumps([full]))[KEY.access_key_id]
    assert key.policies == ("read-only", json.dumps(DENY))
    assert key.expires == NOW - 15 * 60
    assert read_keys(json.dumps([{**write_key(key), "secret": key.secret}])) == {
        key.access_key_id: key
    }


def test_a_secret_is_followed_and_a_broken_one_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Lost: a wrong paste into Secrets Manager locks everybody out."""

    class Secret:
        text = b"[3"

        def read(self) -> bytes:
            return self.text

    secret = Secret()
    keys = SecretKeys(secret)
    with pytest.raises(ServiceUnavailable):
        keys.find(KEY.access_key_id)
    secret.text = json.dumps([ENTRY]).encode()
    assert keys.find(KEY.access_key_id) == KEY
    assert keys.find("other") is None
    secret.text = b"[3"
    assert keys._read("") == {KEY.access_key_id: KEY}
    assert "stay as they were" in caplog.text


def test_ids_tell_their_account_and_their_maker() -> None:
    """Lost: a made-up id costs a read of the table, or an id names another account."""
    for account in ("000000000000", "999999999999", ACCOUNT):
        for temporary in (False, True):
            made_id = ROOT.new_access_key_id(account, temporary=temporary)
            assert made_id[:4] == ("ASIA" if temporary else "AKIA")
            assert account_of(made_id, "-") == account
            assert ROOT.made(made_id)
            other = "AKIA" if temporary else "ASIA"
            assert not ROOT.made(other + made_id[4:])
    strangers = [
        RootKey(os.urandom(32)).new_access_key_id(ACCOUNT, temporary=False) for _ in "x" * 99
    ]
    assert sum(map(ROOT.made, strangers)) <= 2
    assert not ROOT.made("123456789012")


def test_secrets_follow_from_root_id_and_nonce_alone() -> None:
    """Lost: another release, or process, derives another secret, and every key is dead."""
    secret = ROOT.secret("AKIAQNZGKIQY56JQ7WML", "00" * 16)
    assert secret == "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"
    assert ROOT.secret("AKIAQNZGKIQY56JQ7WML", "01" * 16) != secret
    assert ROOT.secret("AKIAQNZGKIQY56JQ7WMM", "00" * 16) != secret
    assert RootKey(bytes(32)).secret("AKIAQNZGKIQY56JQ7WML", "00" * 16) != secret


def test_root_keys_are_read_and_never_shown() -> None:
    """Lost: a root key with a line's end is refused, or one appears in a log."""
    text = new_root_key()
    assert RootKey.read(f" {text}\n".encode()).derive("a") == RootKey.read(text.encode()).derive(
        "a"
    )
    assert new_root_key() != text
    assert "..." in repr(ROOT)
    for bad in (b"", b"x", text[:-4].encode(), b"\xff" * 44, b"aB3" * 21, b"aB3/" * 16):
        with pytest.raises(ValueError, match="32 bytes in base64"):
            RootKey.read(bad)


def test_what_secrets_manager_makes_is_a_root_key() -> None:
    """Lost: the stack makes a root key that no function takes; or releases take it differently."""
    made = b"aB3x" * 16
    digest = hashlib.sha256(made).digest()
    assert RootKey.read(made + b"\n").derive("a") == RootKey(digest).derive("a")
    assert RootKey.read(b"aB3y" + made[4:]).derive("a") != RootKey(digest).derive("a")


@pytest.mark.parametrize("seconds", [None, 3600.0])
def test_an_issued_key_signs(seconds: float | None) -> None:
    """Lost: the secret that was printed is not the one that counts."""
    new = made(seconds=seconds, policies=["read-only", json.dumps(DENY)])
    keys = TableKeys(Records(new), ROOT)
    request = boto_signed(b"{}", key=new.key, token=new.session_token)
    caller = Authenticator(keys).authenticate(request, NOW)
    assert caller.key == new.key
    assert (len(new.key.secret), len(new.key.access_key_id)) == (40, 20)
    assert new.key.secret not in new.document
    assert not new.session_token or new.session_token not in new.document


@pytest.mark.parametrize("change", [{"policies": ["full-access"]}, {"account": "111122223333"}])
def test_an_altered_record_is_no_key(
    change: Mapping[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: who may write to the table gives their own key another policy or account."""
    new = made()
    records = Records(new)
    document = json.dumps({**json.loads(new.document), **change}, sort_keys=True)
    records.kept[new.key.access_key_id] = (document, new.seal, False)
    assert TableKeys(records, ROOT).find(new.key.access_key_id) is None
    assert "altered" in caplog.text


@pytest.mark.parametrize("document", ["{}", '{"nonce": "x"}', '{"nonce": "x", "id": 3}'])
def test_a_record_of_another_release_is_no_key(document: str) -> None:
    """Lost: one record that cannot be read looks like an outage of the table."""
    new = made()
    records = Records(new)
    records.kept[new.key.access_key_id] = (document, ROOT.seal(document), False)
    assert TableKeys(records, ROOT).find(new.key.access_key_id) is None


def test_a_record_under_another_id_is_no_key() -> None:
    """Lost: a sealed record, copied to a revoked key's id, revives it."""
    new, other = made(), made()
    records = Records(new)
    records.kept[other.key.access_key_id] = records.kept[new.key.access_key_id]
    assert TableKeys(records, ROOT).find(other.key.access_key_id) is None


def test_made_up_ids_are_not_looked_up() -> None:
    """Lost: a stranger with random ids makes the table busy, and its owner pay."""
    records = Records()
    keys = TableKeys(records, ROOT)
    for _ in range(200):
        assert (
            keys.find(RootKey(os.urandom(32)).new_access_key_id(ACCOUNT, temporary=False)) is None
        )
    assert len(records.asked) <= 2


def test_a_revoked_record_is_a_disabled_key() -> None:
    """Lost: a revoked key works on."""
    new = made()
    records = Records(new)
    keys = TableKeys(records, ROOT, Ages(refresh=0, known=0))
    assert keys.find(new.key.access_key_id) == new.key
    records.kept[new.key.access_key_id] = (new.document, new.seal, True)
    assert keys.find(new.key.access_key_id) == replace(new.key, disabled=True)


def test_a_file_source_never_raises(tmp_path: Path) -> None:
    """Lost: a file system that is away for a moment ends requests."""

    class Flaky(SecretFile):
        away = False

        def version(self) -> Hashable:
            if self.away:
                raise LineamentError("away")
            return super().version()

    file = Flaky(written(tmp_path / "keys.json", [ENTRY]).path)
    keys = FileKeys(file)
    file.away = True
    found: AccessKey | None = keys.find(KEY.access_key_id)
    assert found == KEY
