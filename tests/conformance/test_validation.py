"""VA*: constraints that boto3 does not check. Source: SPEC.md F, A.6."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.album import Album
from tests.conformance.asking import VALIDATION, raw_refused, refused
from tests.conformance.conftest import BuildApplication, People, Wire
from tests.conformance.deploying import deployed

PATTERN = "Member must satisfy regular expression pattern: "
U = str(uuid.UUID(int=0xABCDEF, version=4))


def test_va01_pattern_of_collection_id(c: Any) -> None:
    """Lost: ids that no listing or ARN can carry."""
    message = refused(c.create_collection, VALIDATION, CollectionId="bad id!")
    assert message == (
        "1 validation error detected: Value 'bad id!' at 'collectionId' failed to satisfy "
        rf"constraint: {PATTERN}[a-zA-Z0-9_.\-]+"
    )


def test_va02_length_of_collection_id(c: Any) -> None:
    """Lost: names that AWS takes are refused, or the other way round."""
    message = refused(c.create_collection, VALIDATION, CollectionId="a" * 256)
    assert "'collectionId'" in message
    assert "Member must have length less than or equal to 255" in message
    assert c.create_collection(CollectionId="a" * 255)["StatusCode"] == 200
    assert c.describe_collection(CollectionId="a" * 255)["FaceCount"] == 0


@pytest.mark.parametrize("name", ["ok/no", "ok\n", "\nok", "ok ok", "ok:", "caf\u00e9", "\u0663"])
def test_va03_patterns_match_the_whole_value(c: Any, name: str) -> None:
    """Lost: a bad id slips through behind a good beginning."""
    assert PATTERN in refused(c.create_collection, VALIDATION, CollectionId=name)


@pytest.mark.parametrize("face_id", ["x", U.upper(), U.replace("-", ""), f"{U}0", f"{{{U}}}"])
def test_va04_face_ids_are_lower_case_uuids(people: People, face_id: str) -> None:
    """Lost: a mistyped id reads as a face that does not exist."""
    message = refused(people.c.search_faces, VALIDATION, CollectionId=people.id, FaceId=face_id)
    assert "'faceId'" in message


def test_va05_max_faces(people: People) -> None:
    """Lost: limits differ from AWS's, and code that moves over breaks."""
    asked = {"CollectionId": people.id, "FaceId": people.faces["A"][0]}
    message = refused(people.c.search_faces, VALIDATION, **asked, MaxFaces=4097)
    assert "Value '4097' at 'maxFaces'" in message
    assert "Member must have value less than or equal to 4096" in message
    assert people.c.search_faces(**asked, MaxFaces=4096)["FaceMatches"]


@pytest.mark.parametrize("operation", ["list_collections", "list_faces"])
def test_va05_max_results(people: People, operation: str) -> None:
    """Lost: as above, for the listings."""
    call = getattr(people.c, operation)
    asked = {"CollectionId": people.id} if operation == "list_faces" else {}
    assert "'maxResults'" in refused(call, VALIDATION, **asked, MaxResults=4097)
    assert "NextToken" not in call(**asked, MaxResults=4096)
    assert "NextToken" not in call(**asked, MaxResults=0)


@pytest.mark.parametrize(
    ("operation", "threshold"),
    [
        ("SearchFaces", "FaceMatchThreshold"),
        ("SearchFacesByImage", "FaceMatchThreshold"),
        ("CompareFaces", "SimilarityThreshold"),
    ],
)
@pytest.mark.parametrize("value", ["100.1", "-0.1", "1e30", "-1"])
def test_va06_thresholds_out_of_range(
    wire: Wire, operation: str, threshold: str, value: str
) -> None:
    """Lost: a threshold that means nothing finds everybody or nobody."""
    answer = wire.raw(operation, f'{{"{threshold}": {value}}}')
    message = raw_refused(answer, VALIDATION)
    assert f"at '{threshold[0].lower()}{threshold[1:]}'" in message
    assert "than or equal to" in message


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400", '"NaN"'])
def test_va06_thresholds_that_are_no_number(wire: Wire, value: str) -> None:
    """Lost: a NaN, which compares with nothing, makes every face a match or none."""
    answer = wire.raw("SearchFaces", f'{{"FaceMatchThreshold": {value}}}')
    assert raw_refused(answer, "SerializationException")


@pytest.mark.parametrize("threshold", [0, 0.8, 80, 99.9, 100])
def test_va06_thresholds_in_range(people: People, threshold: float) -> None:
    """Lost: whole numbers or fractions are refused."""
    answer = people.c.search_faces(
        CollectionId=people.id, FaceId=people.faces["A"][0], FaceMatchThreshold=threshold
    )
    assert len(answer["FaceMatches"]) == {0: 8, 0.8: 8, 80: 1, 99.9: 0, 100: 0}[threshold]


@pytest.mark.parametrize("operation", ["IndexFaces", "SearchFacesByImage", "CompareFaces"])
def test_va07_quality_filter_enum(wire: Wire, operation: str) -> None:
    """Lost: a mistyped level silently filters otherwise than meant."""
    message = raw_refused(wire.raw(operation, {"QualityFilter": "BOGUS"}), VALIDATION)
    assert "Value 'BOGUS' at 'qualityFilter'" in message
    assert "Member must satisfy enum value set: [" in message
    assert all(level in message for level in ("NONE", "AUTO", "LOW", "MEDIUM", "HIGH"))


