"""AU11: every operation, from another account and from another region. Issue 7, item 2."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from lineament.handlers.table import OPERATIONS
from tests.conformance.album import Album
from tests.conformance.conftest import Wire, random_account
from tests.conformance.enrolling import index

STATELESS = {"DetectFaces", "CompareFaces", "RecognizeCelebrities", "GetCelebrityInfo"}
"""Nothing of any account is in their answers; celebrities are the deployment's."""
NAME = "same"


@dataclass(frozen=True, slots=True)
class Household:
    """An account with a collection, faces, a user, tags and a page token of each listing."""

    c: Any
    arn: str
    faces: tuple[str, ...]
    tokens: Mapping[str, str]

    def calls(self, album: Album) -> dict[str, dict[str, Any]]:
        """Return parameters for each operation that name what is this account's."""
        on, image = {"CollectionId": NAME}, {"Image": {"Bytes": album.a1}}
        user = {**on, "UserId": "anna"}
        some = {"FaceIds": list(self.faces)}
        return {
            "CreateCollection": on,
            "DescribeCollection": on,
            "ListCollections": {"NextToken": self.tokens["ListCollections"]},
            "IndexFaces": {**on, **image, "ExternalImageId": "theirs"},
            "ListFaces": {**on, "NextToken": self.tokens["ListFaces"]},
            "DeleteFaces": {**on, **some},
            "SearchFaces": {**on, "FaceId": self.faces[0], "FaceMatchThreshold": 0},
            "SearchFacesByImage": {**on, **image, "FaceMatchThreshold": 0},
            "CreateUser": user,
            "ListUsers": {**on, "NextToken": self.tokens["ListUsers"]},
            "AssociateFaces": {**user, **some, "UserMatchThreshold": 0},
            "DisassociateFaces": {**user, **some},
            "SearchUsers": {**on, "UserId": "anna", "UserMatchThreshold": 0},
            "SearchUsersByImage": {**on, **image, "UserMatchThreshold": 0},
            "DeleteUser": user,
            "TagResource": {"ResourceArn": self.arn, "Tags": {"theirs": "1"}},
            "ListTagsForResource": {"ResourceArn": self.arn},
            "UntagResource": {"ResourceArn": self.arn, "TagKeys": ["ours"]},
            "DeleteCollection": on,
        }

    def state(self) -> str:
        """Return all that the account holds."""
        on = {"CollectionId": NAME}
        told = (
            self.c.list_collections()["CollectionIds"],
            self.c.list_faces(**on)["Faces"],
            self.c.list_faces(**on, UserId="anna")["Faces"],
            self.c.list_users(**on)["Users"],
            self.c.list_tags_for_resource(ResourceArn=self.arn)["Tags"],
        )
        return json.dumps(told, sort_keys=True, default=str)


def household(c: Any, album: Album) -> Household:
    """Fill an account."""
    for name in ("other", NAME):
        arn = c.create_collection(CollectionId=name, Tags={"ours": "1"})["CollectionArn"]
    faces = (*index(c, NAME, album.a2, "A"), *index(c, NAME, album.b1, "B"))
    for user in ("anna", "bea"):
        c.create_user(CollectionId=NAME, UserId=user)
    c.associate_faces(CollectionId=NAME, UserId="anna", FaceIds=[faces[0]])
    tokens = {
        "ListCollections": c.list_collections(MaxResults=1)["NextToken"],
        "ListFaces": c.list_faces(CollectionId=NAME, MaxResults=1)["NextToken"],
        "ListUsers": c.list_users(CollectionId=NAME, MaxResults=1)["NextToken"],
    }
    return Household(c, arn, faces, tokens)


@pytest.mark.parametrize("there", [True, False], ids=["a collection of that name", "none"])
@pytest.mark.parametrize("stranger", ["account", "region"])
def test_au11_no_operation_reaches_another_scope(
    wire: Wire, album: Album, stranger: str, there: bool
) -> None:
    """Lost: one customer's faces are told to, or deleted by, another who knows their ids."""
    account = random_account()
    ours = household(wire.client(account), album)
    other = wire.client(random_account()) if stranger == "account" else None
    theirs = other or wire.client(account, "eu-west-1")
    if there:
        theirs.create_collection(CollectionId=NAME)
    before, calls = ours.state(), ours.calls(album)
    assert set(calls) | STATELESS == set(OPERATIONS)
    for operation, params in calls.items():
        told = answered(theirs, operation, params)
        sent = json.dumps(params, default=str)
        for secret in (*ours.faces, "bea", "other"):
            assert secret in sent or secret not in told, operation
    assert ours.state() == before


def answered(c: Any, operation: str, params: Mapping[str, Any]) -> str:
    """Return all that a call is told, be it an error."""
    try:
        answer = getattr(c, xform_name(operation))(**params)
    except ClientError as refusal:
        answer = refusal.response
    status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
    told = json.dumps(answer, default=str)
    assert status in {200, 400}, told
    return told
