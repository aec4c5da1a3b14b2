"""SF*: SearchFaces, SearchFacesByImage. Source: SPEC.md F, B.8, B.9."""

from typing import Any

import pytest

from tests import pictures
from tests.conformance.album import GROUP_FACES, Album
from tests.conformance.asking import STORED_FACE, refused
from tests.conformance.conftest import People

PARAMETER = "InvalidParameterException"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
FACES = 2 + GROUP_FACES


def search(people: People, face_id: str, **more: Any) -> dict[str, Any]:
    """Call SearchFaces."""
    answer: dict[str, Any] = people.c.search_faces(CollectionId=people.id, FaceId=face_id, **more)
    return answer


def by_image(people: People, image: bytes, **more: Any) -> dict[str, Any]:
    """Call SearchFacesByImage by bytes."""
    answer: dict[str, Any] = people.c.search_faces_by_image(
        CollectionId=people.id, Image={"Bytes": image}, **more
    )
    return answer


def names(answer: dict[str, Any]) -> list[str]:
    """Return the ExternalImageIds of the matches, best first."""
    return [match["Face"]["ExternalImageId"] for match in answer["FaceMatches"]]


@pytest.mark.parametrize("threshold", [0, 80])
def test_sf01_never_in_its_own_results(people: People, threshold: float) -> None:
    """Lost: the best match of everybody is themselves."""
    for face_id in (people.faces["A"][0], people.faces["group"][0]):
        answer = search(people, face_id, FaceMatchThreshold=threshold)
        assert answer["SearchedFaceId"] == face_id
        found = [match["Face"]["FaceId"] for match in answer["FaceMatches"]]
        assert face_id not in found
        assert len(set(found)) == len(found) == (FACES - 1 if threshold == 0 else 1)


def test_sf02_the_same_person_and_nobody_else(people: People, album: Album) -> None:
    """Lost: the main job: a photo never indexed finds its person, and no stranger."""
    assert names(by_image(people, album.a1)) == ["group", "A"]
    assert sorted(names(by_image(people, album.a3))) == ["A", "group"]
    assert names(by_image(people, album.b1)) == ["B"]
    assert names(by_image(people, album.read("astronaut.png"))) == []
    assert names(search(people, people.faces["A"][0])) == ["group"]
    assert names(search(people, people.faces["B"][0])) == []


def test_sf02_default_threshold_is_80(people: People, album: Album) -> None:
    """Lost: code that relies on AWS's default finds other people."""
    for call, key in ((by_image, album.a3), (search, people.faces["A"][0])):
        default = call(people, key)["FaceMatches"]  # type: ignore[operator]
        assert call(people, key, FaceMatchThreshold=80)["FaceMatches"] == default  # type: ignore[operator]


@pytest.mark.parametrize("threshold", [0, 0.9, 3, 90])
def test_sf03_sorted_and_over_the_threshold(people: People, album: Album, threshold: float) -> None:
    """Lost: FaceMatches[0], which apps take, is not the best."""
    for answer in (
        by_image(people, album.a3, FaceMatchThreshold=threshold),
        search(people, people.faces["A"][0], FaceMatchThreshold=threshold),
    ):
        scores = [match["Similarity"] for match in answer["FaceMatches"]]
        assert scores
        assert scores == sorted(scores, reverse=True)
        assert all(threshold <= score <= 100 for score in scores)


@pytest.mark.parametrize("limit", [1, 3, FACES - 1, 4096])
def test_sf04_max_faces_keeps_the_best(people: People, album: Album, limit: int) -> None:
    """Lost: the best match is cut off."""
    face_id = people.faces["A"][0]
    everybody = by_image(people, album.a3, FaceMatchThreshold=0)["FaceMatches"]
    some = by_image(people, album.a3, FaceMatchThreshold=0, MaxFaces=limit)["FaceMatches"]
    assert some == everybody[:limit]
    others = search(people, face_id, FaceMatchThreshold=0)["FaceMatches"]
    some = search(people, face_id, FaceMatchThreshold=0, MaxFaces=limit)["FaceMatches"]
    assert some == others[:limit]


def test_sf05_unknown_face(people: People) -> None:
    """Lost: a face deleted meanwhile looks like a person whom nobody resembles."""
    message = refused(people.c.search_faces, PARAMETER, CollectionId=people.id, FaceId=UNKNOWN)
    assert message == "faceId was not found in the collection."


def test_sf05_face_of_another_collection(people: People, c: Any, collection: str) -> None:
    """Lost: a search by an id reaches into another collection, or account."""
    refused(c.search_faces, PARAMETER, CollectionId=collection, FaceId=people.faces["A"][0])


def test_sf06_searched_face_is_told_without_matches(c: Any, collection: str, album: Album) -> None:
    """Lost: samples that index these members, on their first search."""
    answer = c.search_faces_by_image(CollectionId=collection, Image={"Bytes": album.b1})
    assert set(answer) - {"ResponseMetadata"} == {
        "SearchedFaceBoundingBox",
        "SearchedFaceConfidence",
        "FaceMatches",
        "FaceModelVersion",
    }
    assert answer["FaceMatches"] == []
    (face,) = c.detect_faces(Image={"Bytes": album.b1})["FaceDetails"]
    assert answer["SearchedFaceBoundingBox"] == face["BoundingBox"]
    assert answer["SearchedFaceConfidence"] == face["Confidence"]


