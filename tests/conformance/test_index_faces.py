"""IX*: IndexFaces. Source: SPEC.md F, B.5."""

import re
import uuid
from pathlib import Path
from typing import Any

from lineament.app import Application
from tests.conformance import transports
from tests.conformance.album import GROUP_FACES, Album
from tests.conformance.asking import refused
from tests.conformance.conftest import BuildApplication, Wire
from tests.conformance.deploying import deployed

FACE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DETAIL = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def index(c: Any, collection: str, image: bytes, **more: Any) -> dict[str, Any]:
    """Call IndexFaces by bytes."""
    answer: dict[str, Any] = c.index_faces(CollectionId=collection, Image={"Bytes": image}, **more)
    return answer


def ids(answer: dict[str, Any]) -> list[str]:
    """Return the FaceIds of the records, in order."""
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def count(c: Any, collection: str) -> int:
    """Return FaceCount."""
    return int(c.describe_collection(CollectionId=collection)["FaceCount"])


def area(box: dict[str, float]) -> float:
    """Return the share of the picture that a box takes."""
    return box["Width"] * box["Height"]


def test_ix01_members(c: Any, collection: str, album: Album) -> None:
    """Lost: samples that index these members without .get."""
    answer = index(c, collection, album.a1, ExternalImageId="a:1")
    assert set(answer) - {"ResponseMetadata"} == {
        "FaceRecords",
        "FaceModelVersion",
        "UnindexedFaces",
    }
    (record,) = answer["FaceRecords"]
    assert set(record["Face"]) == {
        "FaceId",
        "BoundingBox",
        "ImageId",
        "ExternalImageId",
        "Confidence",
    }
    assert set(record["FaceDetail"]) == DETAIL
    assert record["Face"]["BoundingBox"] == record["FaceDetail"]["BoundingBox"]
    assert record["Face"]["Confidence"] == record["FaceDetail"]["Confidence"]
    assert answer["UnindexedFaces"] == []
    assert count(c, collection) == 1


def test_ix01_from_s3(c: Any, collection: str, s3: Any, bucket: str, album: Album) -> None:
    """Lost: photos in S3 are other photos than the same bytes sent along."""
    s3.put_object(Bucket=bucket, Key="ix01.jpg", Body=album.a1)
    image = {"S3Object": {"Bucket": bucket, "Name": "ix01.jpg"}}
    stored = c.index_faces(CollectionId=collection, Image=image)
    assert stored["FaceRecords"] == index(c, collection, album.a1)["FaceRecords"]
    assert count(c, collection) == 1


def test_ix02_image_id(c: Any, collection: str, album: Album) -> None:
    """Lost: a client cannot tell which faces were in one photo."""
    first = index(c, collection, album.group)["FaceRecords"]
    later = index(c, collection, album.group, ExternalImageId="x")["FaceRecords"]
    other = index(c, collection, album.a1)["FaceRecords"]
    one, two = ({record["Face"]["ImageId"] for record in rs} for rs in (first + later, other))
    assert len(one) == len(two) == 1
    assert one != two
    assert FACE_ID.fullmatch(one.pop())


def test_ix04_face_ids(c: Any, collection: str, album: Album) -> None:
    """Lost: two faces under one id, or ids that no other operation takes."""
    found = ids(index(c, collection, album.group))
    assert len(set(found)) == GROUP_FACES
    assert all(FACE_ID.fullmatch(face_id) for face_id in found)
    assert {uuid.UUID(face_id).version for face_id in found} == {4}


def test_ix04_face_ids_of_two_collections_differ(c: Any, collection: str, album: Album) -> None:
    """Lost: a face id kept by an app points into two collections."""
    c.create_collection(CollectionId="second")
    assert ids(index(c, collection, album.small)) != ids(index(c, "second", album.small))


def test_ix05_external_image_id(c: Any, collection: str, album: Album) -> None:
    """Lost: the name by which an app knows the person."""
    named = index(c, collection, album.group, ExternalImageId="party:2026")
    assert [record["Face"]["ExternalImageId"] for record in named["FaceRecords"]] == [
        "party:2026"
    ] * GROUP_FACES
    plain = index(c, collection, album.group)
    assert all("ExternalImageId" not in record["Face"] for record in plain["FaceRecords"])
    assert not set(ids(named)) & set(ids(plain))


