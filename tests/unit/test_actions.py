"""What each operation must be allowed."""

from typing import Any

import pytest

from lineament.auth.actions import OFFERED, OPERATIONS, asked_of, needs_of
from lineament.auth.policies import Policy, decide
from lineament.auth.policy_calls import Circumstances, requests_of
from lineament.context import Scope
from lineament.domain.arns import COLLECTION, read_arn
from lineament.domain.limits import DEFAULT_MATCHES, DEFAULT_THRESHOLD, DEFAULT_USERS
from lineament.handlers import table
from lineament.wire import model

SCOPE = Scope("123456789012", "eu-west-1")
STAFF = SCOPE.collection_arn("staff")
POINTER = {"S3Object": {"Bucket": "photos", "Name": "a/b*.jpg"}}
CALLER = Circumstances("123456789012", "ana", "AKIDEXAMPLE", now=1.8e9)


def members(operation: str) -> set[str]:
    return set(model.operation(operation).input.members)


def params(operation: str) -> dict[str, Any]:
    """Return parameters that name a collection, an ARN and pictures wherever there is a member."""
    given = {
        "CollectionId": "staff",
        "ResourceArn": STAFF,
        **dict.fromkeys(("Image", "SourceImage", "TargetImage"), POINTER),
    }
    return {name: given[name] for name in members(operation) & set(given)}


def test_every_operation_that_is_built_has_an_action_and_a_resource() -> None:
    """Lost: an operation that no policy can allow, or none can forbid."""
    assert set(table.OPERATIONS) == OFFERED
    assert set(model.operation_names()) | {"StartFaceLivenessSession"} == OPERATIONS


@pytest.mark.parametrize("operation", sorted(table.OPERATIONS))
def test_the_resource_is_the_collection_wherever_there_is_one(operation: str) -> None:
    """Lost: AU10; a key that is kept to one collection reaches another."""
    action, *pictures = needs_of(operation, params(operation), SCOPE)
    assert action.action == f"rekognition:{operation}"
    names_one = members(operation) & {"CollectionId", "ResourceArn"}
    assert action.resource == (STAFF if names_one else "*")
    holders = {name for name in members(operation) if name.endswith("Image")}
    assert [(need.action, need.resource) for need in pictures] == [
        ("s3:GetObject", "arn:aws:s3:::photos/a/b*.jpg") for _ in holders
    ]


@pytest.mark.parametrize("operation", sorted(table.OPERATIONS))
def test_no_s3_object_of_a_request_goes_unasked(operation: str) -> None:
    """Lost: a member that points to S3 where nobody asks whether the caller may read it."""

    def holders(shape: model.Shape, path: tuple[str, ...]) -> set[tuple[str, ...]]:
        if shape.name == "S3Object":
            return {path}
        inner = [(name, member) for name, member in shape.members.items()]
        if shape.element is not None:
            inner.append(("[]", shape.element))
        return {found for name, member in inner for found in holders(member, (*path, name))}

    found = holders(model.operation(operation).input, ())
    asked = needs_of(operation, params(operation), SCOPE)[1:]
    assert len(found) == len(asked)
    assert all(
        len(path) == 2 and path[0] in {"Image", "SourceImage", "TargetImage"} for path in found
    )


def test_a_version_needs_the_right_to_versions() -> None:
    """Lost: a caller reads an older, since replaced picture with the right to the newest only."""
    pointer = {"S3Object": {**POINTER["S3Object"], "Version": "v1"}}
    needs = needs_of("DetectFaces", {"Image": pointer}, Scope("123456789012", "cn-north-1"))
    assert needs[1].action == "s3:GetObjectVersion"
    assert needs[1].resource == "arn:aws-cn:s3:::photos/a/b*.jpg"


def test_a_picture_that_cannot_be_read_needs_no_right() -> None:
    """Lost: an S3Object without its name is told as forbidden instead of as incomplete."""
    for image in ({}, {"Bytes": b"x"}, {"S3Object": {}}, {"S3Object": {"Bucket": "photos"}}):
        assert len(needs_of("DetectFaces", {"Image": image}, SCOPE)) == 1


def test_tags_at_creation_need_the_right_to_tag() -> None:
    """Lost: who may create but not tag gives a collection the tags that policies go by."""
    plain = needs_of("CreateCollection", {"CollectionId": "staff", "Tags": {}}, SCOPE)
    tagged = needs_of("CreateCollection", {"CollectionId": "staff", "Tags": {"a": "b"}}, SCOPE)
    assert [need.action for need in plain] == ["rekognition:CreateCollection"]
    assert {need.collection_id for need in (*plain, *tagged)} == {None}  # It has no tags yet.
    assert [(need.action, need.resource) for need in tagged] == [
        ("rekognition:CreateCollection", STAFF),
        ("rekognition:TagResource", STAFF),
    ]


