"""Signatures: what botocore and AWS's published vectors sign is accepted, and nothing else."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from lineament.auth.authenticator import Authenticator, Caller
from lineament.auth.credentials import AccessKey
from lineament.auth.dates import SigningTime, require_now, signing_time
from lineament.auth.scope import read_authorization
from lineament.auth.signature import mismatch, require_signed_fields
from lineament.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    WireError,
)
from lineament.wire.http import Headers, HttpRequest
from tests.unit.signing import KEY, NOW, OneKey, boto_signed, flip

SUITE_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SUITE = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
PLAIN = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)
HOSTS = st.from_regex(r"[a-z][a-z0-9\-]{0,20}(\.[a-z]{2,6}){0,2}(:[1-9][0-9]{3})?", fullmatch=True)
VALUES = st.lists(PLAIN, min_size=1, max_size=4).map("  ".join)
FIELDS = st.dictionaries(
    st.from_regex(r"[A-Z][a-z]{2,8}-[A-Za-z]{3,8}", fullmatch=True).filter(
        lambda name: name.lower() not in {"content-length", "user-agent"}
    ),
    VALUES,
    max_size=4,
)


def authenticate(request: HttpRequest, now: float = NOW, key: AccessKey = KEY) -> Caller:
    return Authenticator(OneKey(key)).authenticate(request, now)


def refusal(request: HttpRequest, now: float = NOW, key: AccessKey = KEY) -> WireError:
    with pytest.raises(WireError) as caught:
        authenticate(request, now, key)
    return caught.value


@settings(max_examples=150, deadline=None)
@given(
    body=st.binary(max_size=400),
    host=HOSTS,
    fields=FIELDS,
    region=st.sampled_from(["us-east-1", "eu-west-2", "cn-north-1", "local"]),
    path=st.sampled_from(["/", "/ListFaces", "/prod/", "/a%20b/x~y", ""]),
    query=st.sampled_from(["", "b=2&a=1", "a=%20&a", "x=1&x=0"]),
)
def test_what_botocore_signs_is_accepted(  # noqa: PLR0913, PLR0917 - what a signature covers
    body: bytes, host: str, fields: dict[str, str], region: str, path: str, query: str
) -> None:
    """Lost: an unmodified client behind some host, port or header is locked out (AU01)."""
    request = boto_signed(body, host=host, fields=fields, region=region, path=path, query=query)
    principal, scope, key = Authenticator(OneKey(KEY)).authenticate(request, NOW)
    assert (scope.account, scope.region) == (KEY.account, region)
    assert principal.arn == f"arn:{scope.partition}:iam::{KEY.account}:user/{KEY.user}"
    assert (principal.access_key_id, principal.name, key) == (KEY.access_key_id, KEY.user, KEY)


@settings(max_examples=150, deadline=None)
@given(body=st.binary(min_size=1, max_size=200), seed=st.integers(0, 2**32))
def test_any_flipped_byte_is_refused(body: bytes, seed: int) -> None:
    """Lost: somebody between client and server changes a request, and it still counts (AU05)."""
    chance = random.Random(seed)  # noqa: S311
    good = boto_signed(body)
    authenticate(good)
    with pytest.raises(InvalidSignatureException):
        authenticate(replace(good, body=flip(body, chance)))
    for name in ("x-amz-target", "content-type", "host"):
        headers = {**good.headers, name: flip(good.headers[name].encode(), chance).decode()}
        with pytest.raises(InvalidSignatureException):
            authenticate(replace(good, headers=headers))
    secret = flip(KEY.secret.encode(), chance).decode()
    with pytest.raises(InvalidSignatureException):
        authenticate(good, key=replace(KEY, secret=secret))
    changes: list[dict[str, Any]] = [{"method": "PUT"}, {"sent_path": "/x"}, {"query": "a=1"}]
    for more in changes:
        with pytest.raises(InvalidSignatureException):
            authenticate(replace(good, **more))


@pytest.mark.parametrize("changed", ["us-east-2", "20261127", "Signature=0", "signature"])
def test_another_scope_is_refused(changed: str) -> None:
    """Lost: a signature for one region opens the collections of another (AU11)."""
    good = boto_signed(b"{}")
    header = good.headers["authorization"]
    edits: dict[str, Callable[[str], str]] = {
        "us-east-2": lambda text: text.replace("us-east-1", "us-east-2"),
        "20261127": lambda text: text.replace("20261128", "20261127"),
        "Signature=0": lambda text: text.rpartition("=")[0] + "=0",
        "signature": lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
    }
    altered = replace(good, headers={**good.headers, "authorization": edits[changed](header)})
    assert isinstance(refusal(altered), InvalidSignatureException)


@pytest.mark.parametrize(
    ("request_", "signed", "signature"),
    [
        (
            HttpRequest("GET", "/"),
            "host;x-amz-date",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            HttpRequest("POST", "/"),
            "host;x-amz-date",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        (
            HttpRequest("GET", "/", query="Param2=value2&Param1=value1"),
            "host;x-amz-date",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            HttpRequest("GET", "/", query="Param1=value2&Param1=Value1"),
            "host;x-amz-date",
            "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
        ),
        (
            HttpRequest("POST", "/", Headers([FORM]), b"Param1=value1"),
            "content-type;host;x-amz-date",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
        (
            HttpRequest("POST", "/", Headers([("My-Header1", "value1")])),
            "host;my-header1;x-amz-date",
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        ),
        (
            HttpRequest(
                "GET",
                "/",
                Headers(("My-Header1", each) for each in ("value2", "value2", "value1")),
            ),
            "host;my-header1;x-amz-date",
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        ),
    ],
)
def test_aws_published_vectors(request_: HttpRequest, signed: str, signature: str) -> None:
    """Lost: what AWS itself documents as a right signature is none here.

    Source: AWS's Signature Version 4 test suite (get-vanilla and others), which signs for the
    service `service` with one documented example key.
    """
    pairs = [
        *request_.headers.items(),
        ("Host", "example.amazonaws.com"),
        ("X-Amz-Date", "20150830T123600Z"),
        ("Authorization", f"{SUITE}, SignedHeaders={signed}, Signature={signature}"),
    ]
    full = replace(request_, headers=Headers(pairs))
    said = read_authorization(full.headers, "service")
    time = signing_time(full.headers)
    require_signed_fields(full, said, time)
    assert mismatch(full, said, time, SUITE_SECRET) is None
    assert mismatch(full, said, time, SUITE_SECRET[:-1]) is not None


def test_a_date_header_in_place_of_amazons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a client that signs Date, as SigV4 allows, is locked out."""
    moment = datetime.fromtimestamp(NOW, UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    request = AWSRequest("POST", "http://h/", {"Date": "x", "X-Amz-Target": "a.b"}, b"{}")
    credentials = BotoCredentials(KEY.access_key_id, KEY.secret)
    SigV4Auth(credentials, "rekognition", "us-east-1").add_auth(request)
    assert "X-Amz-Date" not in request.headers
    headers = {"Host": "h", **dict(request.headers.items())}
    authenticate(HttpRequest("POST", "/", headers, b"{}"))


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        (301, "Signature expired: 20261128T021500Z is now earlier than 20261128T021501Z (20261128T022001Z - 5 min.)"),  # noqa: E501
        (-301, "Signature not yet current: 20261128T021500Z is still later than 20261128T021459Z (20261128T020959Z + 5 min.)"),  # noqa: E501
        (300, None),
        (-300, None),
    ],
)  # fmt: skip
def test_five_minutes_either_way(offset: int, told: str | None) -> None:
    """Lost: a request that was recorded can be played again later, or a slow clock is not told."""
    request = boto_signed(b"{}")
    if told is None:
        authenticate(request, NOW + offset)
    else:
        assert refusal(request, NOW + offset).message == told


