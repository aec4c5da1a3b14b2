"""SPEC.md F, DetectFaces and CompareFaces."""

from typing import Any

import pytest

from tests.conformance.photos import A1, A2, A3, B1, GROUP, GROUP_SIZE, NOBODY, image

DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def compare(c: Any, source: str, target: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = c.compare_faces(
        SourceImage=image(source), TargetImage=image(target), **more
    )
    return answer


def test_df01_no_face_is_an_empty_list(c: Any) -> None:
    """Else samples that index FaceDetails fail."""
    assert c.detect_faces(Image=image(NOBODY))["FaceDetails"] == []


def test_df02_df05_df07_df10_default_members(c: Any) -> None:
    """Else clients read members that are not there, or get none that they asked for."""
    answer = c.detect_faces(Image=image(A1))
    (face,) = answer["FaceDetails"]
    assert set(face) == DEFAULT
    assert set(answer) == {"FaceDetails", "ResponseMetadata"}
    kinds = [mark["Type"] for mark in face["Landmarks"]]
    assert kinds == ["eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose"]
    assert all(-180 <= angle <= 180 for angle in face["Pose"].values())
    assert all(0 <= value <= 100 for value in face["Quality"].values())
    assert 50 <= face["Confidence"] <= 100
    empty = c.detect_faces(Image=image(A1), Attributes=[])
    assert empty["FaceDetails"] == answer["FaceDetails"]


def test_df08_df12_largest_first_and_deterministic(c: Any) -> None:
    """Else `FaceDetails[0]` is another person at each call."""
    faces = c.detect_faces(Image=image(GROUP))["FaceDetails"]
    areas = [face["BoundingBox"]["Width"] * face["BoundingBox"]["Height"] for face in faces]
    assert len(faces) == GROUP_SIZE
    assert areas == sorted(areas, reverse=True)
    assert c.detect_faces(Image=image(GROUP))["FaceDetails"] == faces


@pytest.mark.parametrize("other", [A2, A3])
def test_cf01_cf04_cf09_one_person_matches(c: Any, other: str) -> None:
    """Else the service does not do its main job."""
    answer = compare(c, A1, other)
    (match,) = answer["FaceMatches"]
    assert match["Similarity"] >= 80
    assert set(match["Face"]) == DEFAULT
    assert set(answer["SourceImageFace"]) == {"BoundingBox", "Confidence"}
    assert answer["UnmatchedFaces"] == []
    assert compare(c, A1, other, SimilarityThreshold=80)["FaceMatches"] == answer["FaceMatches"]


def test_cf02_two_people_do_not_match(c: Any) -> None:
    """Else strangers are taken for one another."""
    answer = compare(c, A1, B1)
    assert answer["FaceMatches"] == []
    (face,) = answer["UnmatchedFaces"]
    assert set(face) == DEFAULT


def test_cf03_cf05_cf08_every_target_face_is_in_one_list(c: Any) -> None:
    """Else faces of a group photo get lost."""
    default = compare(c, A1, GROUP)
    assert len(default["FaceMatches"]) + len(default["UnmatchedFaces"]) == GROUP_SIZE
    everyone = compare(c, A1, GROUP, SimilarityThreshold=0)
    similarities = [match["Similarity"] for match in everyone["FaceMatches"]]
    assert everyone["UnmatchedFaces"] == []
    assert len(similarities) == GROUP_SIZE
    assert similarities == sorted(similarities, reverse=True)


@pytest.mark.parametrize(("source", "target"), [(NOBODY, A1), (A1, NOBODY)])
def test_cf06_a_picture_without_a_face_is_refused(c: Any, source: str, target: str) -> None:
    """Else 'no face' looks like 'no match'."""
    with pytest.raises(
        c.exceptions.InvalidParameterException, match="Request has invalid parameters"
    ):
        compare(c, source, target)


def test_cf07_the_source_is_its_largest_face(c: Any) -> None:
    """Else a group photo is compared by somebody in the background."""
    largest = c.detect_faces(Image=image(GROUP))["FaceDetails"][0]["BoundingBox"]
    answer = compare(c, GROUP, A1)
    assert answer["SourceImageFace"]["BoundingBox"] == largest


def test_cf10_the_same_picture_is_over_99_9(c: Any) -> None:
    """Else duplicates are not recognised as such."""
    (match,) = compare(c, A1, A1)["FaceMatches"]
    assert match["Similarity"] > 99.9
