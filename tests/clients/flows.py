"""What applications do with the service, written once for every client. Source: SPEC.md B.

A flow works in an account of its own. It ends in an AssertionError where an answer is not what an
application needs.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import pictures
from tests.clients.calling import Client, Output, Params, Refused
from tests.clients.conftest import MAX_COLLECTIONS, Photos
from tests.conformance.album import GROUP_FACES
from tests.conformance.promises import FRAMEWORK_ERRORS

Flow = Callable[[Client, Photos], None]
NOT_FOUND = "ResourceNotFoundException"
PARAMETER = "InvalidParameterException"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def refused(client: Client, code: str, operation: str, params: Params) -> str:
    """Assert that a call ends in the SDK's class of an error, and return the message."""
    try:
        output = client.call(operation, params)
    except Refused as error:
        told = error
    else:
        raise AssertionError(f"{operation} answered {output}")
    modelled = code not in FRAMEWORK_ERRORS
    assert told.code == code, told
    assert told.kind == (code if modelled or client.unmodelled is None else client.unmodelled)
    assert told.fault in (None, "client")
    if told.status is not None:
        assert told.status == 400
        assert told.request_id
        uuid.UUID(told.request_id)
    return told.message


def index(client: Client, image: Params, name: str, **options: Any) -> list[str]:
    """Index a photo in the collection `people` and return the FaceIds."""
    params = {"CollectionId": "people", "Image": image, "ExternalImageId": name, **options}
    return [record["Face"]["FaceId"] for record in client.call("IndexFaces", params)["FaceRecords"]]


def collections(client: Client, _photos: Photos) -> None:
    """Make, look up, list and drop collections."""
    people = {"CollectionId": "people"}
    made = client.call("CreateCollection", people)
    arn = f"arn:aws:rekognition:us-east-1:{client.account}:collection/people"
    version = made["FaceModelVersion"]
    assert made == {"StatusCode": 200, "CollectionArn": arn, "FaceModelVersion": version}
    about = client.call("DescribeCollection", people)
    created = about.pop("CreationTimestamp")
    assert abs(created - datetime.now(UTC)) < timedelta(minutes=5)
    counts = {"FaceCount": 0, "UserCount": 0}
    assert about == {**counts, "CollectionARN": arn, "FaceModelVersion": version}
    message = refused(client, "ResourceAlreadyExistsException", "CreateCollection", people)
    assert message == "The collection id: people already exists"
    refused(client, "ValidationException", "CreateCollection", {"CollectionId": "bad id!"})

    for name in ("b", "c"):
        client.call("CreateCollection", {"CollectionId": name})
    assert MAX_COLLECTIONS == 3
    refused(client, "ServiceQuotaExceededException", "CreateCollection", {"CollectionId": "d"})
    pages = client.pages("ListCollections", {}, 2)
    assert [page["CollectionIds"] for page in pages] == [["b", "c"], ["people"]]
    whole = client.call("ListCollections", {})
    assert whole == {"CollectionIds": ["b", "c", "people"], "FaceModelVersions": [version] * 3}
    first = client.call("ListCollections", {"MaxResults": 2})
    rest = client.call("ListCollections", {"MaxResults": 2, "NextToken": first["NextToken"]})
    assert (first["CollectionIds"], rest["CollectionIds"]) == (["b", "c"], ["people"])
    assert "NextToken" not in rest
    edited = {"MaxResults": 2, "NextToken": "edited"}
    refused(client, "InvalidPaginationTokenException", "ListCollections", edited)

    assert client.call("DeleteCollection", people) == {"StatusCode": 200}
    for operation in ("DeleteCollection", "DescribeCollection"):
        message = refused(client, NOT_FOUND, operation, people)
        assert message == "The collection id: people does not exist"
    assert client.call("ListCollections", {})["CollectionIds"] == ["b", "c"]