def test_ix06_max_faces(c: Any, collection: str, album: Album) -> None:
    """Lost: bystanders are stored, or faces vanish without a word."""
    answer = index(c, collection, album.group, MaxFaces=1)
    assert len(answer["FaceRecords"]) == 1
    assert [face["Reasons"] for face in answer["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]] * 6
    assert all(set(face["FaceDetail"]) == DETAIL for face in answer["UnindexedFaces"])
    largest = c.detect_faces(Image={"Bytes": album.group})["FaceDetails"][0]
    assert answer["FaceRecords"][0]["FaceDetail"] == largest
    assert count(c, collection) == 1


def test_ix06_more_of_the_same_photo_can_be_added_later(
    c: Any, collection: str, album: Album
) -> None:
    """Lost: a second call with a higher MaxFaces doubles the first face, or adds none."""
    (first,) = ids(index(c, collection, album.group, MaxFaces=1))
    everybody = ids(index(c, collection, album.group, MaxFaces=1000))
    assert everybody[0] == first
    assert count(c, collection) == GROUP_FACES


def test_ix07_largest_first(c: Any, collection: str, album: Album) -> None:
    """Lost: FaceRecords[0] is somebody in the background."""
    answer = index(c, collection, album.group, QualityFilter="NONE")
    areas = [area(record["Face"]["BoundingBox"]) for record in answer["FaceRecords"]]
    assert len(areas) == GROUP_FACES
    assert areas == sorted(areas, reverse=True)


def test_ix08_no_face_is_a_success(c: Any, collection: str, album: Album) -> None:
    """Lost: a batch stops at the first landscape."""
    answer = index(c, collection, album.nobody)
    assert (answer["FaceRecords"], answer["UnindexedFaces"]) == ([], [])
    assert answer["FaceModelVersion"]
    assert count(c, collection) == 0


def test_ix11_again(c: Any, collection: str, album: Album) -> None:
    """Lost: an SDK's retry doubles everybody."""
    for more in ({"ExternalImageId": "x"}, {}):
        first = index(c, collection, album.group, **more)
        again = index(c, collection, album.group, **more)
        assert ids(again) == ids(first)
        assert again["FaceRecords"] == first["FaceRecords"]
    assert count(c, collection) == 2 * GROUP_FACES


def test_ix11_again_after_deletion(c: Any, collection: str, album: Album) -> None:
    """Lost: a face once deleted can never come back."""
    found = ids(index(c, collection, album.small))
    c.delete_faces(CollectionId=collection, FaceIds=found)
    assert count(c, collection) == 0
    index(c, collection, album.small)
    assert count(c, collection) == 1
    listed = c.list_faces(CollectionId=collection)["Faces"]
    assert len(listed) == 1


def test_ix12_another_external_image_id(c: Any, collection: str, album: Album) -> None:
    """Lost: one photo of two people's records is stored for one only."""
    first = index(c, collection, album.group, ExternalImageId="x")
    second = index(c, collection, album.group, ExternalImageId="y")
    assert not set(ids(first)) & set(ids(second))
    assert count(c, collection) == 2 * GROUP_FACES


def test_ix15_all_attributes_are_no_error(c: Any, collection: str, album: Album) -> None:
    """Lost: samples ask for ALL; what is not computed yet is absent, and the rest is there."""
    answer = index(c, collection, album.group, DetectionAttributes=["ALL"], MaxFaces=2)
    faces = answer["FaceRecords"] + answer["UnindexedFaces"]
    assert len(faces) == GROUP_FACES
    assert all(set(face["FaceDetail"]) >= DETAIL for face in faces)


def test_ix16_read_after_write(c: Any, collection: str, album: Album) -> None:
    """Lost: enrol-then-search, which every app does, fails now and then."""
    for number, image in enumerate((album.a1, album.a2), start=1):
        (face_id,) = ids(index(c, collection, image))
        assert count(c, collection) == number
        listed = c.list_faces(CollectionId=collection)["Faces"]
        assert face_id in [face["FaceId"] for face in listed]
        found = c.search_faces(CollectionId=collection, FaceId=face_id)
        assert len(found["FaceMatches"]) == number - 1


def test_ix16_read_after_write_in_another_process(
    server_url: str, beside_server: Application, account: str, album: Album
) -> None:
    """Lost: behind two servers, or two Lambda containers, a search misses a face just indexed."""
    here = transports.client(beside_server.handle, None, account)
    there = transports.client(transports.over_http(server_url), server_url, account)
    here.create_collection(CollectionId="shared")
    for name, one, other in (("x", here, there), ("y", there, here), ("z", here, there)):
        (face_id,) = ids(index(one, "shared", album.small, ExternalImageId=name))
        image = {"Bytes": album.small}
        found = other.search_faces_by_image(CollectionId="shared", Image=image)["FaceMatches"]
        assert face_id in [match["Face"]["FaceId"] for match in found]
        one.delete_faces(CollectionId="shared", FaceIds=[face_id])
        assert count(other, "shared") == 0


def test_ix17_collection_cap(
    wire: Wire, build: BuildApplication, account: str, album: Album, tmp_path: Path
) -> None:
    """Lost: a photo over the cap is stored in part."""
    cap = str(GROUP_FACES + 1)
    with deployed(wire, build, tmp_path / "log", max_faces_per_collection=cap) as small:
        c = small.client(account)
        c.create_collection(CollectionId="full")
        index(c, "full", album.group)
        message = refused(
            c.index_faces,
            "ServiceQuotaExceededException",
            CollectionId="full",
            Image={"Bytes": album.group},
            ExternalImageId="again",
        )
        assert cap in message
        assert count(c, "full") == len(c.list_faces(CollectionId="full")["Faces"]) == GROUP_FACES
        assert len(ids(index(c, "full", album.group))) == GROUP_FACES  # adds none
        assert len(ids(index(c, "full", album.a1))) == 1
