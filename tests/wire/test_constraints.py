"""Constraints of the model: what is refused, and in AWS's words."""

import pytest

from lineament.errors import InvalidParameterException, ValidationException
from lineament.wire.schemas import parse
from tests.wire.asking import FACE_ID, FACE_PATTERN, PATTERN, read, refusal


def test_va01_ill_patterned_id_names_member_and_pattern() -> None:
    """A caller would not learn which characters an id may hold."""
    assert refusal("CreateCollection", CollectionId="bad id!") == (
        "1 validation error detected: Value 'bad id!' at 'collectionId' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.\-]+"
    )


def test_va02_longest_id() -> None:
    """Ids of 255 characters would be lost, or longer ones stored."""
    assert read("CreateCollection", CollectionId="a" * 255)
    text = refusal("CreateCollection", CollectionId="a" * 256)
    assert text.endswith("Member must have length less than or equal to 255")


@pytest.mark.parametrize("bad", ["ok/notok", "ok\n", "\nok", "ok:", "ök", "ok\u0661"])
def test_va03_patterns_match_the_whole_value(bad: str) -> None:
    """An id could carry a path, a newline or another script behind a good beginning."""
    assert PATTERN in refusal("CreateCollection", CollectionId=bad)


@pytest.mark.parametrize("bad", ["x", FACE_ID.upper(), FACE_ID[:-1], FACE_ID + "0", FACE_ID + "\n"])
def test_va04_face_id_must_be_a_lower_case_uuid(bad: str) -> None:
    """A mistyped face id would be looked up instead of being told."""
    assert FACE_PATTERN in refusal("SearchFaces", CollectionId="c", FaceId=bad)


def test_va05_counts() -> None:
    """A client could ask for more matches than the service can answer."""
    members = {"CollectionId": "c", "FaceId": FACE_ID}
    assert read("SearchFaces", **members, MaxFaces=4096)["MaxFaces"] == 4096
    assert refusal("SearchFaces", **members, MaxFaces=4097) == (
        "1 validation error detected: Value '4097' at 'maxFaces' failed to satisfy constraint: "
        "Member must have value less than or equal to 4096"
    )
    text = refusal("SearchFaces", **members, MaxFaces=0)
    assert text.endswith("Member must have value greater than or equal to 1")
    assert "'501'" in refusal("ListUsers", CollectionId="c", MaxResults=501)


@pytest.mark.parametrize("threshold", [0, 0.8, 80, 99.9, 100])
def test_va06_thresholds_from_0_to_100(threshold: float) -> None:
    """Clients that write 80 or 0.8 would be refused."""
    value = read("SearchFaces", CollectionId="c", FaceId=FACE_ID, FaceMatchThreshold=threshold)
    assert value["FaceMatchThreshold"] == threshold
    assert isinstance(value["FaceMatchThreshold"], float)


@pytest.mark.parametrize("threshold", [100.1, -0.1, 1000])
def test_va06_thresholds_outside_are_refused(threshold: float) -> None:
    """A threshold above 100 would silently find nobody, for ever."""
    members = {"CollectionId": "c", "FaceId": FACE_ID, "FaceMatchThreshold": threshold}
    assert f"Value '{threshold}' at 'faceMatchThreshold'" in refusal("SearchFaces", **members)


def test_va07_enum_text() -> None:
    """A caller would not learn which filters there are."""
    text = refusal("IndexFaces", CollectionId="c", Image={}, QualityFilter="BOGUS")
    assert text.endswith("Member must satisfy enum value set: [NONE, AUTO, LOW, MEDIUM, HIGH]")


def test_va09_external_image_id() -> None:
    """An S3 key used as an id would be stored and never found by its name again."""
    members = {"CollectionId": "c", "Image": {}}
    assert read("IndexFaces", **members, ExternalImageId="staff:7")["ExternalImageId"] == "staff:7"
    for bad in ("a/b", "a b"):
        assert "'externalImageId'" in refusal("IndexFaces", **members, ExternalImageId=bad)


def test_va10_list_sizes() -> None:
    """One call could name more faces than the service answers for."""
    assert len(read("DeleteFaces", CollectionId="c", FaceIds=[FACE_ID] * 4096)["FaceIds"]) == 4096
    assert refusal("DeleteFaces", CollectionId="c", FaceIds=[FACE_ID] * 4097) == (
        "1 validation error detected: Value '[4097 elements]' at 'faceIds' failed to satisfy "
        "constraint: Member must have length less than or equal to 4096"
    )
    users = {"CollectionId": "c", "UserId": "u", "ClientRequestToken": "t"}
    assert "less than or equal to 100" in refusal(
        "AssociateFaces", **users, FaceIds=[FACE_ID] * 101
    )
    assert "greater than or equal to 1" in refusal("DeleteFaces", CollectionId="c", FaceIds=[])


