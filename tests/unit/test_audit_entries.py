"""What an audit entry tells of a call, and what can never be in it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineament.context import CallContext, Principal, Scope
from lineament.domain import ids
from lineament.domain.audit import KEPT, Entry, canonical
from lineament.domain.audit_chain import BLOCK_BYTES, write
from lineament.domain.ruling import COMPARING
from lineament.errors import AccessDeniedException
from lineament.governance.audit_describing import act, describe
from lineament.governance.audit_uses import USES
from lineament.handlers.table import OPERATIONS

KEY = "AKIAIOSFODNN7EXAMPLE"
PICTURE = bytes(range(256)) * 8


def call(operation: str) -> CallContext:
    scope = Scope("123456789012", "us-east-1")
    return CallContext(scope, Principal(KEY, scope.account), operation, "req-1", 1_700_000_000.5)


def entry(operation: str, params: dict[str, Any], answer: Any, **more: Any) -> Entry:
    made = describe(call(operation), params, more.pop("applied", params), answer, **more)
    assert made is not None
    assert Entry.from_json(json.loads(write(made))) == made
    return made


def match(place: int) -> dict[str, Any]:
    return {"Similarity": 99.123456 - place, "Face": {"FaceId": f"f{place}", "UserId": None}}


def test_a_search_tells_what_was_asked_and_what_counted() -> None:
    """Lost: who searched below 99, although a rule raised it, is told as if they had not tried."""
    asked = {"CollectionId": "people", "Image": {"Bytes": PICTURE}, "FaceMatchThreshold": 80.0}
    made = entry(
        "SearchFacesByImage",
        asked,
        {"FaceMatches": [match(0), match(1)], "SearchedFaceConfidence": 99.0},
        applied={**asked, "FaceMatchThreshold": 99.0, "MaxFaces": 5},
        user="ann",
        source_ip="203.0.113.9",
        rule="law-enforcement",
        purpose="find the missing",
    )
    assert made.to_json() == {
        "time": 1_700_000_000.5,
        "request_id": "req-1",
        "account": "123456789012",
        "region": "us-east-1",
        "access_key_id": KEY,
        "user": "ann",
        "source_ip": "203.0.113.9",
        "operation": "SearchFacesByImage",
        "outcome": "ok",
        "collection": "people",
        "threshold_asked": 80.0,
        "threshold_applied": 99.0,
        "limit_applied": 5,
        "images": [ids.image_id(PICTURE)],
        "results": [["f0", 99.1235], ["f1", 98.1235]],
        "result_count": 2,
        "rule": "law-enforcement",
        "purpose": "find the missing",
    }


def test_what_is_not_given_is_told_as_the_default_that_counts() -> None:
    """Lost: a search at the service's default of 80 looks like one at no threshold."""
    made = entry("SearchFaces", {"CollectionId": "c", "FaceId": "f"}, {"FaceMatches": []})
    assert (made.threshold_asked, made.threshold_applied) == (None, 80.0)
    assert (made.limit_asked, made.limit_applied) == (None, 4096)
    assert (made.subjects, made.subject_count) == (("f",), 1)


@pytest.mark.parametrize(("wished", "counted"), [(4096, 100), (100, 100), (3, 3)])
def test_no_more_faces_of_a_picture_count_than_are_indexed(wished: int, counted: int) -> None:
    """Lost: the trail says that thousands of faces were allowed where a hundred are the most."""
    made = entry("IndexFaces", {"CollectionId": "people", "MaxFaces": wished}, {"FaceRecords": []})
    assert (made.limit_asked, made.limit_applied) == (wished, counted)


def test_a_refusal_is_told_with_its_code_and_without_its_message() -> None:
    """Lost: that somebody tried and was refused; or a message's content gets into the trail."""
    made = entry("DeleteFaces", {"CollectionId": "c", "FaceIds": ["a"]}, AccessDeniedException("x"))
    assert (made.outcome, made.results, made.rule) == ("AccessDeniedException", (), "")
    unforeseen = entry("ListFaces", {"CollectionId": "c"}, KeyError("secret"))
    assert unforeseen.outcome == "InternalServerError"
    assert "secret" not in write(unforeseen)


def test_long_lists_are_cut_and_counted() -> None:
    """Lost: one search of thousands of results is too long for DynamoDB, or its size is untold."""
    found = entry(
        "SearchFaces",
        {"CollectionId": "c", "FaceId": "f"},
        {"FaceMatches": [match(place) for place in range(4096)]},
    )
    assert (len(found.results), found.result_count) == (KEPT, 4096)
    gone = [f"f{number}" for number in range(4096)]
    deleted = entry("DeleteFaces", {"CollectionId": "c", "FaceIds": gone}, {"DeletedFaces": gone})
    assert (len(deleted.subjects), deleted.subject_count, deleted.result_count) == (
        KEPT,
        4096,
        4096,
    )


