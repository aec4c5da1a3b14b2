"""`lineament import` of what is listed: manifests, prefixes and inventories of S3."""

import csv
import gzip
import json
import uuid
from typing import Any

import boto3
import pytest

from lineament.cli.main import main
from lineament.errors import ProvisionedThroughputExceededException
from lineament.storage.objects import S3ObjectStore
from tests.cli.album import EVERYBODY, Album, album, records_of, seq_of

__all__ = ["album"]


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
    seq = seq_of(album)
    told = album.imported(source=str(manifest), status=1)
    assert (told["added"], told["known"]) == (0, 3)
    assert seq_of(album) == seq
    lines = album.folder / "people.jsonl"
    lines.write_text(json.dumps({"image": "obama3.jpg", "user_id": "A"}) + "\n{\n")
    told = album.imported(source=str(lines), status=1)
    assert (told["added"], told["rejected"][0]["image"]) == (1, "line 2")
    (record,) = (
        item for item in records_of(album) if item.get("external_image_id") == {"S": "b-1"}
    )
    assert bucket in str(record)


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
    (record,) = records_of(album)
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