def test_the_scopes_day_is_the_signatures_day() -> None:
    """Lost: a signing key of another day, which may have leaked, still signs today's requests."""
    signed = SigningTime("20261128T000100Z", 1_795_824_060, "x-amz-date")
    require_now(signed, "20261128", signed.epoch)
    with pytest.raises(InvalidSignatureException, match="'20261127' != '20261128'"):
        require_now(signed, "20261127", signed.epoch)


@pytest.mark.parametrize("gone", ["host", "x-amz-date", "x-amz-target"])
def test_what_has_to_be_signed(gone: str) -> None:
    """Lost: a recorded signature can be sent to another operation, host or time."""
    good = boto_signed(b"{}")
    header = good.headers["authorization"].replace(f"{gone};", "").replace(f";{gone}", "")
    assert header != good.headers["authorization"]
    told = refusal(replace(good, headers={**good.headers, "authorization": header}))
    assert isinstance(told, InvalidSignatureException)
    assert gone in told.message.lower()


def test_a_token_that_is_not_signed_is_refused() -> None:
    """Lost: somebody's session token can be put on a request of another key."""
    good = boto_signed(b"{}")
    told = refusal(replace(good, headers={**good.headers, "X-Amz-Security-Token": "t"}))
    assert "x-amz-security-token" in told.message


