"""Anything at all as a request: headers, bodies, names, pointers, tokens, signatures.

Every answer is an answer: no 5xx, JSON, one of AWS's error codes, nothing of the inside
(tests/judging.py judges what names an operation; here the rest).
"""

from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.api import make_handler
from tests.fuzz.anything import (
    ANY,
    AUTHORIZATIONS,
    BODIES,
    DATES,
    EVENTS,
    FIELD_NAMES,
    LATIN,
    MEMBERS,
    NAMES,
    PATHS,
    POINTERS,
    TAGS,
    TEXTS,
    TOKENS,
    VALUES,
    dumped,
)
from tests.fuzz.stock import COLLECTION, Stock, encoded
from tests.security.world import HOST, World, sign

LIST = {"X-Amz-Target": "RekognitionService.ListCollections"}
_NONE = "AWS4-HMAC-SHA256 Credential=a/20261128/us-east-1/rekognition/aws4_request, Signature="


def holds(answer: Any) -> None:
    """Assert that an answer is one: JSON of ours, and no fault."""
    assert answer.status_code < 500, answer.data
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    told = orjson.loads(answer.data)
    if answer.status_code != 200:
        assert told["__type"] == answer.headers["x-amzn-ErrorType"]
        assert told.get("message") or told.get("Message")
    assert b"Traceback" not in answer.data
    assert b"site-packages" not in answer.data


@ANY
@given(operation=NAMES, members=st.dictionaries(MEMBERS, VALUES, max_size=5))
@example("SearchFaces", {"CollectionId": COLLECTION, "FaceId": "\ud800"})
@example("ListFaces", {"CollectionId": COLLECTION, "MaxResults": 10**400})
def test_any_members(world: World, stock: Stock, operation: str, members: dict[str, Any]) -> None:
    """Lost: a value of a wrong kind, or a strange one, makes a 500."""
    assert stock
    holds(world.call(operation, dumped(members)))
    holds(world.call(operation, dumped({"CollectionId": COLLECTION, **members})))


@ANY
@given(operation=NAMES, body=BODIES)
def test_any_body(world: World, operation: str, body: bytes) -> None:
    """Lost: nesting, a long number, a repeated key or half a character takes the process down."""
    holds(world.call(operation, body))


@ANY
@given(
    headers=st.dictionaries(FIELD_NAMES, LATIN, max_size=6),
    target=st.one_of(st.none(), LATIN, NAMES.map("RekognitionService.{}".format)),
    path=PATHS,
    signed=st.booleans(),
)
def test_any_headers(
    world: World, headers: dict[str, str], target: str | None, path: str, signed: bool
) -> None:
    """Lost: a header that nobody expects makes a 500."""
    named = {} if target is None else {"X-Amz-Target": target}
    sent = sign(b"{}", named) if signed else named
    holds(world.send({**sent, **headers, "Host": HOST}, b"{}", path))


@ANY
@given(authorization=AUTHORIZATIONS, date=DATES, old=DATES, token=LATIN, body_hash=LATIN)
@example(f"{_NONE}{'é' * 64}, SignedHeaders=host", "20261128T021500Z", "", "", "")
def test_any_authorization(  # noqa: PLR0913, PLR0917 - the fields of a signature
    world: World, authorization: str, date: str, old: str, token: str, body_hash: str
) -> None:
    """Lost: a stranger's header stops a thread, or is let in."""
    headers = {
        "Authorization": authorization,
        "X-Amz-Date": date,
        "Date": old,
        "X-Amz-Security-Token": token,
        "X-Amz-Content-Sha256": body_hash,
        **LIST,
    }
    for left_out in (None, "X-Amz-Date", "X-Amz-Security-Token"):
        answer = world.send({k: v for k, v in headers.items() if k != left_out}, b"{}")
        holds(answer)
        assert not world.root_key or answer.status_code == 400


@ANY
@given(
    at=st.integers(0, 400),
    put=LATIN.filter(bool),
    name=st.sampled_from(["Authorization", "X-Amz-Date"]),
)
def test_no_change_to_a_signature_is_let_in(world: World, at: int, put: str, name: str) -> None:
    """Lost: something that is almost a signature is one."""
    if not world.root_key:
        return
    signed = sign(b"{}", LIST)
    assert world.send(signed, b"{}").status_code == 200
    value = signed[name]
    at %= len(value)
    changed = value[:at] + put + value[at + len(put) :]
    answer = world.send({**signed, name: changed}, b"{}")
    holds(answer)
    # White space around the parts of the header means nothing.
    same = "".join(changed.split()).strip(",") == "".join(value.split())
    assert answer.status_code == 400 or same, changed


@ANY
@given(pointer=POINTERS, bucket=st.sampled_from(["none", "a..b", "../x", "127.0.0.1:80", "x" * 63]))
def test_any_pointer_into_s3(world: World, pointer: dict[str, Any], bucket: str) -> None:
    """Lost: a bucket's or object's name leads to a 500, or to something that is no object."""
    for named in (pointer, {"Name": "a", **pointer, "Bucket": bucket}):
        answer = world.call("DetectFaces", dumped({"Image": {"S3Object": named}}))
        holds(answer)
        assert answer.status_code == 400


@ANY
@given(
    token=TOKENS,
    change=st.none() | st.tuples(st.integers(0, 200), st.characters(min_codepoint=33)),
    operation=st.sampled_from(["ListFaces", "ListUsers", "ListCollections"]),
)
def test_any_page_token(
    world: World, pages: str, token: str, change: tuple[int, str] | None, operation: str
) -> None:
    """Lost: a token that was made up or changed leads into another's pages, or to a 500."""
    asked: dict[str, Any] = {"MaxResults": 1}
    if operation != "ListCollections":
        asked["CollectionId"] = pages
    if change is not None:
        genuine = orjson.loads(world.call(operation, asked).data)["NextToken"]
        at, character = change[0] % len(genuine), change[1]
        token = genuine[:at] + character + genuine[at + 1 :]
        if token == genuine:
            return
    answer = world.call(operation, dumped({**asked, "NextToken": token}))
    holds(answer)
    assert answer.status_code == 400 or not token  # None asks for the first page.


@ANY
@given(tags=TAGS, keys=st.lists(TEXTS, max_size=4))
def test_any_tags(world: World, stock: Stock, tags: dict[str, str], keys: list[str]) -> None:
    """Lost: a tag that is almost a rule makes every call on its collection a 500."""
    arn = {"ResourceArn": stock.arn}
    image = {"Image": {"Bytes": encoded(stock.picture)}}
    holds(world.call("TagResource", dumped({**arn, "Tags": tags})))
    holds(world.call("ListTagsForResource", arn))
    holds(world.call("SearchFacesByImage", {"CollectionId": COLLECTION, **image}))
    holds(world.call("UntagResource", dumped({**arn, "TagKeys": keys})))
    holds(world.call("UntagResource", dumped({**arn, "TagKeys": [*tags]})))


@ANY
@given(event=EVENTS)
def test_any_event_of_lambda(world: World, event: Any) -> None:
    """Lost: an event that is no request ends a function with a trace."""
    answer = make_handler(world.application)(event, None)
    assert 400 <= answer["statusCode"] < 500
    assert orjson.loads(answer["body"])["__type"]
