"""Bodies to parameters: what can be read."""

import pytest

from lineament.errors import SerializationException
from lineament.wire.schemas import parse
from tests.wire.asking import FACE_ID, read, refusal


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
    body = b'{"CollectionId":"c","New":{"Deep":[1e300,null]},"collectionid":4}'
    assert parse("DescribeCollection", body) == {"CollectionId": "c"}


def test_whole_floats_are_integers() -> None:
    """A client whose JSON has one number type, 5.0, would be refused where AWS takes it."""
    body = b'{"CollectionId":"c","FaceId":"%b","MaxFaces":5.0}' % FACE_ID.encode()
    value = parse("SearchFaces", body)["MaxFaces"]
    assert (value, type(value)) == (5, int)


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 400, b"1" + b"0" * 5000])
def test_numbers_beyond_float_are_refused(number: bytes) -> None:
    """An infinite threshold would match nothing, or crash the answer."""
    text = unreadable(b'{"CollectionId":"c","FaceMatchThreshold":' + number + b"}")
    assert text.startswith("The body is not valid JSON: number is infinity")


@pytest.mark.parametrize("number", [2**31, 2**63, 2**64, -(10**30), 1e300])
def test_integers_beyond_their_bits_are_refused(number: float) -> None:
    """A huge count would crash storage."""
    body = b'{"CollectionId":"c","MaxResults":%b}' % str(number).encode()
    assert unreadable(body, "ListFaces") == "'maxResults' does not fit an integer of 32 bits"


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
    assert unreadable(body, "ListFaces").startswith("The body is not valid JSON")
    image = {"S3Object": {"Bucket": "bucket", "Name": "a\x00b"}}
    assert read("DetectFaces", Image=image) == {"Image": image}
    assert "at 'collectionId'" in refusal("DescribeCollection", CollectionId="a\x00b")


def test_a_body_of_nothing_but_values() -> None:
    """Lost: a few calls of any caller, allowed nothing, fill the memory of a process."""
    assert "no operation takes so many values" in unreadable(b'{"a":[' + b"[]," * 100_000 + b"0]}")
    most = read("ListFaces", CollectionId="c", FaceIds=[FACE_ID] * 4096)
    assert len(most["FaceIds"]) == 4096
