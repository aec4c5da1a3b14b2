"""Who is calling, from the Authorization header."""

import pytest

from lineament.auth.scope import account_of, caller
from lineament.context import Scope
from lineament.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnknownOperationException,
    WireError,
)
from lineament.wire.faults import fault
from lineament.wire.http import Headers, HttpRequest, HttpResponse
from tests.wire.boto import ACCOUNT, REQUEST_ID, boto_client

DEFAULT = "000000000000"
GOOD = "test/20251009/us-east-1/rekognition/aws4_request"


SIGNED = ", SignedHeaders=host;x-amz-date, Signature=ab"


def header(credential: str = GOOD, rest: str = SIGNED) -> str:
    return f"AWS4-HMAC-SHA256 Credential={credential}{rest}"


def refused(value: str | None, error: type[WireError]) -> str:
    headers = Headers([("Authorization", value)] if value is not None else [])
    with pytest.raises(error) as caught:
        caller(headers, DEFAULT)
    return caught.value.message


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1", "local"])
def test_pr01_boto3_in_any_region(region: str) -> None:
    """A client in a region that we did not think of would be locked out."""
    seen = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(caller(request.headers, DEFAULT))
        return fault(UnknownOperationException("No."), REQUEST_ID, 0.0)

    with pytest.raises(Exception, match="UnknownOperationException"):
        boto_client(answer, region).list_collections()
    principal, scope = seen[0]
    assert (principal.access_key_id, principal.account) == (ACCOUNT, ACCOUNT)
    assert scope == Scope(ACCOUNT, region)


@pytest.mark.parametrize(
    ("key", "account"),
    [
        ("123456789012", "123456789012"),
        ("ASIAQNZGKIQY56JQ7WML", "029608264753"),
        ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
        ("AKIAIOSFODNN7EXAMPLE", "581039954779"),
        ("AKIA7777777777777777", DEFAULT),
        ("AKIAIOSFODNN7EXAMPL1", DEFAULT),
        ("AROAIOSFODNN7EXAMPLE", DEFAULT),
        ("12345678901", DEFAULT),
        ("1234567890123", DEFAULT),
        ("test", DEFAULT),
    ],
)
def test_au11_access_keys_tell_their_account(key: str, account: str) -> None:
    """Two accounts would share, or one account lose, its collections."""
    assert account_of(key, DEFAULT) == account
    headers = Headers([("authorization", header(GOOD.replace("test", key)))])
    principal, scope = caller(headers, DEFAULT)
    assert (principal.account, scope.account) == (account, account)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_au04_missing_header(value: str | None) -> None:
    """Unsigned calls would be told something else than to sign."""
    assert refused(value, MissingAuthenticationTokenException) == "Missing Authentication Token"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Basic dXNlcjpwYXNz", "must begin with 'AWS4-HMAC-SHA256'"),
        ("AWS4-HMAC-SHA256", "'Credential' parameter. Authorization header requires 'Signature'"),
        (header(rest=""), "requires 'Signature' parameter. Authorization header requires 'Sig"),
        (
            header(rest=", SignedHeaders=host"),
            "header requires 'Signature' parameter.",
        ),
        (header(rest=", Signature=ab"), "header requires 'SignedHeaders' parameter."),
        (header(rest=", Signature=, SignedHeaders=host"), "requires 'Signature'"),
        (f"{header()},{header()}", "Authorization header repeats 'SignedHeaders'."),
        (header("a/b/c"), "exactly 5 slash-delimited elements, keyid/date/region/service/term"),
        (header(f"a/{GOOD}"), "found 6"),
        (header(GOOD.replace("test", "")), "access key id must be 1 to 128"),
        (header(GOOD.replace("test", "k" * 129)), "access key id must be 1 to 128"),
        (header(GOOD.replace("test", "a b")), "access key id must be 1 to 128"),
        (header(GOOD.replace("test", "\u0661" * 12)), "access key id must be 1 to 128"),
    ],
)
def test_unreadable_header_names_what_lacks(value: str, text: str) -> None:
    """Somebody who signs by hand would search for the mistake in the dark."""
    message = refused(value, IncompleteSignatureException)
    assert text in message
    assert "Signature=ab" not in message


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("rekognition", "s3", "Credential should be scoped to correct service: 'rekognition'."),
        ("rekognition", "Rekognition", "scoped to correct service: 'rekognition'."),
        ("us-east-1", "", "Credential should be scoped to a valid region."),
        ("us-east-1", "-east", "Credential should be scoped to a valid region."),
        ("us-east-1", "us_east#1", "Credential should be scoped to a valid region."),
        ("us-east-1", "1234", "Credential should be scoped to a valid region."),
        ("us-east-1", "r" * 64, "Credential should be scoped to a valid region."),
        ("aws4_request", "aws4", "Credential should be scoped with a valid terminator"),
        ("20251009", "2025", "Credential should be scoped with a date as yyyymmdd."),
    ],
)
def test_wrong_scope(old: str, new: str, text: str) -> None:
    """A request signed for another service or nowhere would be served."""
    assert text in refused(header(GOOD.replace(old, new)), InvalidSignatureException)
