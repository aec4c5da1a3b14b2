"""`lineament consent` as an operator runs it, and imports under a collection's rules."""

import json
from pathlib import Path
from typing import Any

import pytest

from lineament.cli.main import main
from lineament.context import Scope
from lineament.domain.audit import Entry
from lineament.domain.audit_chain import read
from lineament.storage.audit_blocks import AuditBlocks
from lineament.storage.consents import DynamoConsents
from lineament.storage.provision import ensure_tables
from tests.cli.album import Album, album

__all__ = ["album"]
ACCOUNT = "123456789012"
SCOPE = Scope(ACCOUNT, "us-east-1")


@pytest.fixture
def door(album: Album, monkeypatch: pytest.MonkeyPatch) -> Album:
    """Return an album whose collection asks for consent; what is done is recorded."""
    monkeypatch.setenv("LINEAMENT_AUDIT", "on")
    ensure_tables(album.tables)
    album.desk.call("CreateCollection", {})
    assert main(["rules", "set", "people", "consent=required"]) == 0
    return album


def entries(album: Album, what: str) -> list[Entry]:
    blocks = AuditBlocks(album.tables.trust).read(ACCOUNT)
    told = [each for block in blocks for each in read(block.body).entries]
    return [each for each in told if each.operation == f"lineament:{what}"]


def out(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_the_register(door: Album, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: who consented is not what the operator wrote down, or nobody knows who wrote it."""
    assert main(["consent", "list"]) == 0
    assert "empty" in out(capsys)
    assert main(["consent", "add", "ada", "bob", "--by", "olga"]) == 0
    listed = tmp_path / "list.csv"
    listed.write_text("\ufeffname,external_image_id,collection\nC,cy,people\nD,dan,\n")
    assert main(["consent", "import", str(listed), "--collection", "door", "--by", "olga"]) == 0
    assert main(["consent", "withdraw", "bob", "--by", "olga"]) == 0
    assert "bob is withdrawn" in out(capsys)
    assert main(["consent", "list", "--json"]) == 0
    rows = [json.loads(line) for line in out(capsys).splitlines()]
    assert [(row["external_image_id"], row["collections"]) for row in rows] == [
        ("ada", []),
        ("bob", []),
        ("cy", ["people"]),
        ("dan", ["door"]),
    ]
    assert [row["withdrawn"] is not None for row in rows] == [False, True, False, False]
    assert main(["consent", "list"]) == 0
    assert "bob: " in out(capsys)
    (added, imported), (ended,) = entries(door, "ConsentAdd"), entries(door, "ConsentWithdraw")
    assert (added.user, added.subjects) == ("olga", ("ada", "bob"))
    assert (imported.subjects, imported.rule) == (("cy", "dan"), "for door, people")
    assert (ended.user, ended.subjects) == ("olga", ("bob",))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name\nada\n", "no column external_image_id"),
        ("external_image_id\nada\na b\n", "line 3: 'a b'"),
        ("external_image_id,collection\n,people\n", "line 2: ''"),
    ],
)
def test_a_wrong_list_is_not_half_imported(
    door: Album, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, told: str
) -> None:
    """Lost: of a list with a mistake, somebody is in the register and somebody is not."""
    listed = tmp_path / "list.csv"
    listed.write_text(content)
    assert main(["consent", "import", str(listed)]) == 1
    assert told in capsys.readouterr().err
    assert list(DynamoConsents(door.tables).each(SCOPE)) == []
    assert main(["consent", "import", str(tmp_path / "none.csv")]) == 1
    assert main(["consent", "withdraw", "nobody"]) == 1


def test_an_import_asks_the_register(door: Album) -> None:
    """Lost: the rule holds for clients, and the operator's own import goes past it."""
    door.put("obama.jpg", "ada.jpg")
    door.put("biden.jpg", "bob.jpg")
    assert main(["consent", "add", "ada"]) == 0
    told = door.imported(status=1)
    assert (told["added"], [each["image"] for each in told["rejected"]]) == (1, ["bob.jpg"])
    assert "does not know the ExternalImageId bob" in told["rejected"][0]["reason"]
    assert door.names() == ["ada"]
    looked = door.engine.looked
    door.imported("--external-id", "none", "--dry-run", status=1)
    assert door.engine.looked == looked
    assert [(each.collection, each.rule) for each in entries(door, "Import")] == [
        ("people", str(door.folder))
    ]


def test_an_import_enrols_as_critical_uses_ask(door: Album) -> None:
    """Lost: by import a bystander becomes a suspect, whom IndexFaces would not take (L13)."""
    for rule in ("use-case=missing-persons", "purpose=the missing"):
        assert main(["rules", "set", "people", rule]) == 0
    assert main(["consent", "add", "t1"]) == 0
    door.put("t1.jpg")
    told = door.imported("--quality", "NONE")
    assert told["faces"] == 1


def test_withdrawing_tells_and_erases(door: Album, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: consent ends on paper, and the face goes on being found."""
    door.put("obama.jpg", "one/ada.jpg")
    door.put("obama2.jpg", "two/ada.jpg")
    door.put("biden.jpg", "bob.jpg")
    assert main(["consent", "add", "ada", "bob"]) == 0
    door.imported()
    faces = [each for each in door.faces() if each["ExternalImageId"] == "ada"]
    assert len(faces) == 2
    user = faces[0]["FaceId"]
    door.desk.call("CreateUser", {"UserId": "u"})
    door.desk.call("AssociateFaces", {"UserId": "u", "FaceIds": [user]})
    capsys.readouterr()
    assert main(["consent", "withdraw", "ada"]) == 0
    told = out(capsys)
    assert f"people {user} of user u\n" in told
    assert "2 faces are still indexed" in told
    assert len(door.faces()) == 3
    assert main(["consent", "withdraw", "ada", "--erase"]) == 0
    told = out(capsys)
    assert "was already withdrawn" in told
    assert "2 of 2 faces are deleted" in told
    assert door.names() == ["bob"]
    (erased,) = entries(door, "ConsentErase")
    assert sorted(erased.subjects) == sorted(each["FaceId"] for each in faces)
    search: dict[str, Any] = door.desk.call("ListUsers", {})
    assert search["Users"][0]["UserId"] == "u"
