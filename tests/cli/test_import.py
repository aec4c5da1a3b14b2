"""`lineament import` of a folder: real photos and models, an emulated DynamoDB and S3."""

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

from lineament.storage.provision import ensure_tables
from tests.cli.album import Album, album, seq_of
from tests.pictures import jpeg, scenery
from tests.storage.world import healthy

__all__ = ["album"]


def test_a_folder_is_imported_once(album: Album) -> None:
    """Lost: a second run doubles faces, or looks at a million pictures again."""
    album.put("biden.jpg", "deep/er/b.JPEG", "plain")
    album.put("obama.jpg", "a.jpg")
    album.put("t1.jpg")
    told = album.imported("--external-id", "path")
    assert (told["added"], told["known"], told["rejected"]) == (4, 0, [])
    names = album.names()
    assert {*names} == {"a.jpg", "deep:er:b.JPEG", "plain", "t1.jpg"}
    assert told["faces"] == len(names) > 4
    looked, seq = album.engine.looked, seq_of(album)
    assert looked == 4
    told = album.imported("--external-id", "path")
    assert (told["added"], told["known"], told["faces"]) == (0, 4, 0)
    assert (album.engine.looked, seq_of(album)) == (looked, seq)
    album.put("obama2.jpg")
    assert album.imported("--external-id", "path")["added"] == 1
    assert album.engine.looked == looked + 1
    healthy(album.tables)


def test_it_is_what_index_faces_stores(album: Album) -> None:
    """Lost: a face imported and indexed by a client is there twice, or differs."""
    album.put("t1.jpg")
    told = album.imported("--max-faces", "2", "--quality", "LOW")
    assert told["faces"] == 2
    stored = album.faces()
    answer = album.desk.call(
        "IndexFaces",
        {
            "Image": {"Bytes": (album.folder / "t1.jpg").read_bytes()},
            "ExternalImageId": "t1",
            "MaxFaces": 2,
            "QualityFilter": "LOW",
        },
    )
    indexed = {each["Face"]["FaceId"]: each["Face"] for each in answer["FaceRecords"]}
    assert len(album.faces()) == 2
    for face in stored:
        same = indexed[face["FaceId"]]
        assert {name: face[name] for name in same} == same


def test_again_takes_what_other_options_let_through(album: Album) -> None:
    """Lost: faces that were left out can never be imported."""
    album.put("t1.jpg")
    assert album.imported("--max-faces", "1")["faces"] == 1
    assert album.imported()["known"] == 1
    told = album.imported("--again")
    assert told["added"] == 1
    assert told["faces"] == len(album.faces()) - 1 > 1