def test_va12_missing_required_member() -> None:
    """A caller would not learn which member is missing."""
    assert refusal("DescribeCollection") == (
        "1 validation error detected: Value null at 'collectionId' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_va14_code_of_constraint_errors_can_be_set() -> None:
    """Clients that catch InvalidParameterException for constraints could not be served."""
    with pytest.raises(InvalidParameterException) as caught:
        parse("DescribeCollection", b"{}", constraint_error_code="InvalidParameterException")
    assert caught.value.message.endswith("Member must not be null")


def test_all_violations_are_told_at_once() -> None:
    """A caller would mend a request one error at a time."""
    text = refusal("SearchFaces", FaceId="x", MaxFaces=5000, FaceMatchThreshold=101)
    assert text.startswith("4 validation errors detected: ")
    assert [part.split("'")[1 if " null" in part else 3] for part in text.split("; ")] == [
        "collectionId",
        "faceId",
        "maxFaces",
        "faceMatchThreshold",
    ]
    two = refusal("CreateCollection", CollectionId="")
    assert two.startswith("2 validation errors detected: Value '' at 'collectionId'")


def test_violations_inside_lists_and_maps_name_their_place() -> None:
    """The one bad id of thousands could not be found."""
    text = refusal("DeleteFaces", CollectionId="c", FaceIds=[FACE_ID, "bad", None])
    assert f"Value 'bad' at 'faceIds.2.member' failed to satisfy constraint: {PATTERN}" in text
    assert "Value null at 'faceIds.3.member' failed to satisfy constraint: Member must not" in text
    text = refusal("CreateCollection", CollectionId="c", Tags={"aws:x": "v", "k": "\x01"})
    assert "Value 'aws:x' at 'tags' failed to satisfy constraint: Map keys must satisfy" in text
    assert f"Value '\x01' at 'tags.k.member' failed to satisfy constraint: {PATTERN}" in text


def test_tags_of_any_script() -> None:
    """Tags in Greek, Arabic or Chinese would be refused."""
    tags = {"Ομάδα ٣": "名前 Ⅳ", "a_.:/=+-@b": ""}
    assert read("CreateCollection", CollectionId="c", Tags=tags)["Tags"] == tags


def test_im04_im03_blob_sizes_count_decoded_bytes_and_are_not_quoted() -> None:
    """Pictures would leak into messages and logs, or the 5 MiB limit fall short."""
    largest = b'{"Image":{"Bytes":"%b"}}'
    assert len(parse("DetectFaces", largest % (b"AAAA" * 1747626 + b"AAA="))["Image"]["Bytes"]) == (
        5242880
    )
    with pytest.raises(ValidationException) as caught:
        parse("DetectFaces", largest % (b"AAAA" * 1747627))
    assert caught.value.message == (
        "1 validation error detected: Value at 'image.bytes' failed to satisfy constraint: "
        "Member must have length less than or equal to 5242880"
    )
    assert refusal("DetectFaces", Image={"Bytes": ""}).endswith("greater than or equal to 1")


def test_messages_stay_short() -> None:
    """A hostile request would be answered, and logged, at many times its price."""
    text = refusal("DescribeCollection", CollectionId="!" * 1_000_000)
    assert len(text) < 1000
    assert "... (1000000 characters)' at 'collectionId'" in text
    text = refusal("DeleteFaces", CollectionId="c", FaceIds=["x"] * 4096)
    assert text.startswith("4096 validation errors detected: ")
    assert text.endswith("; and 4076 more")
    assert len(text) < 5000


def test_patterns_are_not_tried_on_endless_texts() -> None:
    """One body could hold a worker for hours: AWS's pattern for topics fails in quadratic time."""
    channel = {"SNSTopicArn": "arn:aws:sns:" + "aaaaaaaaaaaa:" * 1_000_000 + "\n", "RoleArn": "x"}
    video = {"S3Object": {"Bucket": "bucket", "Name": "name"}}
    text = refusal("StartFaceDetection", Video=video, NotificationChannel=channel)
    assert "at 'notificationChannel.sNSTopicArn' failed to satisfy constraint" in text
