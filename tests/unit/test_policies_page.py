"""docs/policies.md: its examples do what it says of them."""

import re
from pathlib import Path
from typing import Any

import pytest

from lineament.auth.actions import OFFERED
from lineament.auth.policies import Policy, decide
from lineament.auth.policy_calls import Circumstances, requests_of
from lineament.auth.policy_conditions import OPERATORS
from lineament.auth.policy_keys import KEYS
from lineament.auth.policy_managed import MANAGED
from lineament.context import Scope

PAGE = (Path(__file__).parents[2] / "docs/policies.md").read_text()
EXAMPLES = [Policy.parse(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
ANALYST, UPLOADER, AUDITOR, TEAM = range(4)


def may(example: int, operation: str, params: dict[str, Any], **call: Any) -> bool:
    caller = Circumstances("123456789012", "ana", "AKIDEXAMPLE", now=1.8e9, **call)
    tags = {"red-1": {"team": "red"}, "blue-1": {"team": "blue"}}
    scope = Scope("123456789012", "eu-west-1")
    return all(
        decide([EXAMPLES[example]], request).allowed
        for request in requests_of(operation, params, scope, caller, tags.get)
    )


def picture(key: str) -> dict[str, Any]:
    return {"S3Object": {"Bucket": "intake", "Name": key}}


@pytest.mark.parametrize(
    ("threshold", "address", "collection", "expected"),
    [
        (95.0, "198.51.100.7", "missing-persons", True),
        (94.9, "198.51.100.7", "missing-persons", False),
        (None, "198.51.100.7", "missing-persons", False),
        (95.0, "203.0.113.7", "missing-persons", False),
        (95.0, "198.51.100.7", "staff", False),
    ],
)
def test_the_analyst(
    threshold: float | None, address: str, collection: str, expected: bool
) -> None:
    """Lost: the example that operators copy gives more, or less, than its text says."""
    params = {"CollectionId": collection, "Image": {"Bytes": b"x"}}
    asked = params if threshold is None else {**params, "FaceMatchThreshold": threshold}
    assert may(ANALYST, "SearchFacesByImage", asked, source_ip=address) is expected
    assert not may(ANALYST, "ListFaces", params, source_ip=address)
    described = may(ANALYST, "DescribeCollection", params, source_ip=address)
    assert described is (collection == "missing-persons" and address.startswith("198.51.100."))


def test_the_uploader() -> None:
    """Lost: an uploader reads another's pictures or searches the collection."""
    own = {"CollectionId": "staff-1", "Image": picture("ana/1.jpg")}
    assert may(UPLOADER, "IndexFaces", own)
    assert not may(UPLOADER, "IndexFaces", {**own, "Image": picture("bob/1.jpg")})
    assert not may(UPLOADER, "IndexFaces", {**own, "CollectionId": "guests"})
    assert not may(UPLOADER, "SearchFacesByImage", own)


@pytest.mark.parametrize("operation", sorted(OFFERED))
def test_the_auditor(operation: str) -> None:
    """Lost: an auditor who can change or search what they audit."""
    params = {
        "CollectionId": "red-1",
        "ResourceArn": "arn:aws:rekognition:eu-west-1:123456789012:collection/red-1",
    }
    assert may(AUDITOR, operation, params) is operation.startswith(("List", "Describe"))


def test_the_team() -> None:
    """Lost: a team that takes another's collection by its tag."""
    assert may(TEAM, "DeleteFaces", {"CollectionId": "red-1"})
    assert not may(TEAM, "DeleteFaces", {"CollectionId": "blue-1"})
    assert not may(TEAM, "DeleteFaces", {"CollectionId": "untagged"})
    arn = "arn:aws:rekognition:eu-west-1:123456789012:collection/red-1"
    assert may(TEAM, "TagResource", {"ResourceArn": arn, "Tags": {"place": "x"}})
    assert not may(TEAM, "TagResource", {"ResourceArn": arn, "Tags": {"Team": "blue"}})
    assert not may(TEAM, "UntagResource", {"ResourceArn": arn, "TagKeys": ["team"]})


def test_the_page_names_all_there_is() -> None:
    """Lost: a key, an operator or a named policy that nobody can find out about."""
    assert list(MANAGED) == re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.M)
    assert {key.spelt for key in KEYS.values()} <= set(re.findall(r"`([a-z]+:\w+)", PAGE))
    stems = {re.sub(r"(Not)?(Equals|Like|LessThan|GreaterThan).*", "", name) for name in OPERATORS}
    assert all(re.search(rf"`{stem}", PAGE) for stem in stems)