def test_sf07_no_face(people: People, album: Album) -> None:
    """Lost: clients compare this whole sentence."""
    message = refused(
        people.c.search_faces_by_image,
        PARAMETER,
        CollectionId=people.id,
        Image={"Bytes": album.nobody},
    )
    assert message == "There are no faces in the image. Should be at least 1."


def test_sf07_no_face_that_passes_the_filter(people: People, album: Album) -> None:
    """Lost: as above, where the filter took the only face; by default nothing is filtered."""
    image = pictures.jpeg(pictures.blurred(album.pixels("obama.jpg"), 11))
    message = refused(
        people.c.search_faces_by_image,
        PARAMETER,
        CollectionId=people.id,
        Image={"Bytes": image},
        QualityFilter="AUTO",
    )
    assert message == "There are no faces in the image. Should be at least 1."
    assert by_image(people, image)["SearchedFaceConfidence"] > 50


def test_sf08_largest_face_is_searched(people: People, album: Album) -> None:
    """Lost: a bystander is searched for."""
    largest = people.c.detect_faces(Image={"Bytes": album.group})["FaceDetails"][0]
    answer = by_image(people, album.group, QualityFilter="LOW")
    assert answer["SearchedFaceBoundingBox"] == largest["BoundingBox"]
    assert answer["SearchedFaceConfidence"] == largest["Confidence"]
    assert answer["FaceMatches"][0]["Face"]["FaceId"] == people.faces["group"][0]
    assert names(answer) == ["group", "A"]


def test_sf08_image_from_s3(people: People, s3: Any, bucket: str, album: Album) -> None:
    """Lost: a photo in S3 finds others than the same bytes sent along."""
    s3.put_object(Bucket=bucket, Key="sf08.jpg", Body=album.a3)
    image = {"S3Object": {"Bucket": bucket, "Name": "sf08.jpg"}}
    answer = people.c.search_faces_by_image(CollectionId=people.id, Image=image)
    assert answer["FaceMatches"] == by_image(people, album.a3)["FaceMatches"]


def test_sf09_fractional_threshold_is_a_percentage(people: People, album: Album) -> None:
    """Lost: 0.80, which apps pass by mistake, is refused, or taken for 80."""
    assert len(by_image(people, album.a3, FaceMatchThreshold=0.80)["FaceMatches"]) == FACES


def test_sf10_members_of_a_match(people: People, album: Album) -> None:
    """Lost: apps that index ExternalImageId; a UserId that nobody gave."""
    for match in by_image(people, album.a3)["FaceMatches"]:
        assert set(match) == {"Similarity", "Face"}
        assert set(match["Face"]) == STORED_FACE


def test_sf11_lower_thresholds_find_supersets(people: People, album: Album) -> None:
    """Lost: a score depends on the threshold, or a match is lost by asking for more."""
    runs = {
        threshold: by_image(people, album.a3, FaceMatchThreshold=threshold)["FaceMatches"]
        for threshold in (99, 80, 5, 1, 0)
    }
    assert len(runs[0]) == FACES
    for threshold, matches in runs.items():
        assert matches == [match for match in runs[0] if match["Similarity"] >= threshold]


def test_sf11_threshold_is_reached_by_an_equal_similarity(people: People, album: Album) -> None:
    """Lost: a match found once is not found with its own similarity as the threshold."""
    everybody = by_image(people, album.a3, FaceMatchThreshold=0)["FaceMatches"]
    for place, match in enumerate(everybody):
        found = by_image(people, album.a3, FaceMatchThreshold=match["Similarity"])
        assert found["FaceMatches"] == everybody[: place + 1]


def test_sf11_scores_are_those_of_compare_faces(people: People, album: Album) -> None:
    """Lost: one threshold means two things."""
    compared = people.c.compare_faces(
        SourceImage={"Bytes": album.a1}, TargetImage={"Bytes": album.a2}
    )["FaceMatches"][0]["Similarity"]
    matches = by_image(people, album.a1)["FaceMatches"]
    searched = {match["Face"]["ExternalImageId"]: match["Similarity"] for match in matches}
    assert searched["A"] == pytest.approx(compared, abs=0.01)


def test_sf12_the_indexed_picture_itself(people: People, album: Album) -> None:
    """Lost: duplicates are not recognised as such."""
    best = by_image(people, album.a2)["FaceMatches"][0]
    assert best["Similarity"] > 99.9
    assert best["Face"]["FaceId"] == people.faces["A"][0]


def test_searching_stores_nothing(people: People, album: Album) -> None:
    """Lost: whoever is searched for is enrolled."""
    by_image(people, album.a1)
    assert people.c.describe_collection(CollectionId=people.id)["FaceCount"] == FACES
