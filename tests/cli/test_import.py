"""`lineament import` from end to end: real photos and models, an emulated DynamoDB and S3."""

import csv
import errno
import gzip
import json
import os
import signal
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

from lineament.cli import importing
from lineament.cli.main import main
from lineament.errors import ProvisionedThroughputExceededException
from lineament.storage.objects import S3ObjectStore
from lineament.storage.provision import Tables, ensure_tables
from tests.cli.album import Album, album
from tests.pictures import jpeg, scenery
from tests.storage.world import Crash, CrashingClient, healthy, stored_items, through

__all__ = ["album"]
EVERYBODY = ("obama.jpg", "obama2.jpg", "biden.jpg", "t1.jpg")


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
    looked, seq = album.engine.looked, _seq(album)
    assert looked == 4
    told = album.imported("--external-id", "path")
    assert (told["added"], told["known"], told["faces"]) == (0, 4, 0)
    assert (album.engine.looked, _seq(album)) == (looked, seq)
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


def test_a_manifest_names_pictures_and_users(album: Album, aws_endpoint: str) -> None:
    """Lost: an operator's own ids and people cannot be imported."""
    for photo in (*EVERYBODY, "obama3.jpg"):
        album.put(photo)
    s3 = boto3.client("s3", endpoint_url=aws_endpoint)
    bucket = f"b-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    s3.upload_file(str(album.folder / "biden.jpg"), bucket, "deep/b.jpg")
    manifest = album.folder / "people.csv"
    rows = [
        ["image", "user_id", "external_image_id"],
        ["obama.jpg", "A", "a-1"],
        ["obama2.jpg", "A", ""],
        [f"s3://{bucket}/deep/b.jpg", "B", "b-1"],
        ["t1.jpg", "C", "c-1"],
        ["biden.jpg", "A", "wrong"],
        ["obama3.jpg", "two words", "x"],
        ["absent.jpg", "", "x"],
        ["s3://half", "", "x"],
    ]
    with manifest.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    told = album.imported(source=str(manifest), status=1)
    assert (told["added"], told["faces"]) == (3, 3)
    reasons = {each["image"].split(":")[0]: each["reason"] for each in told["rejected"]}
    for line, part in {
        "line 5": "--max-faces 1 takes the best",
        "line 6": "not its user's: LOW_MATCH_CONFIDENCE",
        "line 7": "'two words' cannot be a UserId",
        "line 8": "No such file",
        "line 9": "image: is not s3://bucket/key",
    }.items():
        assert part in reasons.pop(line)
    assert reasons == {}
    owners = {face["ExternalImageId"]: face["UserId"] for face in album.faces()}
    assert owners == {"a-1": "A", None: "A", "b-1": "B", "wrong": None}
    seq = _seq(album)
    told = album.imported(source=str(manifest), status=1)
    assert (told["added"], told["known"]) == (0, 3)
    assert _seq(album) == seq
    lines = album.folder / "people.jsonl"
    lines.write_text(json.dumps({"image": "obama3.jpg", "user_id": "A"}) + "\n{\n")
    told = album.imported(source=str(lines), status=1)
    assert (told["added"], told["rejected"][0]["image"]) == (1, "line 2")
    (record,) = (item for item in _records(album) if "b-1" in str(item))
    assert bucket in str(record)


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


