"""The mock over HTTP, and what happens without what it needs."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from lineament.testing import Faces, mock_rekognition
from lineament.testing.drawing import draw
from lineament.testing.serving import served


@pytest.fixture
def url(faces: Faces) -> Iterator[str]:
    assert faces is not None
    with served() as address:
        yield address


def over_http(url: str) -> Any:
    return boto3.client("rekognition", endpoint_url=url)


def test_both_ways_lead_to_one_mock(url: str, c: Any, faces: Faces) -> None:
    """Lost: what a test prepares in process, the application in another language does not see."""
    c.create_collection(CollectionId="people")
    picture = {"Bytes": faces.picture("alice")}
    there = over_http(url)
    there.index_faces(CollectionId="people", Image=picture, ExternalImageId="Alice")
    (match,) = c.search_faces_by_image(CollectionId="people", Image=picture)["FaceMatches"]
    assert match["Face"]["ExternalImageId"] == "Alice"
    boto3.client("s3").create_bucket(Bucket="photos")
    boto3.client("s3").put_object(Bucket="photos", Key="a.jpg", Body=picture["Bytes"])
    stored = {"S3Object": {"Bucket": "photos", "Name": "a.jpg"}}
    assert len(there.detect_faces(Image=stored)["FaceDetails"]) == 1


def test_undeclared_pictures_are_told_over_http(url: str, c: Any) -> None:
    """Lost: over HTTP a forgotten picture is a 500 that explains nothing, and is tried again."""
    there = over_http(url)
    with pytest.raises(there.exceptions.InvalidParameterException, match="has not declared what"):
        there.detect_faces(Image={"Bytes": draw("nobody knows", 1)})
    assert c.list_collections()["CollectionIds"] == []


def test_many_at_once(url: str, c: Any, faces: Faces) -> None:
    """Lost: an application with threads gets answers of other requests, or none."""
    c.create_collection(CollectionId="people")
    people = [f"person {number}" for number in range(12)]
    photos = {name: (faces.picture(name), faces.picture(name)) for name in people}

    def enrol_and_find(name: str) -> str:
        client = over_http(url) if name.endswith(tuple("02468")) else c
        first, second = photos[name]
        client.index_faces(
            CollectionId="people",
            Image={"Bytes": first},
            ExternalImageId=name.replace(" ", "-"),
        )
        found = client.search_faces_by_image(CollectionId="people", Image={"Bytes": second})
        (match,) = found["FaceMatches"]
        return str(match["Face"]["ExternalImageId"])

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(enrol_and_find, people))
    assert found == [name.replace(" ", "-") for name in people]


def test_the_server_ends_with_its_fixture() -> None:
    """Lost: every test leaves a port and its threads behind."""
    with mock_rekognition(), served() as url:
        over_http(url).list_collections()
    address = urlsplit(url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=5)
    with pytest.raises(RuntimeError, match="nothing to serve"), served():
        pass


def test_without_moto_the_mock_says_what_to_install() -> None:
    """Lost: whoever installed Lineament alone sees an ImportError from its inside."""
    program = (
        "import sys; sys.modules['moto'] = None\n"
        "from lineament.testing import mock_rekognition\n"
        "mock_rekognition().start()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "pip install 'lineament[testing]'" in ended.stderr


def test_motos_server_mode_is_refused() -> None:
    """Lost: with TEST_SERVER_MODE set, the mock's tables are looked for in AWS."""
    program = (
        "import os; os.environ['TEST_SERVER_MODE'] = 'true'\n"
        "from lineament.testing import mock_rekognition\n"
        "mock_rekognition().start()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert "answer from another" in ended.stderr
