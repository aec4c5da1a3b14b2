"""`lineament export` from end to end: what is in the file, who can read it, and at which moment."""

import base64
import json
import stat
import uuid
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest

from lineament.cli import exporting
from lineament.cli.main import main
from lineament.domain.ports import GalleryView
from tests.cli.album import Album, album
from tests.cli.recorded import entries

__all__ = ["album"]


@pytest.fixture
def filled(album: Album) -> Album:
    """Return an album with three faces of two users imported, and one face of nobody."""
    album.put("obama.jpg", "A/1.jpg")
    album.put("obama2.jpg", "A/2.jpg")
    album.put("biden.jpg", "B/b.jpg")
    album.imported("--user-from", "folder")
    album.put("obama3.jpg", "C/free.jpg")
    album.imported()
    return album


def exported(album: Album, *words: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the first line and the others."""
    path = album.folder.parent / f"{uuid.uuid4().hex}.jsonl"
    assert main(["export", "people", str(path), *words]) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    header, *rest = [json.loads(line) for line in path.read_text().splitlines()]
    return header, rest


def left_over(folder: Path) -> list[str]:
    return [
        each.name for each in folder.iterdir() if each.name != "album" and "report" not in each.name
    ]


def test_every_face_and_user_is_in_it(
    filled: Album,
    aws_endpoint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lost: a copy of a collection that has fewer faces than the collection."""
    monkeypatch.setattr(exporting, "_PAGE", 2)
    s3 = boto3.client("s3", endpoint_url=aws_endpoint)
    bucket = f"b-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    s3.upload_file(str(filled.photo_dir / "biden.jpg"), bucket, "k.jpg")
    filled.imported(source=f"s3://{bucket}")
    header, rest = exported(filled)
    collection = filled.desk.find()
    assert collection is not None
    assert (header["Collection"], header["FaceModelVersion"], header["Seq"]) == (
        "people",
        collection.model_version,
        collection.seq,
    )
    assert (header["Faces"], header["Users"], header["DeletedMeanwhile"]) == (5, 2, 0)
    faces = {each["Face"]["FaceId"]: each for each in rest if "Face" in each}
    told = {name: each["Face"] for name, each in faces.items()}
    listed = {
        face["FaceId"]: {name: value for name, value in face.items() if value is not None}
        for face in filled.faces()
    }
    assert told == listed
    assert sorted(each["User"]["UserId"] for each in rest if "User" in each) == ["A", "B"]
    assert [each["S3Object"] for each in faces.values() if "S3Object" in each] == [
        {"Bucket": bucket, "Name": "k.jpg"}
    ]
    assert all("Vector" not in each for each in rest)
    assert "biometric" not in capsys.readouterr().err


def test_vectors_are_the_collections_own(filled: Album, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: vectors that nothing can be found with, or that leave without a word about it."""
    _, rest = exported(filled, "--vectors")
    assert "biometric data" in capsys.readouterr().err
    view = filled.desk.services.gallery.sync(filled.desk.find())  # type: ignore[arg-type]
    faces = [each for each in rest if "Face" in each]
    assert len(faces) == 4
    for each in faces:
        told = np.frombuffer(base64.b64decode(each["Vector"]), "<f2").astype(np.float32)
        stored = view.vector(each["Face"]["FaceId"])
        assert stored is not None
        assert np.allclose(told, stored, atol=1e-3)


def test_the_trail_tells_who_took_a_copy(filled: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: an operator carries everybody's vectors away, and no record says so."""
    monkeypatch.setenv("LINEAMENT_AUDIT", "on")
    exported(filled, "--by", "ann")
    exported(filled, "--vectors", "--by", "ann")
    told = [(each.user, each.collection, each.rule) for each in entries(filled.tables, "Export")]
    assert told == [("ann", "people", ""), ("ann", "people", "with vectors")]


def test_it_stands_at_one_number(filled: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: half of a change, or a face that its collection has erased, is in a copy."""
    (free,) = [
        face["FaceId"] for face in filled.faces() if "UserId" not in face or not face["UserId"]
    ]
    pages = exporting._pages
    before = filled.desk.find()
    assert before is not None

    def changing(view: GalleryView) -> Any:
        filled.desk.call("DeleteFaces", {"FaceIds": [free]})
        (filled.folder / "C/free.jpg").unlink()
        filled.put("biden.jpg", "new/later.jpg")
        filled.imported()
        return pages(view)

    monkeypatch.setattr(exporting, "_pages", changing)
    header, rest = exported(filled)
    assert header["Seq"] == before.seq
    assert (header["Faces"], header["DeletedMeanwhile"], header["WithoutRecord"]) == (3, 1, 0)
    names = sorted(each["Face"]["ExternalImageId"] for each in rest if "Face" in each)
    assert names == ["1", "2", "b"]


def test_nothing_is_left_of_an_export_that_failed(
    filled: Album, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: half a copy that looks like one, or the good one from before is gone."""
    path = filled.folder.parent / "out.jsonl"
    path.write_text("from before")
    assert main(["export", "nobody", str(path)]) == 1
    assert "has no collection nobody" in capsys.readouterr().err
    pages = exporting._pages

    def deleting(view: GalleryView) -> Any:
        filled.desk.call("DeleteCollection", {})
        return pages(view)

    monkeypatch.setattr(exporting, "_pages", deleting)
    assert main(["export", "people", str(path)]) == 1
    assert "was deleted or moved meanwhile" in capsys.readouterr().err
    assert path.read_text() == "from before"
    assert left_over(filled.folder.parent) == ["out.jsonl"]