def test_va07_attributes_enum(c: Any, album: Album) -> None:
    """Lost: a mistyped attribute is silently not there."""
    image = {"Bytes": album.a1}
    message = refused(c.detect_faces, VALIDATION, Image=image, Attributes=["DEFAULT", "AGE"])
    assert "Value 'AGE' at 'attributes.2.member'" in message


@pytest.mark.parametrize("name", ["folder/photo.jpg", "two words", "caf\u00e9", "a" * 256])
def test_va09_external_image_id_refused(c: Any, collection: str, album: Album, name: str) -> None:
    """Lost: ids that no answer may carry are stored."""
    message = refused(
        c.index_faces,
        VALIDATION,
        CollectionId=collection,
        Image={"Bytes": album.small},
        ExternalImageId=name,
    )
    assert "'externalImageId'" in message
    assert c.describe_collection(CollectionId=collection)["FaceCount"] == 0


@pytest.mark.parametrize("name", ["person:7", "a" * 255, "-._:"])
def test_va09_external_image_id_accepted(c: Any, collection: str, album: Album, name: str) -> None:
    """Lost: ids that AWS takes are refused."""
    answer = c.index_faces(
        CollectionId=collection, Image={"Bytes": album.small}, ExternalImageId=name
    )
    assert answer["FaceRecords"][0]["Face"]["ExternalImageId"] == name


@pytest.mark.parametrize("operation", ["delete_faces", "list_faces"])
def test_va10_number_of_face_ids(people: People, operation: str) -> None:
    """Lost: one call could ask for any amount of work."""
    call = getattr(people.c, operation)
    ids = [str(uuid.UUID(int=n, version=4)) for n in range(4097)]
    message = refused(call, VALIDATION, CollectionId=people.id, FaceIds=ids)
    assert "at 'faceIds' failed" in message
    assert "Member must have length less than or equal to 4096" in message
    assert call(CollectionId=people.id, FaceIds=ids[:4096])


@pytest.mark.parametrize("operation", ["DeleteFaces", "ListFaces"])
def test_va10_no_face_ids(wire: Wire, people: People, operation: str) -> None:
    """Lost: an empty filter lists everything, or deletes it."""
    members = {"CollectionId": people.id, "FaceIds": []}
    message = raw_refused(wire.raw(operation, members, account=people.account), VALIDATION)
    assert "Member must have length greater than or equal to 1" in message


@pytest.mark.parametrize(
    ("operation", "required"),
    [
        ("CreateCollection", ["collectionId"]),
        ("DescribeCollection", ["collectionId"]),
        ("DeleteCollection", ["collectionId"]),
        ("IndexFaces", ["collectionId", "image"]),
        ("ListFaces", ["collectionId"]),
        ("DeleteFaces", ["collectionId", "faceIds"]),
        ("SearchFaces", ["collectionId", "faceId"]),
        ("SearchFacesByImage", ["collectionId", "image"]),
        ("DetectFaces", ["image"]),
        ("CompareFaces", ["sourceImage", "targetImage"]),
    ],
)
def test_va12_required_members(wire: Wire, operation: str, required: list[str]) -> None:
    """Lost: whoever forgets a member is not told which."""
    message = raw_refused(wire.raw(operation, b""), VALIDATION)
    plural = "s" if len(required) > 1 else ""
    assert message.startswith(f"{len(required)} validation error{plural} detected: ")
    for name in required:
        told = f"Value null at '{name}' failed to satisfy constraint: Member must not be null"
        assert told in message


def test_every_violation_is_told_at_once(wire: Wire) -> None:
    """Lost: a caller mends one mistake a call."""
    members = {"CollectionId": "a b", "MaxFaces": 0, "FaceMatchThreshold": 200}
    message = raw_refused(wire.raw("SearchFaces", members), VALIDATION)
    assert message.startswith("4 validation errors detected: ")
    assert message.count("; ") == 3


def test_long_values_are_quoted_in_part(wire: Wire) -> None:
    """Lost: a megabyte sent by mistake comes back, and goes into the caller's logs."""
    answer = wire.raw("DescribeCollection", {"CollectionId": "!" * 1_000_000})
    assert "'collectionId'" in raw_refused(answer, VALIDATION)
    assert len(answer.body) < 2000


def test_va14_constraint_error_code_follows_the_setting(
    wire: Wire, build: BuildApplication, account: str, tmp_path: Path
) -> None:
    """Lost: clients that only know the modelled InvalidParameterException cannot be served."""
    code = "InvalidParameterException"
    with deployed(wire, build, tmp_path / "log", constraint_error_code=code) as modelled:
        c = modelled.client(account)
        message = refused(c.create_collection, code, CollectionId="bad id!")
        assert "at 'collectionId' failed to satisfy constraint" in message
        message = refused(c.detect_faces, code, Image={"Bytes": b""})
        assert "at 'image.bytes' failed to satisfy constraint" in message
        assert c.list_collections()["CollectionIds"] == []