def test_odd_files_are_told_and_the_rest_goes_on(
    album: Album, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: one bad file of a million ends an import, hangs it, or is passed over in silence."""
    inside = album.folder
    album.put("biden.jpg", "good.jpg", "x.jpg/inner.jpg", "José 1.jpg", "a b.jpg")
    (inside / "empty.jpg").touch()
    (inside / "text.png").write_text("no picture")
    (inside / "notes.txt").write_text("not meant as one")
    (inside / "small.jpg").write_bytes(jpeg(scenery(40, 40)))
    (inside / "nobody.jpg").write_bytes(jpeg(scenery(400, 400)))
    (inside / "huge.jpg").write_bytes(bytes(16 << 20))
    os.mkfifo(inside / "pipe.jpg")
    os.mkfifo(inside / "pipe")
    (inside / "loop").symlink_to(inside)
    (inside / "self.jpg").symlink_to(inside / "self.jpg")
    (inside / "gone.jpg").symlink_to(inside / "absent")
    (inside / "linked.jpg").symlink_to(album.photo_dir / "obama.jpg")
    (inside / "line\nbreak.jpg").symlink_to(inside / "good.jpg")
    (inside / os.fsdecode(b"\xff.jpg")).symlink_to(inside / "good.jpg")
    told = album.imported(status=1)
    assert album.names() == ["good", "inner", "linked"]
    reasons = {each["image"]: each["reason"] for each in told["rejected"]}
    for name, part in {
        "José 1.jpg": "--external-id none",
        "a b.jpg": "'a b' cannot be its ExternalImageId",
        "line\\nbreak.jpg": "'line\\\\nbreak' cannot be",
        "\\udcff.jpg": "cannot be its ExternalImageId",
        "empty.jpg": "format",
        "text.png": "format",
        "small.jpg": "80",
        "nobody.jpg": "no face",
        "huge.jpg": "over 15728640 bytes",
        "pipe.jpg": "no file",
        "self.jpg": "symbolic links",
        "gone.jpg": "No such file",
    }.items():
        assert part in reasons.pop(name)
    assert reasons == {}
    assert told["passed_over"] == {"a link to a folder": 1, "no JPEG or PNG": 2}
    assert sum(told["rejected_by_kind"].values()) == 12
    printed = capsys.readouterr().out
    assert "1 x passed over: a link to a folder" in printed
    assert "rejected  nobody.jpg: it shows no face" in printed
    assert album.imported("--external-id", "none", status=1)["added"] > 0


def test_what_may_not_be_read_is_told(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a file or folder without permission counts as imported."""
    album.put("biden.jpg", "good.jpg", "closed.jpg", "vault/x.jpg")
    refuse = PermissionError(errno.EACCES, "Permission denied")  # root, as tests may be, gets none

    def refusing(function: Callable[..., Any], end: str) -> Callable[..., Any]:
        def call(path: Any, *args: Any) -> Any:
            if str(path).endswith(end):
                raise refuse
            return function(path, *args)

        return call

    monkeypatch.setattr("lineament.cli.bulk.folder.os.scandir", refusing(os.scandir, "vault"))
    monkeypatch.setattr("lineament.cli.bulk.places.os.open", refusing(os.open, "closed.jpg"))
    told = album.imported(status=1)
    reasons = {each["image"]: each["reason"] for each in told["rejected"]}
    assert reasons == {
        "closed.jpg": "it cannot be read: Permission denied",
        "vault/": "the folder cannot be read: Permission denied",
    }
    assert told["added"] == 1


def test_one_picture_under_two_names(album: Album) -> None:
    """Lost: copies of a picture become copies of its face where no name tells them apart."""
    album.put("biden.jpg", "a.jpg", "b.jpg", "c.jpg")
    told = album.imported("--external-id", "none")
    assert (told["added"], told["known"], told["faces"]) == (1, 2, 1)
    assert album.names() == [None]
    assert album.imported()["added"] == 3
    assert album.names() == [None, "a", "b", "c"]


def test_nothing_is_written_by_a_rehearsal(album: Album) -> None:
    """Lost: a rehearsal that leaves faces, or promises other things than come."""
    album.put("biden.jpg")
    album.put("coffee.png")
    told = album.imported("--dry-run", status=1)
    assert (told["added"], told["faces"], len(told["rejected"])) == (1, 1, 1)
    ensure_tables(album.tables)
    assert album.desk.find() is None
    done = album.imported(status=1)
    assert {**done, "seconds": 0, "pictures_per_second": 0, "dry_run": True} == {
        **told,
        "seconds": 0,
        "pictures_per_second": 0,
    }


def test_folders_name_users(album: Album) -> None:
    """Lost: people whose pictures are in a folder each have to be associated by hand."""
    album.put("obama.jpg", "Alice/1.jpg")
    album.put("obama2.jpg", "Alice/2.jpg")
    album.put("biden.jpg", "Bob/1.jpg", "nobody.jpg")
    told = album.imported("--user-from", "folder", status=1)
    assert [each["image"] for each in told["rejected"]] == ["nobody.jpg"]
    assert sorted(face["UserId"] for face in album.faces()) == ["Alice", "Alice", "Bob"]
    # A face that was imported without its user gets it by another run.
    album.desk.call("DeleteUser", {"UserId": "Bob"})
    told = album.imported("--user-from", "folder", status=1)
    assert (told["known"], told["faces"]) == (3, 0)
    assert sorted(face["UserId"] for face in album.faces()) == ["Alice", "Alice", "Bob"]
