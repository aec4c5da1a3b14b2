"""CF*: CompareFaces. Source: SPEC.md F, B.18."""

from typing import Any

import pytest

from tests import pictures
from tests.conformance.album import GROUP_FACES, Album
from tests.conformance.asking import refused

MEMBERS = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def compare(c: Any, source: bytes, target: bytes, **more: Any) -> dict[str, Any]:
    """Call CompareFaces and leave ResponseMetadata out."""
    answer: dict[str, Any] = c.compare_faces(
        SourceImage={"Bytes": source}, TargetImage={"Bytes": target}, **more
    )
    del answer["ResponseMetadata"]
    return answer


@pytest.mark.parametrize("other", ["a2", "a3"])
def test_cf01_one_person(c: Any, album: Album, other: str) -> None:
    """Lost: the main job."""
    answer = compare(c, album.a1, getattr(album, other))
    (match,) = answer["FaceMatches"]
    assert match["Similarity"] >= 80
    assert set(answer["SourceImageFace"]) == {"BoundingBox", "Confidence"}
    assert answer["UnmatchedFaces"] == []


@pytest.mark.parametrize("name", ["biden.jpg", "astronaut.png"])
def test_cf02_two_people(c: Any, album: Album, name: str) -> None:
    """Lost: strangers are taken for one another."""
    answer = compare(c, album.a1, album.read(name))
    assert answer["FaceMatches"] == []
    (face,) = answer["UnmatchedFaces"]
    assert set(face) == MEMBERS


def test_cf03_every_face_is_in_one_list(c: Any, album: Album) -> None:
    """Lost: faces of a group photo vanish."""
    answer = compare(c, album.a2, album.group)
    assert len(answer["FaceMatches"]) == 1
    assert len(answer["UnmatchedFaces"]) == GROUP_FACES - 1
    matched = answer["FaceMatches"][0]["Face"]["BoundingBox"]
    assert matched not in [face["BoundingBox"] for face in answer["UnmatchedFaces"]]
    assert matched["Left"] < 0.2  # where A is
    areas = [
        face["BoundingBox"]["Width"] * face["BoundingBox"]["Height"]
        for face in answer["UnmatchedFaces"]
    ]
    assert areas == sorted(areas, reverse=True)


def test_cf04_default_threshold_is_80(c: Any, album: Album) -> None:
    """Lost: code that relies on AWS's default matches other people."""
    default = compare(c, album.a2, album.group)
    assert compare(c, album.a2, album.group, SimilarityThreshold=80) == default


def test_cf05_cf08_threshold_0_matches_everybody_best_first(c: Any, album: Album) -> None:
    """Lost: a client that ranks by itself does not get all, or in another order."""
    answer = compare(c, album.a2, album.group, SimilarityThreshold=0)
    assert answer["UnmatchedFaces"] == []
    scores = [match["Similarity"] for match in answer["FaceMatches"]]
    assert len(scores) == GROUP_FACES
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 80 > scores[1]


def test_threshold_is_reached_by_an_equal_similarity(c: Any, album: Album) -> None:
    """Lost: a match found once is not found with its own similarity as the threshold."""
    (match,) = compare(c, album.a1, album.a2)["FaceMatches"]
    again = compare(c, album.a1, album.a2, SimilarityThreshold=match["Similarity"])
    assert again["FaceMatches"] == [match]


@pytest.mark.parametrize("faceless", ["SourceImage", "TargetImage"])
def test_cf06_no_face(c: Any, album: Album, faceless: str) -> None:
    """Lost: 'no face' looks like 'no match'."""
    images = {"SourceImage": {"Bytes": album.a1}, "TargetImage": {"Bytes": album.a1}}
    images[faceless] = {"Bytes": album.nobody}
    message = refused(c.compare_faces, "InvalidParameterException", **images)
    assert message.startswith("Request has invalid parameters")
    assert faceless in message


def test_cf07_source_is_its_largest_face(c: Any, album: Album) -> None:
    """Lost: a bystander is compared."""
    faces = c.detect_faces(Image={"Bytes": album.group})["FaceDetails"]
    answer = compare(c, album.group, album.a2)
    assert answer["SourceImageFace"]["BoundingBox"] == faces[0]["BoundingBox"]
    assert answer["SourceImageFace"]["Confidence"] == faces[0]["Confidence"]
    assert len(answer["FaceMatches"]) == 1