def faces(client: Client, photos: Photos) -> None:
    """Index photos, list their faces, search by them and remove them."""
    client.call("CreateCollection", {"CollectionId": "people"})
    here = {"CollectionId": "people"}
    [one] = index(client, photos.inline("a1"), "one:a")
    whole = client.call(
        "IndexFaces",
        {
            **here,
            "Image": photos.stored("group"),
            "MaxFaces": 3,
            "DetectionAttributes": ["ALL"],
            "QualityFilter": "NONE",
        },
    )
    three = [record["Face"]["FaceId"] for record in whole["FaceRecords"]]
    assert len(three) == 3
    assert [left["Reasons"] for left in whole["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]] * 4
    assert {len(record["FaceDetail"]["Landmarks"]) for record in whole["FaceRecords"]} == {30}
    assert not any("ExternalImageId" in record["Face"] for record in whole["FaceRecords"])
    assert index(client, photos.stored("a1"), "one:a") == [one]

    pages = client.pages("ListFaces", here, 3)
    assert [len(page["Faces"]) for page in pages] == [3, 1]
    assert [page["FaceModelVersion"] for page in pages] == [whole["FaceModelVersion"]] * 2
    listed = [face["FaceId"] for page in pages for face in page["Faces"]]
    assert listed == sorted([one, *three])
    chosen = client.call("ListFaces", {**here, "FaceIds": [one, UNKNOWN]})["Faces"]
    assert [(face["FaceId"], face["ExternalImageId"]) for face in chosen] == [(one, "one:a")]
    assert client.call("DescribeCollection", here)["FaceCount"] == 4

    found = client.call("SearchFaces", {**here, "FaceId": one, "FaceMatchThreshold": 90.5})
    assert found["SearchedFaceId"] == one
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [three[0]]
    assert 90.5 <= found["FaceMatches"][0]["Similarity"] <= 100
    seen = client.call(
        "SearchFacesByImage", {**here, "Image": photos.inline("a2"), "QualityFilter": "AUTO"}
    )
    assert {match["Face"]["FaceId"] for match in seen["FaceMatches"]} == {one, three[0]}
    nobody = {**here, "Image": photos.inline("nobody")}
    message = refused(client, PARAMETER, "SearchFacesByImage", nobody)
    assert message == "There are no faces in the image. Should be at least 1."
    message = refused(client, PARAMETER, "SearchFaces", {**here, "FaceId": UNKNOWN})
    assert message == "faceId was not found in the collection."
    assert client.call("IndexFaces", nobody)["FaceRecords"] == []

    assert client.call("DeleteFaces", {**here, "FaceIds": [one, UNKNOWN]}) == {
        "DeletedFaces": [one],
        "UnsuccessfulFaceDeletions": [{"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]}],
    }
    assert client.call("DescribeCollection", here)["FaceCount"] == 3
    for operation in ("ListFaces", "SearchFacesByImage", "IndexFaces"):
        rest = {} if operation == "ListFaces" else {"Image": photos.inline("a1")}
        refused(client, NOT_FOUND, operation, {"CollectionId": "nowhere", **rest})


def looks(client: Client, photos: Photos) -> None:
    """Look at photos without keeping anything."""
    everything = {"Image": photos.stored("a1"), "Attributes": ["ALL"]}
    [face] = client.call("DetectFaces", everything)["FaceDetails"]
    assert len(face) == 17
    assert face["AgeRange"]["Low"] <= face["AgeRange"]["High"]
    assert isinstance(face["Smile"]["Value"], bool)
    assert client.call("DetectFaces", {"Image": photos.inline("nobody")}) == {"FaceDetails": []}
    one_more = {"Image": photos.inline("a1"), "Attributes": ["DEFAULT", "GENDER"]}
    [face] = client.call("DetectFaces", one_more)["FaceDetails"]
    assert set(face) == {"BoundingBox", "Confidence", "Gender", "Landmarks", "Pose", "Quality"}

    pair = {"SourceImage": photos.inline("a1"), "TargetImage": photos.stored("group")}
    compared = client.call("CompareFaces", {**pair, "SimilarityThreshold": 80})
    assert set(compared) == {"SourceImageFace", "FaceMatches", "UnmatchedFaces"}
    assert [match["Similarity"] >= 80 for match in compared["FaceMatches"]] == [True]
    assert len(compared["UnmatchedFaces"]) == GROUP_FACES - 1
    pair["TargetImage"] = photos.inline("nobody")
    refused(client, PARAMETER, "CompareFaces", pair)

    not_a_photo = {"Image": {"Bytes": b"GIF89a, or so it says"}}
    refused(client, "InvalidImageFormatException", "DetectFaces", not_a_photo)
    wide = {"Image": {"Bytes": pictures.png(pictures.scenery(10_001, 80))}}
    refused(client, "ImageTooLargeException", "DetectFaces", wide)
    refused(client, "InvalidS3ObjectException", "DetectFaces", {"Image": photos.stored("missing")})
    refused(client, "AccessDeniedException", "DetectText", {"Image": photos.inline("a1")})


def enrolled(client: Client, photos: Photos) -> tuple[str, str, str]:
    """Make a collection of two photos of A and one of B, and return the FaceIds."""
    client.call("CreateCollection", {"CollectionId": "people"})
    [a1], [a2], [b1] = (index(client, photos.inline(name), name) for name in ("a1", "a2", "b1"))
    return a1, a2, b1


def users(client: Client, photos: Photos) -> None:
    """Gather the faces of people in users."""
    a1, a2, b1 = enrolled(client, photos)
    here = {"CollectionId": "people"}
    ann, bob, cyd = ({**here, "UserId": name} for name in ("ann", "bob", "cyd"))

    assert client.call("CreateUser", ann) == {}
    refused(client, "ConflictException", "CreateUser", ann)
    token = {"ClientRequestToken": str(uuid.uuid4())}
    assert [client.call("CreateUser", {**bob, **token}) for _ in range(2)] == [{}, {}]
    refused(client, "IdempotentParameterMismatchException", "CreateUser", {**cyd, **token})
    client.call("CreateUser", cyd)
    pages = client.pages("ListUsers", here, 2)
    assert [len(page["Users"]) for page in pages] == [2, 1]
    listed = {user["UserId"]: user["UserStatus"] for page in pages for user in page["Users"]}
    assert listed == {"ann": "CREATED", "bob": "CREATED", "cyd": "CREATED"}

    assert client.call("AssociateFaces", {**ann, "FaceIds": [a1]}) == {
        "AssociatedFaces": [{"FaceId": a1}],
        "UnsuccessfulFaceAssociations": [],
        "UserStatus": "UPDATING",
    }
    answer = client.call("AssociateFaces", {**ann, "FaceIds": [a2, b1, UNKNOWN]})
    assert answer["AssociatedFaces"] == [{"FaceId": a2}]
    failed = {each["FaceId"]: each for each in answer["UnsuccessfulFaceAssociations"]}
    assert failed[b1]["Reasons"] == ["LOW_MATCH_CONFIDENCE"]
    assert 0 <= failed[b1]["Confidence"] < 75
    assert failed[UNKNOWN]["Reasons"] == ["FACE_NOT_FOUND"]
    answer = client.call("AssociateFaces", {**bob, "FaceIds": [a1, b1], "UserMatchThreshold": 0})
    assert answer["AssociatedFaces"] == [{"FaceId": b1}]
    assert answer["UnsuccessfulFaceAssociations"] == [
        {"FaceId": a1, "UserId": "ann", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
    ]
    kept = client.call("ListFaces", ann)["Faces"]
    assert {face["FaceId"]: face["UserId"] for face in kept} == {a1: "ann", a2: "ann"}
    assert client.call("DescribeCollection", here)["UserCount"] == 3
    [kept] = client.call("DeleteFaces", {**here, "FaceIds": [a1]})["UnsuccessfulFaceDeletions"]
    assert kept["Reasons"] == ["ASSOCIATED_TO_AN_EXISTING_USER"]

    answer = client.call("DisassociateFaces", {**ann, "FaceIds": [a2, b1, UNKNOWN]})
    assert answer["DisassociatedFaces"] == [{"FaceId": a2}]
    reasons = {e["FaceId"]: e["Reasons"] for e in answer["UnsuccessfulFaceDisassociations"]}
    assert reasons == {b1: ["ASSOCIATED_TO_A_DIFFERENT_USER"], UNKNOWN: ["FACE_NOT_FOUND"]}
    assert client.call("DeleteUser", ann) == {}
    refused(client, NOT_FOUND, "DeleteUser", ann)
    refused(client, NOT_FOUND, "AssociateFaces", {**ann, "FaceIds": [a1]})
    assert client.call("DescribeCollection", here)["FaceCount"] == 3
    left = client.call("ListUsers", here)["Users"]
    statuses = {user["UserId"]: user["UserStatus"] for user in left}
    assert statuses == {"bob": "ACTIVE", "cyd": "CREATED"}


def user_search(client: Client, photos: Photos) -> None:
    """Search for people by a face, by a user and by a photo."""
    a1, a2, b1 = enrolled(client, photos)
    here = {"CollectionId": "people"}
    for name, faces in (("ann", [a1, a2]), ("bob", [b1])):
        client.call("CreateUser", {**here, "UserId": name})
        client.call("AssociateFaces", {**here, "UserId": name, "FaceIds": faces})

    found = client.call("SearchUsers", {**here, "FaceId": a1, "MaxUsers": 10})
    assert (found["SearchedFace"], "SearchedUser" in found) == ({"FaceId": a1}, False)
    assert _names(found) == ["ann"]
    found = client.call("SearchUsers", {**here, "UserId": "ann", "UserMatchThreshold": 0})
    assert (found["SearchedUser"], "SearchedFace" in found) == ({"UserId": "ann"}, False)
    assert _names(found) == ["bob"]
    assert found["UserMatches"][0]["User"]["UserStatus"] == "ACTIVE"
    refused(client, PARAMETER, "SearchUsers", here)
    refused(client, NOT_FOUND, "SearchUsers", {**here, "UserId": "nobody"})

    found = client.call("SearchUsersByImage", {**here, "Image": photos.inline("group")})
    assert _names(found) == ["ann"]
    assert found["SearchedFace"]["FaceDetail"]["BoundingBox"]["Width"] > 0
    others = [left["Reasons"] for left in found["UnsearchedFaces"]]
    assert others == [["FACE_NOT_LARGEST"]] * (GROUP_FACES - 1)
    found = client.call("SearchUsersByImage", {**here, "Image": photos.inline("nobody")})
    assert (_names(found), "SearchedFace" in found) == ([], False)


def _names(found: Output) -> list[str]:
    return [match["User"]["UserId"] for match in found["UserMatches"]]


def tags(client: Client, _photos: Photos) -> None:
    """Label collections."""
    tagged = {"CollectionId": "people", "Tags": {"team": "door", "stage": "test"}}
    arn = {"ResourceArn": client.call("CreateCollection", tagged)["CollectionArn"]}
    assert client.call("ListTagsForResource", arn) == {"Tags": tagged["Tags"]}
    assert client.call("TagResource", {**arn, "Tags": {"stage": "live", "cost": "7"}}) == {}
    assert client.call("UntagResource", {**arn, "TagKeys": ["team", "absent"]}) == {}
    assert client.call("ListTagsForResource", arn) == {"Tags": {"stage": "live", "cost": "7"}}
    reserved = {**arn, "Tags": {"aws:owner": "me"}}
    refused(client, "ValidationException", "TagResource", reserved)
    absent = {"ResourceArn": arn["ResourceArn"] + "-no-more"}
    refused(client, NOT_FOUND, "ListTagsForResource", absent)
    refused(client, NOT_FOUND, "UntagResource", {**absent, "TagKeys": ["team"]})


def celebrities(client: Client, photos: Photos) -> None:
    """Look for celebrities where the operator has brought none."""
    seen = client.call("RecognizeCelebrities", {"Image": photos.inline("group")})
    assert seen["CelebrityFaces"] == []
    assert len(seen["UnrecognizedFaces"]) == GROUP_FACES
    refused(client, NOT_FOUND, "GetCelebrityInfo", {"Id": "3Ir0du6"})
    nobody = client.call("RecognizeCelebrities", {"Image": photos.inline("nobody")})
    assert nobody == {"CelebrityFaces": [], "UnrecognizedFaces": []}