def test_pictures_in_s3_tags_and_arns_are_named() -> None:
    """Lost: which picture was compared, or who changed a collection's rules to what."""
    where = {"S3Object": {"Bucket": "b", "Name": "a/b.jpg", "Version": "7"}}
    made = entry("CompareFaces", {"SourceImage": where, "TargetImage": {"Bytes": PICTURE}}, {})
    assert made.images == ("s3://b/a/b.jpg?versionId=7", ids.image_id(PICTURE))
    arn = "arn:aws:rekognition:us-east-1:123456789012:collection/people"
    tagged = entry("TagResource", {"ResourceArn": arn, "Tags": {"lineament:purpose": "x"}}, {})
    assert (tagged.collection, tagged.tags) == ("people", (("lineament:purpose", "x"),))
    untagged = entry("UntagResource", {"ResourceArn": arn, "TagKeys": ["lineament:purpose"]}, {})
    assert untagged.tags == (("lineament:purpose", ""),)


def test_every_operation_is_decided_on() -> None:
    """Lost: an operation that is added later uses faces and nobody hears of it."""
    without = {"DescribeCollection", "GetCelebrityInfo", "ListCollections", "ListTagsForResource"}
    assert set(OPERATIONS) - without == set(USES)
    assert set(USES) >= COMPARING
    assert describe(call("ListCollections"), {}, {}, {}) is None


def test_the_longest_entry_fits_into_a_block() -> None:
    """Lost: a call whose entry is too long can never be recorded, and a strict one never made."""
    wide = "\U0001f600"
    made = entry(
        "CreateCollection",
        {
            "CollectionId": "c" * 255,
            "Tags": {f"{n:02}{wide * 126}": wide * 256 for n in range(200)},
        },
        {},
        user=wide * 64,
    )
    longest = replace(
        made,
        images=("x" * 12_288,) * 2,
        subjects=("u" * 128,) * KEPT,
        results=(("u" * 128, 99.1234),) * KEPT,
        purpose=wide * 256,
        rule=wide * 1024,
    )
    assert len(write(made)) <= BLOCK_BYTES
    assert len(write(longest)) < 390_000


def test_what_is_no_call_has_entries_too() -> None:
    """Lost: who cut an account off, or erased somebody, and why."""
    made = act("Suspend", 1.0, "123456789012", by="ann", subjects=["KEY#x"], rule="court order")
    assert (made.operation, made.user, made.subject_count) == ("lineament:Suspend", "ann", 1)
    assert Entry.from_json(json.loads(write(made))) == made


_LEAVES = st.one_of(
    st.binary(min_size=8, max_size=40),
    st.lists(st.floats(-1, 1, width=32), min_size=8, max_size=16),
    st.text(max_size=5),
    st.floats(0, 100),
    st.none(),
)
_ANSWERS = st.recursive(
    _LEAVES, lambda inner: st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=8
)


@settings(max_examples=150, deadline=None)
@given(
    operation=st.sampled_from(sorted(USES)),
    picture=st.binary(min_size=16, max_size=64),
    vector=st.lists(st.floats(-1, 1, width=32), min_size=16, max_size=16),
    extra=_ANSWERS,
)
def test_no_picture_and_no_vector_gets_in(
    operation: str, picture: bytes, vector: list[float], extra: Any
) -> None:
    """Lost: the trail, which nothing is ever erased from, holds biometrics."""
    params = {
        **{name: {"Bytes": picture} for name in ("Image", "SourceImage", "TargetImage")},
        "CollectionId": "c",
        "Vector": vector,
        "Extra": extra,
    }
    element = {"Embedding": vector, "Bytes": picture, "Similarity": 1.0, "MatchConfidence": 1.0}
    element |= {"Face": {"FaceId": "f", "Vector": vector}, "Extra": extra}
    use = USES[operation].results
    member = "Whatever" if use is None else use.member
    listed: list[Any] = ["f"] if operation == "DeleteFaces" else [element]
    text = write(entry(operation, params, {member: listed, "Vector": vector, "Extra": extra}))
    members = json.loads(text)
    assert set(members) <= set(Entry.__dataclass_fields__)
    assert len(text) < 1000
    assert picture.hex() not in text
    assert canonical(vector) not in text
    numbers = {members.pop("time"), *_numbers(members)}
    assert numbers <= {1_700_000_000.5, 1.0, 80.0, 75.0, 100, 500, 1000, 4096}


def _numbers(value: Any) -> set[float]:
    if isinstance(value, dict):
        return set().union(*map(_numbers, value.values()))
    if isinstance(value, list):
        return set().union(*map(_numbers, value))
    return {value} if isinstance(value, float | int) else set()


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_an_entry_has_one_text(wrong: float) -> None:
    """Lost: two readers of a block disagree on its hash."""
    with pytest.raises(ValueError, match="JSON"):
        canonical(wrong)
    assert canonical({"b": 1, "a": "\u00e9"}) == '{"a":"\\u00e9","b":1}'