@pytest.mark.parametrize(
    "arn",
    [
        STAFF,
        STAFF.removeprefix("arn:"),
        f"arn:{STAFF}",
        STAFF.replace("eu-west-1", "us-east-1"),
        STAFF.replace("123456789012", "210987654321"),
        f"{STAFF}/more",
        f"{STAFF}\n",
        STAFF.replace("collection", "streamprocessor"),
        "rekognition:",
    ],
)
def test_policies_and_handlers_read_the_same_arn(arn: str) -> None:
    """Lost: an ARN that policies take for one collection and the handler for another."""
    (need,) = needs_of("TagResource", {"ResourceArn": arn, "Tags": {}}, SCOPE)
    try:
        resource = read_arn(arn, SCOPE)
    except Exception:  # noqa: BLE001 - whatever it is, the handler refuses the call
        assert need.collection_id is None
        return
    if resource.kind == COLLECTION:
        assert need.resource == SCOPE.collection_arn(resource.name)
        assert need.collection_id == resource.name
    else:
        assert need.collection_id is None


def test_an_operation_that_nobody_classified_fails() -> None:
    """Lost: a new operation that anybody may call."""
    with pytest.raises(KeyError):
        needs_of("DetectLabels", {}, SCOPE)


@pytest.mark.parametrize(
    ("operation", "threshold", "limit", "most"),
    [
        ("SearchFaces", "FaceMatchThreshold", "MaxFaces", DEFAULT_MATCHES),
        ("SearchFacesByImage", "FaceMatchThreshold", "MaxFaces", DEFAULT_MATCHES),
        ("SearchUsers", "UserMatchThreshold", "MaxUsers", DEFAULT_USERS),
        ("SearchUsersByImage", "UserMatchThreshold", "MaxUsers", DEFAULT_USERS),
        ("CompareFaces", "SimilarityThreshold", None, None),
    ],
)
def test_policies_see_what_a_search_asks_or_gets_by_default(
    operation: str, threshold: str, limit: str | None, most: int | None
) -> None:
    """Lost: a floor on the threshold that leaving the threshold out goes around."""
    assert {threshold} | ({limit} if limit else set()) <= members(operation)
    by_default = asked_of(operation, {})
    assert by_default["lineament:FaceMatchThreshold"] == DEFAULT_THRESHOLD
    assert by_default.get("lineament:MaxFaces") == most
    asked = asked_of(operation, {threshold: 12.5, "MaxFaces": 3, "MaxUsers": 3})
    assert asked["lineament:FaceMatchThreshold"] == 12.5
    assert asked.get("lineament:MaxFaces") == (3 if limit else None)


def test_tags_of_a_request_are_told() -> None:
    """Lost: rules about which tags may be set or taken off."""
    tagged = asked_of("TagResource", {"ResourceArn": STAFF, "Tags": {"team": "red"}})
    assert tagged == {"aws:RequestTag": {"team": "red"}, "aws:TagKeys": ["team"]}
    gone = asked_of("UntagResource", {"ResourceArn": STAFF, "TagKeys": ["team"]})
    assert gone == {"aws:TagKeys": ["team"]}


def test_a_call_becomes_requests_with_their_circumstances() -> None:
    """Lost: a policy's variables and tags, as they reach the dispatcher."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "rekognition:SearchFacesByImage",
                "Resource": "arn:aws:rekognition:${aws:RequestedRegion}:*:collection/*",
                "Condition": {
                    "StringEquals": {
                        "aws:ResourceTag/owner": "${aws:username}",
                        "aws:PrincipalAccount": "123456789012",
                    },
                    "ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/ana"},
                    "NumericGreaterThanEquals": {"lineament:FaceMatchThreshold": 80},
                },
            },
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::photos/*",
                "Condition": {"Null": {"aws:ResourceTag/owner": "true"}},
            },
        ],
    }
    read: list[str] = []

    def tags(collection_id: str) -> dict[str, str]:
        read.append(collection_id)
        return {"owner": "ana"}

    asked = {"CollectionId": "staff", "Image": POINTER}
    requests = requests_of("SearchFacesByImage", asked, SCOPE, CALLER, tags)
    policy = Policy.parse(document)
    assert [decide([policy], request).allowed for request in requests] == [True, True]
    assert read == ["staff"]


def test_a_key_without_a_user_is_the_root_of_its_account() -> None:
    """Lost: refusals that name a user `None`."""
    nobody = Circumstances("123456789012", None, "AKIDEXAMPLE", now=1.8e9)
    (request,) = requests_of("ListCollections", {}, SCOPE, nobody, lambda _: None)
    assert request.principal == "arn:aws:iam::123456789012:root"
    assert request.resource == "*"