def test_a_prefix_is_imported_page_by_page(
    album: Album, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: pictures past the first thousand of a bucket, or where faces came from."""
    s3 = boto3.client("s3", endpoint_url=aws_endpoint)
    bucket = f"b-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    photo = (album.photo_dir / "biden.jpg").read_bytes()
    for key in ("in/x 1.jpg", "in/sub/é.png", "in/none", "in/a.txt", "in/f/", "out/b.jpg"):
        s3.put_object(Bucket=bucket, Key=key, Body=photo)
    for number in range(1001):
        s3.put_object(Bucket=bucket, Key=f"in/0/{number:04}.txt", Body=b"")
    told = album.imported("--external-id", "none", source=f"s3://{bucket}/in/")
    assert (told["added"], told["known"], told["rejected"]) == (1, 2, [])
    assert told["passed_over"] == {"no JPEG or PNG by its name": 1003}
    (record,) = _records(album)
    assert any(key in str(record) for key in ("in/none", "in/x 1.jpg", "in/sub/é.png"))

    # S3 is busy, and then it is not.
    refusals = iter([True, True])
    read = S3ObjectStore.read

    def busy(*args: Any) -> bytes:
        if next(refusals, False):
            raise ProvisionedThroughputExceededException
        return read(*args)

    monkeypatch.setattr(S3ObjectStore, "read", busy)
    monkeypatch.setattr("lineament.cli.bulk.patience._PAUSES", (0.01, 0.01, 0.01))
    assert album.imported("--external-id", "none", source=f"s3://{bucket}/in/")["known"] == 3
    assert next(refusals, None) is None


def test_an_inventory_is_imported(
    album: Album, aws_endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a bucket has to be listed although S3 has listed it, or keys with spaces are missed."""
    s3 = boto3.client("s3", endpoint_url=aws_endpoint)
    bucket, lists = f"b-{uuid.uuid4().hex}", f"l-{uuid.uuid4().hex}"
    for name in (bucket, lists):
        s3.create_bucket(Bucket=name)
    s3.upload_file(str(album.photo_dir / "biden.jpg"), bucket, "in/x 1+é.jpg")
    s3.upload_file(str(album.photo_dir / "obama.jpg"), bucket, "o.jpg")
    files = [
        [
            (bucket, "in/x+1%2B%C3%A9.jpg", "true", "false"),
            (bucket, "o.jpg", "false", "false"),
            (bucket, "gone.jpg", "true", "true"),
            (bucket, "notes.txt", "true", "false"),
        ],
        [(bucket, "o.jpg", "true", "false"), (bucket, "absent.jpg", "true", "false")],
    ]
    for number, rows in enumerate(files):
        lines = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
        s3.put_object(Bucket=lists, Key=f"d/{number}.csv.gz", Body=gzip.compress(lines.encode()))
    manifest = {
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, IsLatest, IsDeleteMarker",
        "files": [{"key": f"d/{number}.csv.gz"} for number in range(2)],
    }
    s3.put_object(Bucket=lists, Key="i/manifest.json", Body=json.dumps(manifest).encode())
    source = f"s3://{lists}/i/manifest.json"
    told = album.imported("--external-id", "none", source=source, status=1)
    assert told["added"] == 2
    assert [each["image"] for each in told["rejected"]] == ["absent.jpg"]
    assert told["passed_over"] == {
        "an older version, or a deleted object": 2,
        "no JPEG or PNG by its name": 1,
    }
    for body, part in (
        ({**manifest, "fileFormat": "ORC"}, "have S3 make it as CSV"),
        ({**manifest, "fileSchema": "Bucket, Key"}, "is no inventory that can be read"),
        ({**manifest, "files": [{"key": "i/manifest.json"}]}, "is no inventory that can be read"),
        ([], "is no inventory that can be read"),
    ):
        s3.put_object(Bucket=lists, Key="i/manifest.json", Body=json.dumps(body).encode())
        assert main(["import", "people", source]) == 1
        assert part in capsys.readouterr().err


def test_what_cannot_begin_says_why(album: Album, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a traceback, or a collection made by a typing error."""
    ensure_tables(album.tables)
    for source, part in (
        (str(album.folder), "has no collection people in us-east-1; --create makes it"),
        (str(album.folder / "absent.csv"), "--create makes it"),
    ):
        assert main(["import", "people", source]) == 1
        assert part in capsys.readouterr().err
    for source, part in (
        (str(album.folder / "absent.csv"), "No such file"),
        ("s3://no-such-bucket-here/x", "There is no such bucket"),
        ("s3://", "names no bucket"),
    ):
        assert main(["import", "people", source, "--create"]) == 1
        assert part in capsys.readouterr().err


def test_a_quota_ends_it_with_what_was_done(
    album: Album, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a full collection rejects the rest of a million pictures one by one."""
    album.put("biden.jpg")
    album.imported()
    album.put("obama.jpg")
    monkeypatch.setenv("LINEAMENT_MAX_FACES_PER_COLLECTION", "1")
    report = album.folder.parent / "r.json"
    command = ["import", "people", str(album.folder), "--json", str(report)]
    assert main(command) == 1
    assert "would pass its maximum of 1" in capsys.readouterr().err
    assert json.loads(report.read_text())["added"] == 0


def test_ctrl_c_ends_after_the_pictures_in_work(
    album: Album, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: what was looked at before Ctrl-C is lost, or nobody knows how far it came."""
    album.put("biden.jpg", *(f"{number}.jpg" for number in range(40)))

    def interrupt(looked: int) -> None:
        if looked == 3:
            os.kill(os.getpid(), signal.SIGINT)

    album.engine.before = interrupt
    told = album.imported("--workers", "2", status=130)
    assert 4 <= told["added"] <= 20
    assert len(album.names()) == told["added"]
    assert "The same command goes on" in capsys.readouterr().err
    rest = album.imported("--workers", "2")
    assert (rest["known"], rest["added"]) == (told["added"], 40 - told["added"])


def test_a_killed_import_goes_on(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: faces without records, twice, or under no user, after a machine went down."""
    ensure_tables(album.tables)
    album.put("obama.jpg", "A/1.jpg")
    album.put("obama2.jpg", "A/2.jpg")
    album.put("biden.jpg", "B/1.jpg")
    killed = 0
    while True:
        client = CrashingClient(album.tables.control.client, killed, after=killed % 2 == 1)
        dying = through(album.tables, client)
        monkeypatch.setattr(importing, "connect", lambda *_, dying=dying: dying)
        monkeypatch.setattr(importing, "ensure_tables", lambda _: None)
        try:
            album.imported("--user-from", "folder")
        except Crash:
            killed += 1
            continue
        break
    assert killed > 5
    assert sorted(face["UserId"] for face in album.faces()) == ["A", "A", "B"]
    assert len(_records(album)) == 3
    healthy(album.tables)


def test_two_imports_at_once_make_one_collection(album: Album, tmp_path: Path) -> None:
    """Lost: faces twice, or an error, where two machines share an import."""
    ensure_tables(album.tables)
    for photo in EVERYBODY:
        album.put(photo, f"{photo}-1.jpg", f"{photo}-2.jpg")
    start = threading.Barrier(2)

    def run(number: int) -> dict[str, Any]:
        start.wait(30)
        report = tmp_path / f"{number}.json"
        command = ["import", "people", str(album.folder), "--create", "--json", str(report)]
        assert main(command) == 0
        told: dict[str, Any] = json.loads(report.read_text())
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "signal", lambda *_: signal.SIG_DFL)  # for the main thread only
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(run, range(2)))
    assert [told["pictures"] for told in both] == [8, 8]
    again = album.imported()
    assert (again["known"], again["faces"]) == (8, 0)
    ids = [face["FaceId"] for face in album.faces()]
    assert len(ids) == len({*ids}) == len(_records(album))
    healthy(album.tables)


def _seq(album: Album) -> int:
    collection = album.desk.find()
    assert collection is not None
    return collection.seq


def _records(album: Album) -> list[dict[str, Any]]:
    tables: Tables = album.tables
    return stored_items(tables, "FACE#")
