"""`lineament authorise` as those who search, and those who answer for it, run it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from lineament.cli.main import main
from lineament.domain import ids
from lineament.storage.authorisations import DynamoAuthorisations
from lineament.storage.provision import Tables
from tests.cli.recorded import ACCOUNT, entries, tables

__all__ = ["tables"]
WHY = ("--reason", "case 17", "--legal-basis", "warrant 4")


@pytest.fixture
def run(tables: Tables, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what runs `lineament authorise`, and returns its status, stdout and stderr."""
    assert tables

    def command(*words: str) -> tuple[int, str, str]:
        status = main(["authorise", *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return command


def made(run: Any, *words: str, by: str = "alice") -> str:
    status, out, _ = run("request", "--collection", "people", *WHY, "--by", by, *words)
    assert status == 0
    return str(out.strip())


def test_a_request_says_who_what_why_and_until_when(
    run: Any, tables: Tables, tmp_path: Path
) -> None:
    """Lost: an authorisation covers more, or for longer, than was asked for."""
    photo = tmp_path / "p.jpg"
    photo.write_bytes(b"a picture")
    given = ("--face-id", "f1", "--user-id", "u1", "--image", str(photo), "--caller", "carol")
    before = time.time()
    identifier = made(run, *given, "--collection", "album", "--expires", "30m")
    found = DynamoAuthorisations(tables).find(ACCOUNT, identifier)
    assert found is not None
    assert found.persons == ("FaceId=f1", "UserId=u1", f"ImageId={ids.image_id(b'a picture')}")
    assert (found.collections, found.callers) == (("people", "album"), ("carol",))
    assert found.until - before == pytest.approx(1800, abs=60)
    assert (found.reason, found.legal_basis, found.requester) == ("case 17", "warrant 4", "alice")
    assert not found.is_usable(before)
    (told,) = entries(tables, "AuthoriseRequest")
    assert (told.user, told.collection, told.rule) == (
        "alice",
        "people, album",
        "case 17; warrant 4",
    )


def test_two_people(run: Any, tables: Tables) -> None:
    """Lost: one person asks and approves, or nobody can tell afterwards who did."""
    identifier = made(run)
    for by in ("alice", "Alice"):
        status, _, err = run("approve", identifier, "--by", by)
        assert (status, "another person" in err) == (1, True)
    assert entries(tables, "AuthoriseApprove") == []
    status, out, _ = run("approve", identifier, "--by", "bob", "--reason", "seen the warrant")
    assert status == 0
    assert f"{identifier} approved by bob: alice for anybody in people" in out
    (told,) = entries(tables, "AuthoriseApprove")
    assert (told.user, told.subjects, told.rule) == ("bob", (identifier,), "seen the warrant")
    assert run("approve", identifier, "--by", "carl")[0] == 1
    assert run("revoke", identifier, "--by", "carl")[0] == 0
    other = made(run)
    assert "denied by bob" in run("deny", other, "--by", "bob")[1]
    assert run("approve", other, "--by", "carl")[0] == 1
    assert run("approve", "nothing", "--by", "bob")[0] == 1
    status, out, _ = run("list")
    assert status == 0
    assert [line.split()[1] for line in out.splitlines()] == ["revoked", "denied"]


def test_exigent_is_overdue_until_judged(run: Any) -> None:
    """Lost: emergencies are never looked at, or one follows the other for ever."""
    identifier = made(run, "--exigent")
    status, out, _ = run("list", "--overdue")
    assert status == 1
    assert f"{identifier} exigent, OVERDUE for review, still usable" in out
    again = ("request", "--collection", "people", *WHY, "--exigent", "--by", "Alice")
    status, _, err = run(*again)
    assert (status, identifier in err) == (1, True)
    assert made(run, "--exigent", by="dora")
    assert run("approve", identifier, "--by", "bob")[0] == 0
    assert run(*again)[0] == 0
    status, out, _ = run("list", "--json")
    assert status == 1
    assert [json.loads(line)["state"] for line in out.splitlines()].count("requested") == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--expires", "31d"), "720 hours"),
        (("--exigent", "--expires", "25h"), "24 hours"),
        (("--image", "/nowhere.jpg"), "cannot be read"),
    ],
)
def test_what_is_no_authorisation(run: Any, words: tuple[str, ...], told: str) -> None:
    """Lost: a search is authorised for ever, or by nobody."""
    status, _, err = run("request", "--collection", "people", *WHY, "--by", "alice", *words)
    assert (status, told in err) == (1, True)


@pytest.mark.parametrize(
    "words", [("--reason", ""), ("--expires", "soon"), ("--expires", "0h"), ("--by", " ")]
)
def test_a_wrong_call(run: Any, words: tuple[str, ...]) -> None:
    """Lost: a search without a reason, for no time, or asked for by nobody."""
    with pytest.raises(SystemExit):
        run("request", "--collection", "people", *WHY, *words)