def test_signed_headers_that_are_not_there() -> None:
    """Lost: a header that a proxy has taken off ends in an error of the server."""
    good = boto_signed(b"{}", fields={"My-Field": "x"})
    headers = {name: value for name, value in good.headers.items() if name != "my-field"}
    told = refusal(replace(good, headers=headers))
    assert isinstance(told, InvalidSignatureException)
    assert "my-field" in told.message


@pytest.mark.parametrize("claimed", ["UNSIGNED-PAYLOAD", "0" * 64, ""])
def test_the_body_hash_is_never_taken_from_a_header(claimed: str) -> None:
    """Lost: a body that nobody signed is accepted because a header says that it was."""
    request = boto_signed(b"{}", fields={"X-Amz-Content-SHA256": claimed})
    assert "SHA-256" in refusal(request).message


def test_the_right_body_hash_may_be_sent() -> None:
    """Lost: a client that sends the hash, as some SDKs do, is locked out."""
    right = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    authenticate(boto_signed(b"{}", fields={"X-Amz-Content-SHA256": right}))


@pytest.mark.parametrize(
    ("date", "error"),
    [
        (None, "existence of either a 'X-Amz-Date' or a 'Date'"),
        ("2026-11-28T02:15:00Z", "ISO-8601 'basic format'"),
        ("20261332T256199Z", "ISO-8601 'basic format'"),
        ("", "ISO-8601 'basic format'"),
    ],
)
def test_dates_that_cannot_be_read(date: str | None, error: str) -> None:
    """Lost: who signs by hand cannot tell what is wrong with the date."""
    good = boto_signed(b"{}")
    headers = {name: value for name, value in good.headers.items() if name != "x-amz-date"}
    if date is not None:
        headers["x-amz-date"] = date
    told = refusal(replace(good, headers=headers))
    assert isinstance(told, IncompleteSignatureException)
    assert error in told.message


@pytest.mark.parametrize("date", ["Sat, 99 Nov 2026", "0", "Mon, 01 Jan 0000 00:00:00 GMT", "\0"])
def test_old_dates_that_cannot_be_read(date: str) -> None:
    """Lost: a Date header that is no date ends in an error of the server."""
    good = boto_signed(b"{}")
    headers = {name: value for name, value in good.headers.items() if name != "x-amz-date"}
    told = refusal(replace(good, headers={**headers, "Date": date}))
    assert isinstance(told, (IncompleteSignatureException, InvalidSignatureException))


def test_two_authorizations() -> None:
    """Lost: of two headers one is believed and the other, which a proxy looked at, is not."""
    good = boto_signed(b"{}")
    twice = Headers([*good.headers.items(), ("Authorization", good.headers["authorization"])])
    assert isinstance(refusal(replace(good, headers=twice)), IncompleteSignatureException)


def test_no_authorization() -> None:
    """Lost: an anonymous client is let in (AU04)."""
    assert isinstance(refusal(HttpRequest("POST", "/")), MissingAuthenticationTokenException)


def test_the_mismatch_shows_what_should_have_been_signed_and_no_token() -> None:
    """Lost: who writes a signer gropes in the dark, or an error repeats a session token."""
    token = "T0KEN" * 10
    good = boto_signed(b"{}", token=token)
    key = replace(KEY, token_digest=sha256(token.encode()).hexdigest())
    told = refusal(replace(good, body=b"[]"), key=key).message
    first, *rest = told.split("\n")
    assert first.startswith("The request signature we calculated does not match the signature you")
    assert "'POST" in rest[2]
    assert "host:faces.example:8443" in told
    assert token not in told
    assert KEY.secret not in told
    assert len(told) < 2000


@pytest.mark.parametrize("value", ["caf\u00e9", "\ud800", "\u1234", "\x00"])
def test_strange_characters_are_refused_and_no_error_of_the_server(value: str) -> None:
    """Lost: a header that is no ASCII ends in InternalServerError."""
    good = boto_signed(b"{}")
    assert isinstance(
        refusal(replace(good, headers={**good.headers, "content-type": value})),
        InvalidSignatureException,
    )
    header = good.headers["authorization"] + value
    assert refusal(replace(good, headers={**good.headers, "authorization": header})).status == 400
