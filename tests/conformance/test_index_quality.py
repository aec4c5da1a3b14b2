"""IX09, IX10, IX14: which faces IndexFaces takes, on photos made worse. Source: SPEC.md F, B.5."""

from typing import Any

import pytest

from tests import pictures
from tests.conformance.album import Album
from tests.conformance.test_index_faces import area, count, ids, index


@pytest.fixture(scope="module")
def degraded(album: Album) -> dict[str, bytes]:
    """Photos that no search should be built on, by the reason why."""
    whole = album.pixels("obama.jpg")
    tiny = pictures.beside(pictures.scenery(500, 400), pictures.scaled(whole, 0.14))
    return {
        "LOW_SHARPNESS": pictures.jpeg(pictures.blurred(whole, 11)),
        "LOW_BRIGHTNESS": pictures.jpeg(pictures.darkened(whole, 0.15)),
        "SMALL_BOUNDING_BOX": pictures.png(tiny),
    }


@pytest.mark.parametrize("reason", ["LOW_SHARPNESS", "LOW_BRIGHTNESS", "SMALL_BOUNDING_BOX"])
@pytest.mark.parametrize("level", ["AUTO", "HIGH"])
def test_ix09_quality_reasons(
    c: Any, collection: str, degraded: dict[str, bytes], reason: str, level: str
) -> None:
    """Lost: bad photos fill a collection with faces that match strangers."""
    answer = index(c, collection, degraded[reason], QualityFilter=level)
    assert answer["FaceRecords"] == []
    (face,) = answer["UnindexedFaces"]
    assert reason in face["Reasons"]
    assert "EXCEEDS_MAX_FACES" not in face["Reasons"]
    assert count(c, collection) == 0


def test_ix09_default_is_auto(c: Any, collection: str, degraded: dict[str, bytes]) -> None:
    """Lost: code that relies on AWS's default stores everything."""
    default = index(c, collection, degraded["LOW_SHARPNESS"])
    auto = index(c, collection, degraded["LOW_SHARPNESS"], QualityFilter="AUTO")
    assert default["UnindexedFaces"] == auto["UnindexedFaces"]
    assert default["FaceRecords"] == []


def test_ix09_turned_faces(c: Any, collection: str, album: Album) -> None:
    """Lost: profiles count as portraits; the woman at the table's end looks away."""
    answer = index(c, collection, album.read("t1.jpg"), QualityFilter="HIGH")
    (turned,) = answer["UnindexedFaces"]
    assert turned["Reasons"] == ["EXTREME_POSE"]
    assert abs(turned["FaceDetail"]["Pose"]["Yaw"]) > 30
    assert len(answer["FaceRecords"]) == 5


def test_ix09_profiles(c: Any, collection: str, album: Album) -> None:
    """Lost: MEDIUM, meant for enrolment, takes a face that shows one eye."""
    answer = index(c, collection, album.read("t1.jpg"), QualityFilter="MEDIUM")
    (turned,) = answer["UnindexedFaces"]
    assert turned["Reasons"] == ["EXTREME_POSE"]
    assert abs(turned["FaceDetail"]["Pose"]["Yaw"]) > 60


def test_ix09_covered_eyes(c: Any, collection: str, album: Album) -> None:
    """Lost: bright, sharp, straight faces behind a bar are stored, and nobody is found by them."""
    pixels = album.pixels("obama.jpg").copy()
    (face,) = c.detect_faces(Image={"Bytes": pictures.jpeg(pixels)})["FaceDetails"]
    height, width = pixels.shape[:2]
    box, eye = face["BoundingBox"], face["Landmarks"][0]
    reach = 0.15 * box["Height"]
    rows = [round((eye["Y"] + way * reach) * height) for way in (-1, 1)]
    columns = [round((box["Left"] + part * box["Width"]) * width) for part in (0, 1)]
    pixels[rows[0] : rows[1], columns[0] : columns[1]] = 0
    image = {"Bytes": pictures.jpeg(pixels)}
    answer = index(c, collection, image["Bytes"], QualityFilter="HIGH")
    (covered,) = answer["UnindexedFaces"]
    assert covered["Reasons"] == ["LOW_FACE_QUALITY"]
    with pytest.raises(c.exceptions.InvalidParameterException, match="no faces in the image"):
        c.search_faces_by_image(CollectionId=collection, Image=image, QualityFilter="HIGH")
    with pytest.raises(c.exceptions.InvalidParameterException, match="the largest face"):
        c.compare_faces(SourceImage=image, TargetImage=image, QualityFilter="HIGH")
    assert index(c, collection, image["Bytes"], QualityFilter="NONE")["FaceRecords"]


@pytest.mark.parametrize("reason", ["LOW_SHARPNESS", "LOW_BRIGHTNESS", "SMALL_BOUNDING_BOX"])
def test_ix09_none_filters_nothing(
    c: Any, collection: str, degraded: dict[str, bytes], reason: str
) -> None:
    """Lost: a user who wants every face does not get it."""
    answer = index(c, collection, degraded[reason], QualityFilter="NONE")
    assert len(answer["FaceRecords"]) == 1
    assert answer["UnindexedFaces"] == []


@pytest.mark.parametrize("spoil", ["plain", "blurred", "dark", "small"])
def test_ix10_levels_are_nested(c: Any, collection: str, album: Album, spoil: str) -> None:
    """Lost: a stricter level lets a face in that a milder one refused."""
    pixels = {
        "plain": lambda: album.group_pixels,
        "blurred": lambda: pictures.blurred(album.group_pixels, 2.2),
        "dark": lambda: pictures.darkened(album.group_pixels, 0.2),
        "small": lambda: pictures.scaled(album.group_pixels, 0.4),
    }[spoil]()
    image = pictures.jpeg(pixels)
    kept = {}
    for level in ("HIGH", "MEDIUM", "AUTO", "LOW", "NONE"):
        answer = index(c, collection, image, QualityFilter=level)
        kept[level] = set(ids(answer))
        faces = len(answer["FaceRecords"]) + len(answer["UnindexedFaces"])
        assert faces == len(kept[level]) + len(answer["UnindexedFaces"])
    assert kept["HIGH"] <= kept["MEDIUM"] <= kept["AUTO"] <= kept["LOW"] <= kept["NONE"]
    assert kept["HIGH"] < kept["NONE"]  # else this photo shows nothing


def test_ix14_max_faces_drops_the_worse_before_the_smaller(
    c: Any, collection: str, album: Album
) -> None:
    """Lost: of a blurred passer-by close up and a sharp person, the passer-by is kept."""
    passer_by = pictures.blurred(album.pixels("obama.jpg"), 9)
    image = pictures.jpeg(pictures.beside(passer_by, album.small_pixels))
    answer = index(c, collection, image, MaxFaces=1, QualityFilter="NONE")
    (kept,), (dropped,) = answer["FaceRecords"], answer["UnindexedFaces"]
    assert dropped["Reasons"] == ["EXCEEDS_MAX_FACES"]
    assert area(kept["FaceDetail"]["BoundingBox"]) < area(dropped["FaceDetail"]["BoundingBox"])
    sharpness = [face["FaceDetail"]["Quality"]["Sharpness"] for face in (kept, dropped)]
    assert sharpness[0] > sharpness[1]
