"""IM14 and issue 2's bad pictures: refused by name, quickly, and the next request works."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests import pictures
from tests.conformance.album import Album
from tests.conformance.asking import refused
from tests.conformance.conftest import People

FORMAT = "InvalidImageFormatException"
LARGE = "ImageTooLargeException"
SCENE = pictures.scenery(300, 200)

pytestmark = pytest.mark.timeout(30)


@pytest.fixture(autouse=True)
def _next_request_works(c: Any, album: Album) -> Iterator[None]:
    yield
    assert len(c.detect_faces(Image={"Bytes": album.small})["FaceDetails"]) == 1


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    "make", [pictures.jpeg, pictures.progressive_jpeg, pictures.png, pictures.interlaced_png]
)
def test_im14_truncated(c: Any, make: Any, share: float) -> None:
    """Lost: half a picture is searched as if it were whole."""
    image = make(SCENE)
    cut = image[: int(len(image) * share)]
    message = refused(c.detect_faces, FORMAT, Image={"Bytes": cut})
    assert message.startswith("Request has invalid image format")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("30,000 x 30,000", LARGE),
        ("10,000 x 10,000", LARGE),
        ("12,000 wide", LARGE),
        ("12,000 high", LARGE),
        ("more pixels than told", FORMAT),
        ("a thousand scans", LARGE),
    ],
)
def test_im14_bombs(c: Any, name: str, code: str) -> None:
    """Lost: a kilobyte from anybody takes the service's memory."""
    image = {
        "30,000 x 30,000": lambda: pictures.png_bomb(30_000, 30_000),
        "10,000 x 10,000": lambda: pictures.png_bomb(10_000, 10_000),
        "12,000 wide": lambda: pictures.jpeg(pictures.scenery(12_000, 90)),
        "12,000 high": lambda: pictures.png(pictures.scenery(90, 12_000)),
        "more pixels than told": lambda: pictures.zlib_bomb_png(SCENE, 60),
        "a thousand scans": lambda: pictures.scan_bomb_jpeg(SCENE, 1000),
    }[name]()
    message = refused(c.detect_faces, code, Image={"Bytes": image})
    if "12,000" in name:
        assert "10000" in message
        assert "12000" in message


def test_im14_ten_thousand_pixels_are_enough(c: Any) -> None:
    """Lost: the widest panorama that AWS takes."""
    image = pictures.jpeg(pictures.scenery(10_000, 100), quality=70)
    assert c.detect_faces(Image={"Bytes": image})["FaceDetails"] == []


@pytest.mark.parametrize("seed", range(3))
def test_im14_damaged_bytes(c: Any, album: Album, seed: int) -> None:
    """Lost: a bad disk or a fuzzer gets a 500."""
    for make in (pictures.jpeg, pictures.png):
        image = bytearray(make(album.small_pixels))
        for step in range(40):
            place = 4 + (seed * 7919 + step * 104_729) % (len(image) - 4)
            image[place] = (image[place] + 1 + step) % 256
        broken = {"Image": {"Bytes": bytes(image)}}
        if make is pictures.png:  # its checksums tell
            refused(c.detect_faces, FORMAT, **broken)
        else:  # a JPEG has none: some damage decodes
            with contextlib.suppress(c.exceptions.InvalidImageFormatException):
                assert len(c.detect_faces(**broken)["FaceDetails"]) <= 2


@pytest.mark.parametrize(
    "operation", ["index_faces", "search_faces_by_image", "compare_faces source", "compare target"]
)
def test_every_operation_refuses_bad_pictures(people: People, album: Album, operation: str) -> None:
    """Lost: only DetectFaces is safe from them."""
    good, bad = {"Bytes": album.a1}, {"Bytes": album.a1[:5000]}
    call, params = {
        "index_faces": (people.c.index_faces, {"CollectionId": people.id, "Image": bad}),
        "search_faces_by_image": (
            people.c.search_faces_by_image,
            {"CollectionId": people.id, "Image": bad},
        ),
        "compare_faces source": (
            people.c.compare_faces,
            {"SourceImage": bad, "TargetImage": good},
        ),
        "compare target": (people.c.compare_faces, {"SourceImage": good, "TargetImage": bad}),
    }[operation]
    refused(call, FORMAT, **params)
    assert people.c.describe_collection(CollectionId=people.id)["FaceCount"] == 9