def test_cf09_members(c: Any, album: Album) -> None:
    """Lost: clients that draw landmarks; no member that AWS leaves out comes along."""
    answer = compare(c, album.a2, album.group)
    assert set(answer) == {"SourceImageFace", "FaceMatches", "UnmatchedFaces"}
    match = answer["FaceMatches"][0]
    assert set(match) == {"Similarity", "Face"}
    for face in (match["Face"], *answer["UnmatchedFaces"]):
        assert set(face) == MEMBERS
        assert len(face["Landmarks"]) == 5


def test_cf10_same_picture(c: Any, album: Album) -> None:
    """Lost: duplicates are not recognised as such."""
    (match,) = compare(c, album.a1, album.a1)["FaceMatches"]
    assert match["Similarity"] > 99.9


def test_cf10_similarity_is_the_same_both_ways(c: Any, album: Album) -> None:
    """Lost: the order of two photos decides whether they show one person."""
    forth, back = (
        compare(c, one, other)["FaceMatches"][0]["Similarity"]
        for one, other in ((album.a1, album.a2), (album.a2, album.a1))
    )
    assert forth == pytest.approx(back, abs=0.01)


@pytest.fixture(scope="module")
def half_blurred(album: Album) -> bytes:
    """A2 sharp, and B beside them blurred."""
    other = pictures.blurred(album.pixels("biden.jpg")[:1000], 12)
    return pictures.jpeg(pictures.beside(album.pixels("obama2.jpg"), other))


@pytest.mark.parametrize(("level", "unmatched"), [("NONE", 1), ("HIGH", 0)])
def test_cf11_filter_drops_a_blurred_face_from_both_lists(
    c: Any, album: Album, half_blurred: bytes, level: str, unmatched: int
) -> None:
    """Lost: faces too bad to compare count as strangers."""
    answer = compare(c, album.a1, half_blurred, QualityFilter=level)
    assert len(answer["FaceMatches"]) == 1
    assert len(answer["UnmatchedFaces"]) == unmatched


def test_cf11_default_is_no_filter(c: Any, album: Album, half_blurred: bytes) -> None:
    """Lost: code that relies on AWS's default misses faces."""
    default = compare(c, album.a1, half_blurred)
    assert compare(c, album.a1, half_blurred, QualityFilter="NONE") == default


@pytest.mark.parametrize("bad", ["SourceImage", "TargetImage"])
def test_cf11_filter_that_leaves_no_face(c: Any, album: Album, bad: str) -> None:
    """Lost: as for a picture without a face, and nobody learns that the filter did it."""
    images = {"SourceImage": {"Bytes": album.a1}, "TargetImage": {"Bytes": album.a2}}
    blurred = pictures.blurred(album.pixels("obama.jpg"), 12)
    images[bad] = {"Bytes": pictures.jpeg(blurred)}
    message = refused(c.compare_faces, "InvalidParameterException", **images, QualityFilter="HIGH")
    assert bad in message
    assert "QualityFilter" in message


def test_cf07_cf11_filter_never_compares_a_bystander(c: Any, album: Album) -> None:
    """Lost: the blurred person in front is passed over, and somebody behind is matched instead."""
    front = pictures.blurred(album.pixels("obama.jpg"), 12)
    behind = pictures.scaled(album.pixels("biden.jpg"), 0.5)
    source = pictures.jpeg(pictures.beside(front, behind))
    images = {"SourceImage": {"Bytes": source}, "TargetImage": {"Bytes": album.b1}}
    assert len(c.compare_faces(**images, SimilarityThreshold=0)["FaceMatches"]) == 1
    message = refused(c.compare_faces, "InvalidParameterException", **images, QualityFilter="HIGH")
    assert "largest" in message


@pytest.mark.parametrize("member", ["SourceImage", "TargetImage"])
@pytest.mark.parametrize("bad", [{"Bytes": b"GIF89a" + bytes(60)}, {"S3Object": {}}])
def test_errors_name_the_picture(c: Any, album: Album, member: str, bad: dict[str, Any]) -> None:
    """Lost: of two pictures one is bad, and nobody knows which."""
    good = "TargetImage" if member == "SourceImage" else "SourceImage"
    with pytest.raises(c.exceptions.ClientError, match=member) as refusal:
        c.compare_faces(**{member: bad, good: {"Bytes": album.a1}})
    assert good not in str(refusal.value)
