"""Parameters to answers, in the words and headers that SDKs read."""

from email.utils import parsedate_to_datetime

import numpy as np
import orjson
import pytest

from lineament.wire.http import HttpRequest, HttpResponse
from lineament.wire.serialise import OutputMismatch, success
from tests.wire.boto import REQUEST_ID, boto_client

NOW = 1_760_000_000.5
BOX = {"Width": 0.25, "Height": 0.5, "Left": -0.125, "Top": 0.75}


def body_of(operation: str, **members: object) -> bytes:
    return success(operation, members, "id", NOW).body


def test_pr02_pr03_headers() -> None:
    """boto3 would show no request id, and SDKs could not correct their clocks."""
    answer = success("ListCollections", {"CollectionIds": []}, "the-id", NOW)
    assert answer.status == 200
    assert answer.headers["x-amzn-RequestId"] == "the-id"
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == int(NOW)


def test_pr15_none_is_left_out_at_every_depth() -> None:
    """SDKs other than boto3 would read null as a value."""
    face = {"FaceId": "f", "ExternalImageId": None, "BoundingBox": {**BOX, "Left": None}}
    body = body_of("ListFaces", Faces=[face], NextToken=None, FaceModelVersion="7.0")
    assert b"null" not in body
    assert set(orjson.loads(body)["Faces"][0]) == {"FaceId", "BoundingBox"}


def test_empty_output_is_an_empty_object() -> None:
    """An empty body is no JSON to most SDKs."""
    assert body_of("TagResource") == b"{}"


def test_pr16_integers_have_no_decimal_point() -> None:
    """Typed SDKs would fail to read 200.0 as a status."""
    assert body_of("DeleteCollection", StatusCode=200) == b'{"StatusCode":200}'
    body = body_of("DescribeCollection", FaceCount=np.int64(3), UserCount=0)
    assert body == b'{"FaceCount":3,"UserCount":0}'


def test_floats_are_widened_from_float32() -> None:
    """Numbers would not equal those that AWS prints for the same float."""
    body = body_of("SearchFacesByImage", SearchedFaceConfidence=99.9994278)
    assert body == b'{"SearchedFaceConfidence":99.99942779541016}'
    same = body_of("SearchFacesByImage", SearchedFaceConfidence=np.float32(99.9994278))
    assert same == body
    assert body_of("SearchFacesByImage", SearchedFaceConfidence=80).endswith(b":80.0}")


def test_pr17_timestamps_are_epoch_seconds() -> None:
    """boto3 would raise ValueError on milliseconds, and the call be lost."""
    body = body_of("DescribeCollection", CreationTimestamp=NOW)
    assert body == b'{"CreationTimestamp":1760000000.5}'
    with pytest.raises(OutputMismatch, match="CreationTimestamp is not in epoch seconds"):
        body_of("DescribeCollection", CreationTimestamp=NOW * 1000)


@pytest.mark.parametrize(
    ("operation", "members", "text"),
    [
        ("DeleteCollection", {"Status": 200}, "DeleteCollection.Status is not in the model"),
        (
            "ListFaces",
            {"Faces": [{"BoundingBox": {"Leftish": 1.0}}]},
            "ListFaces.Faces.BoundingBox.Leftish is not in the model",
        ),
        ("DeleteCollection", {"StatusCode": "200"}, "StatusCode must be an integer, found str"),
        ("DeleteCollection", {"StatusCode": True}, "StatusCode must be an integer, found bool"),
        ("DeleteCollection", {"StatusCode": 200.0}, "StatusCode must be an integer, found float"),
        ("DescribeCollection", {"CollectionARN": b"x"}, "must be a string, found bytes"),
        ("SearchFacesByImage", {"SearchedFaceConfidence": "9"}, "must be a number, found str"),
        ("SearchFacesByImage", {"SearchedFaceConfidence": float("nan")}, "is not finite"),
        ("SearchFacesByImage", {"SearchedFaceConfidence": float("inf")}, "is not finite"),
        ("SearchFacesByImage", {"SearchedFaceConfidence": 1e300}, "does not fit 32 bits"),
        ("ListCollections", {"CollectionIds": "abc"}, "must be a list, found str"),
        ("IndexFaces", {"UnindexedFaces": [{"Reasons": ["UGLY"]}]}, "not one of the enum's values"),
        ("DetectFaces", {"FaceDetails": [7]}, "FaceDetails must be an object, found int"),
        ("DetectFaces", {"FaceDetails": [{"Smile": {"Value": 1}}]}, "must be a boolean, found int"),
        ("ListTagsForResource", {"Tags": ["a"]}, "Tags must be a map, found list"),
        ("GetFaceLivenessSessionResults", {}, "SessionId is required and missing"),
        (
            "GetFaceLivenessSessionResults",
            {"ReferenceImage": {"Bytes": "AAAA"}},
            "Bytes must be bytes, found str",
        ),
    ],
)
def test_ap05_misfits_are_refused(operation: str, members: dict[str, object], text: str) -> None:
    """A slip in a handler would reach clients as an answer that AWS never gives."""
    with pytest.raises(OutputMismatch, match=text):
        success(operation, members, "id", NOW)


def test_maps_and_blobs_reach_boto3() -> None:
    """Tags or liveness pictures would come back damaged."""
    answers = {
        "ListTagsForResource": {"Tags": {"kéy": "välue"}},
        "GetFaceLivenessSessionResults": {
            "SessionId": "s" * 36,
            "Status": "SUCCEEDED",
            "ReferenceImage": {"Bytes": b"\x00\xff\x10", "BoundingBox": BOX},
        },
    }

    def answer(request: HttpRequest) -> HttpResponse:
        name = request.headers["x-amz-target"].partition(".")[2]
        return success(name, answers[name], REQUEST_ID, NOW)

    client = boto_client(answer)
    assert client.list_tags_for_resource(ResourceArn="a" * 20)["Tags"] == {"kéy": "välue"}
    session = client.get_face_liveness_session_results(SessionId="s" * 36)
    assert session["ReferenceImage"] == {"Bytes": b"\x00\xff\x10", "BoundingBox": BOX}
