"""Bodies to parameters: what is read, and what is refused in which words."""

import orjson
import pytest

from lineament.errors import (
    InvalidParameterException,
    SerializationException,
    ValidationException,
    WireError,
)
from lineament.wire.schemas import parse

FACE_ID = "0a1b2c3d-0000-4000-8000-0123456789ab"
PATTERN = "Member must satisfy regular expression pattern: "
FACE_PATTERN = PATTERN + "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def read(operation: str, **members: object) -> dict[str, object]:
    return parse(operation, orjson.dumps(members))


def refusal(operation: str, error: type[WireError] = ValidationException, **members: object) -> str:
    with pytest.raises(error) as caught:
        read(operation, **members)
    return caught.value.message


def unreadable(body: bytes, operation: str = "SearchFaces") -> str:
    with pytest.raises(SerializationException) as caught:
        parse(operation, body)
    return caught.value.message


def test_empty_body_is_an_empty_object() -> None:
    """A client that sends no body at all could not list its collections."""
    assert parse("ListCollections", b"") == {}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"{}{}",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"a":"\xff"}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' * 100_000,
        b"[" * 100_000,
    ],
    ids=range(11),
)
def test_pr09_body_that_is_not_json_is_refused(body: bytes) -> None:
    """Broken JSON would be a 500 that SDKs send again and again."""
    assert unreadable(body).startswith("The body ")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_pr10_body_that_is_no_object_is_refused(body: bytes) -> None:
    """A list as a body would crash instead of being named."""
    assert unreadable(body).startswith("The body must be a JSON object, found ")


@pytest.mark.parametrize(
    ("member", "value", "text"),
    [
        ("MaxFaces", "5", "'maxFaces' must be an integer, found a string"),
        ("MaxFaces", True, "'maxFaces' must be an integer, found a boolean"),
        ("MaxFaces", 5.5, "'maxFaces' must be an integer, found a fraction"),
        ("MaxFaces", 2**31, "'maxFaces' does not fit an integer of 32 bits"),
        ("FaceMatchThreshold", "80", "'faceMatchThreshold' must be a number, found a string"),
        ("FaceMatchThreshold", False, "'faceMatchThreshold' must be a number, found a boolean"),
        ("CollectionId", 7, "'collectionId' must be a string, found a number"),
        ("CollectionId", ["a"], "'collectionId' must be a string, found an array"),
        ("Image", [], "'image' must be an object, found an array"),
        ("Image", {"Bytes": 5}, "'image.bytes' must be a base64 string, found a number"),
        ("Image", {"S3Object": "k"}, "'image.s3Object' must be an object, found a string"),
    ],
)
def test_pr10_wrong_json_type_names_the_member(member: str, value: object, text: str) -> None:
    """A caller who quotes a number would have to guess which of the members is wrong."""
    members = {"CollectionId": "c", "Image": {}, member: value}
    assert refusal("SearchFacesByImage", SerializationException, **members) == text


def test_pr10_wrong_json_types_inside_lists_and_maps() -> None:
    """A wrong element would be told without its place, among up to 4096 of them."""
    text = refusal("DeleteFaces", SerializationException, CollectionId="c", FaceIds=[FACE_ID, 1])
    assert text == "'faceIds.2.member' must be a string, found a number"
    text = refusal("DeleteFaces", SerializationException, CollectionId="c", FaceIds={"0": FACE_ID})
    assert text == "'faceIds' must be an array, found an object"
    text = refusal("CreateCollection", SerializationException, CollectionId="c", Tags={"k": 1})
    assert text == "'tags.k.member' must be a string, found a number"


def test_pr10_unknown_members_are_ignored() -> None:
    """A newer SDK that sends a new member would be locked out."""
    body = b'{"CollectionId":"c","New":{"Deep":[1e999,null]},"collectionid":4}'
    assert parse("DescribeCollection", body) == {"CollectionId": "c"}


def test_whole_floats_are_integers() -> None:
    """A client whose JSON has one number type, 5.0, would be refused where AWS takes it."""
    body = b'{"CollectionId":"c","FaceId":"%b","MaxFaces":5.0}' % FACE_ID.encode()
    value = parse("SearchFaces", body)["MaxFaces"]
    assert (value, type(value)) == (5, int)


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 400, b"1" + b"0" * 4000])
def test_numbers_beyond_float_are_refused(number: bytes) -> None:
    """An infinite threshold would match nothing, or crash the answer."""
    text = unreadable(b'{"CollectionId":"c","FaceMatchThreshold":' + number + b"}")
    assert text == "'faceMatchThreshold' is not a finite number"


@pytest.mark.parametrize(
    "text",
    ["%%%", "Zg", "Zg=", "Zg===", "Zg==Zg==", "Zg==\n", " Zg==", "Z-_=", "Zé==", "A", "===="],
)
def test_pr11_bad_base64_is_refused(text: str) -> None:
    """A picture damaged on its way would be decoded as another picture."""
    message = refusal("DetectFaces", SerializationException, Image={"Bytes": text})
    assert message == "'image.bytes' is not valid base64 (RFC 4648)"


def test_pr13_null_is_absent() -> None:
    """SDKs that send null for what is not set would be refused."""
    members = {"CollectionId": "c", "NextToken": None, "MaxResults": None, "FaceIds": None}
    assert read("ListFaces", **members) == {"CollectionId": "c"}
    assert read("DetectFaces", Image={"Bytes": None}) == {"Image": {}}


def test_pr13_null_for_a_required_member_is_missing() -> None:
    """A null id would reach storage."""
    assert "Value null at 'collectionId'" in refusal("DescribeCollection", CollectionId=None)


def test_surrogates_are_refused_and_nul_is_text() -> None:
    """Half a surrogate pair would break storage or the answer and become a 500."""
    body = b'{"CollectionId":"c","NextToken":"\\ud800"}'
    assert unreadable(body, "ListFaces") == "'nextToken' holds an unpaired surrogate"
    image = {"S3Object": {"Bucket": "bucket", "Name": "a\x00b"}}
    assert read("DetectFaces", Image=image) == {"Image": image}
    assert "at 'collectionId'" in refusal("DescribeCollection", CollectionId="a\x00b")


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
