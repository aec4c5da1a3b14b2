"""AP*, PR22: whole programs against the service. Source: SPEC.md F, E.1."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from lineament import config
from tests.clients.relay import overheard
from tests.conformance import transports
from tests.conformance.album import GROUP_FACES, Album
from tests.conformance.conftest import Wire
from tests.serving import Server

AWS_CLI = Path(sys.executable).with_name("aws")
BASE = "collection"


def test_ap01_a_collections_app(c: Any, s3: Any, bucket: str, album: Album) -> None:
    """Lost: programs written after AWS's collection samples, which read answers as here."""
    for name, image in (("one.jpg", album.a1), ("two.jpg", album.a2), ("many.jpg", album.group)):
        s3.put_object(Bucket=bucket, Key=name, Body=image)

    def image(name: str) -> dict[str, Any]:
        return {"S3Object": {"Bucket": bucket, "Name": name}}

    made = c.create_collection(CollectionId=BASE)
    about = c.describe_collection(CollectionId=BASE)
    assert made["CollectionArn"] == about["CollectionARN"]
    assert (about["FaceCount"], about["CreationTimestamp"].tzinfo is not None) == (0, True)
    indexed = []
    for name in ("one.jpg", "many.jpg"):
        answer = c.index_faces(
            CollectionId=BASE,
            Image=image(name),
            ExternalImageId=name,
            MaxFaces=10,
            DetectionAttributes=["ALL"],
        )
        indexed += [{**r["Face"], **r["FaceDetail"]} for r in answer["FaceRecords"]]
        assert [face["FaceDetail"] for face in answer["UnindexedFaces"]] == []
    assert len(indexed) == 1 + GROUP_FACES
    listed = c.list_faces(CollectionId=BASE, MaxResults=20)["Faces"]
    assert {face["FaceId"] for face in listed} == {face["FaceId"] for face in indexed}
    by_face = c.search_faces(
        CollectionId=BASE, FaceId=indexed[0]["FaceId"], FaceMatchThreshold=80, MaxFaces=10
    )
    assert [m["Face"]["FaceId"] for m in by_face["FaceMatches"]] == [indexed[1]["FaceId"]]
    by_image = c.search_faces_by_image(
        CollectionId=BASE, Image=image("two.jpg"), FaceMatchThreshold=80, MaxFaces=10
    )
    assert by_image["SearchedFaceBoundingBox"]["Width"] > 0
    assert by_image["SearchedFaceConfidence"] > 50
    found = [match["Face"]["FaceId"] for match in by_image["FaceMatches"]]
    assert sorted(found) == sorted(face["FaceId"] for face in indexed[:2])
    deleted = c.delete_faces(CollectionId=BASE, FaceIds=found)["DeletedFaces"]
    assert deleted == found
    assert c.describe_collection(CollectionId=BASE)["FaceCount"] == GROUP_FACES - 1
    assert c.list_collections(MaxResults=10)["CollectionIds"] == [BASE]
    c.delete_collection(CollectionId=BASE)
    assert c.list_collections(MaxResults=10)["CollectionIds"] == []


@pytest.fixture(scope="module")
def durable(moto_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return what starts a server on an emulated AWS whose conditional writes are atomic."""
    environment = {
        "AWS_ENDPOINT_URL_DYNAMODB": moto_endpoint,
        "AWS_ENDPOINT_URL_S3": moto_endpoint,
        "LINEAMENT_TABLE": "durable",
    }
    log = tmp_path_factory.mktemp("durable") / "log"
    started: list[Server] = []

    def start() -> Server:
        started.append(Server(log, environment))
        return started[-1]

    yield start
    started[-1].stop()


def test_ap06_a_killed_server_loses_no_acknowledged_write(durable: Any, album: Album) -> None:
    """Lost: people enrolled just before a crash; photos half stored by it."""
    first: Server = durable()
    c = _client(first)
    c.create_collection(CollectionId=BASE)
    acknowledged: dict[str, list[str]] = {}

    def enrol(writer: int) -> None:
        mine = _client(first)
        for number in range(10_000):
            name = f"{writer}:{number}"
            try:
                answer = mine.index_faces(
                    CollectionId=BASE, Image={"Bytes": album.small}, ExternalImageId=name
                )
            except (BotoCoreError, ClientError):
                return
            acknowledged[name] = [r["Face"]["FaceId"] for r in answer["FaceRecords"]]

    writers = [threading.Thread(target=enrol, args=(n,)) for n in range(3)]
    for writer in writers:
        writer.start()
    while len(acknowledged) < 12 and any(writer.is_alive() for writer in writers):
        threading.Event().wait(0.01)
    first.kill()
    for writer in writers:
        writer.join()
    assert len(acknowledged) >= 12

    c = _client(durable())
    faces = list(c.get_paginator("list_faces").paginate(CollectionId=BASE))
    listed = [face for page in faces for face in page["Faces"]]
    stored = {face["ExternalImageId"]: face["FaceId"] for face in listed}
    assert len(stored) == len(listed)
    assert {name: [stored.get(name)] for name in acknowledged} == acknowledged
    assert c.describe_collection(CollectionId=BASE)["FaceCount"] == len(listed)
    found = c.search_faces_by_image(CollectionId=BASE, Image={"Bytes": album.small})
    assert {m["Face"]["FaceId"] for m in found["FaceMatches"]} == set(stored.values())
    # What was under way may be asked again: nothing doubles.
    for name in (*list(acknowledged)[-3:], "another"):
        c.index_faces(CollectionId=BASE, Image={"Bytes": album.small}, ExternalImageId=name)
    assert c.describe_collection(CollectionId=BASE)["FaceCount"] == len(listed) + 1


def _client(server: Server) -> Any:
    send = transports.over_http(server.url)
    return Wire("http", send, server.url).client("123456789012")


def _aws(server_url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = config.local_environment(server_url, server_url)
    return subprocess.run(
        [sys.executable, str(AWS_CLI), "rekognition", *arguments],
        env={**environment, "PATH": os.environ["PATH"], "AWS_PAGER": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def judged_url(server_url: str) -> Iterator[str]:
    """Return an address of the server; what the CLI is answered there is judged."""
    with overheard(server_url) as url:
        yield url


def test_pr22_cli_lists_collections(judged_url: str) -> None:
    """Lost: operators who look after collections by hand, page by page."""
    c = transports.client(transports.over_http(judged_url), judged_url, "123456789012")
    for name in ("cli-a", "cli-b"):
        c.create_collection(CollectionId=name)
    answer = _aws(judged_url, "list-collections", "--page-size", "1")
    assert answer.returncode == 0, answer.stderr
    assert {"cli-a", "cli-b"} <= set(json.loads(answer.stdout)["CollectionIds"])


def test_pr22_cli_sends_pictures(judged_url: str, album: Album, tmp_path: Path) -> None:
    """Lost: shell scripts that look at a folder of photos."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(album.a1)
    answer = _aws(judged_url, "detect-faces", "--image-bytes", f"fileb://{photo}")
    assert answer.returncode == 0, answer.stderr
    assert len(json.loads(answer.stdout)["FaceDetails"]) == 1


def test_pr22_cli_ends_with_255_on_errors(judged_url: str) -> None:
    """Lost: scripts go on after a failure, and nobody reads why it failed."""
    answer = _aws(judged_url, "describe-collection", "--collection-id", "nowhere")
    assert answer.returncode == 255
    assert "ResourceNotFoundException" in answer.stderr
    assert "nowhere does not exist" in answer.stderr
