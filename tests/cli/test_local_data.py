"""`lineament serve --local --data DIR`: what was acknowledged is there after any restart."""

import logging
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from botocore.exceptions import BotoCoreError, ClientError

from lineament.cli.emulator import free_port
from tests.cli.pair import Pair, StartPair
from tests.judging import breaches

PEOPLE = "people"
ROUNDS = 3
_log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def photo(photo_dir: Path) -> np.ndarray[Any, Any]:
    """Return a small photo of one person, as pixels."""
    whole = simplejpeg.decode_jpeg((photo_dir / "obama.jpg").read_bytes())
    step = max(1, max(whole.shape) // 400)
    return np.ascontiguousarray(whole[::step, ::step])


def picture(photo: np.ndarray[Any, Any], number: int) -> bytes:
    """Return a JPEG of the same person that differs from every other number's."""
    marked = photo.copy()
    for bit in range(16):
        marked[:8, bit * 8 : bit * 8 + 8] = 255 * (number >> bit & 1)
    encoded: bytes = simplejpeg.encode_jpeg(marked, 90)
    return encoded


def test_a_restart_keeps_collections_faces_and_pictures(
    start_pair: StartPair, photo: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    """Lost: everybody that was enrolled, at every Ctrl-C."""
    pair = start_pair()
    assert f"(in {tmp_path / 'data'})" in pair.printed
    c, s3 = pair.client(), pair.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="a.jpg", Body=picture(photo, 1))
    pointer = {"S3Object": {"Bucket": "photos", "Name": "a.jpg"}}
    c.create_collection(CollectionId=PEOPLE)
    c.create_collection(CollectionId="empty")
    indexed = c.index_faces(CollectionId=PEOPLE, Image=pointer, ExternalImageId="a")
    (face,) = [record["Face"] for record in indexed["FaceRecords"]]
    described = c.describe_collection(CollectionId=PEOPLE)
    pair.stop()

    pair = start_pair()
    c = pair.client()
    assert c.list_collections()["CollectionIds"] == ["empty", PEOPLE]
    assert c.list_faces(CollectionId=PEOPLE)["Faces"][0]["FaceId"] == face["FaceId"]
    again = c.describe_collection(CollectionId=PEOPLE)
    for answer in (described, again):
        del answer["ResponseMetadata"]
    assert again == described
    found = c.search_faces_by_image(CollectionId=PEOPLE, Image=pointer)["FaceMatches"]
    assert [match["Face"]["FaceId"] for match in found] == [face["FaceId"]]
    answer = c.index_faces(CollectionId=PEOPLE, Image=pointer, ExternalImageId="a")
    assert answer["FaceRecords"][0]["Face"]["FaceId"] == face["FaceId"]


def test_kill_9_of_everything_under_load_loses_no_acknowledged_face(
    start_pair: StartPair, photo: np.ndarray[Any, Any]
) -> None:
    """Lost: faces that a caller was told of just before the machine went down."""
    seed = int.from_bytes(os.urandom(4))
    _log.warning("seed %d", seed)
    moments = random.Random(seed)  # noqa: S311
    pair = start_pair()
    pair.client().create_collection(CollectionId=PEOPLE)
    acknowledged: dict[str, str] = {}
    for turn in range(ROUNDS):

        def enrol(writer: int, pair: Pair = pair, turn: int = turn) -> None:
            c = pair.client()
            for number in range(1000):
                name = f"{turn}-{writer}-{number}"
                image = picture(photo, (turn * 4 + writer) * 1000 + number)
                try:
                    answer = c.index_faces(
                        CollectionId=PEOPLE, Image={"Bytes": image}, ExternalImageId=name
                    )
                except (BotoCoreError, ClientError, AssertionError):  # or judged: cut in half
                    return
                (record,) = answer["FaceRecords"]
                acknowledged[name] = record["Face"]["FaceId"]

        writers = [threading.Thread(target=enrol, args=(number,)) for number in range(4)]
        least = len(acknowledged) + 6
        for writer in writers:
            writer.start()
        while len(acknowledged) < least and any(writer.is_alive() for writer in writers):
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.5))
        with breaches() as halves:  # an answer of which a kill lets through the headers only
            pair.kill()
            for writer in writers:
                writer.join()
        assert all(each.startswith("IndexFaces answered 200") for each in halves)
        assert len(acknowledged) >= least

        pair = start_pair()
        c = pair.client()
        pages = c.get_paginator("list_faces").paginate(CollectionId=PEOPLE)
        listed = {f["ExternalImageId"]: f["FaceId"] for page in pages for f in page["Faces"]}
        assert {name: listed.get(name) for name in acknowledged} == acknowledged
        assert c.describe_collection(CollectionId=PEOPLE)["FaceCount"] == len(listed)
        image = {"Bytes": picture(photo, 0)}
        found = c.search_faces_by_image(CollectionId=PEOPLE, Image=image, MaxFaces=4096)
        assert {m["Face"]["FaceId"] for m in found["FaceMatches"]} == set(listed.values())
    _log.warning("%d faces acknowledged over %d kills", len(acknowledged), ROUNDS)


def _refusal(*words: str) -> str:
    answer = subprocess.run(
        [sys.executable, "-m", "lineament", "serve", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    return answer.stderr


def test_a_folder_in_use_is_refused_with_a_sentence(tmp_path: Path, start_pair: StartPair) -> None:
    """Lost: two pairs on one folder, or a start that fails without a reason."""
    start_pair()
    ports = ["--port", str(free_port()), "--aws-port", str(free_port())]
    told = _refusal("--local", "--data", str(tmp_path / "data"), *ports)
    assert f"--data {tmp_path / 'data'} is in use by another server, process " in told


def test_data_without_local_is_refused(tmp_path: Path) -> None:
    """Lost: somebody believes that the folder keeps what goes to a DynamoDB elsewhere."""
    assert "--data is for --local" in _refusal("--data", str(tmp_path))
    assert list(tmp_path.iterdir()) == []
