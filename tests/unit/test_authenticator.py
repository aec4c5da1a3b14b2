"""Who a request's caller is, and every way in which it is nobody."""

from dataclasses import replace
from hashlib import sha256

import pytest

from lineament.auth.authenticator import Authenticator
from lineament.auth.credentials import AccessKey, FirstThatKnows
from lineament.errors import (
    ExpiredTokenException,
    FrameworkError,
    InvalidSignatureException,
    ServiceUnavailable,
    UnrecognizedClientException,
)
from lineament.wire.http import HttpRequest, IamCaller
from tests.unit.signing import KEY, NOW, OneKey, boto_signed

TOKEN = "FwoGZXIvYXdzEXAMPLE//token=="
TEMPORARY = replace(KEY, token_digest=sha256(TOKEN.encode()).hexdigest(), expires=NOW + 3600)
UNRECOGNIZED = "The security token included in the request is invalid."


def refused(
    request: HttpRequest, key: AccessKey | None, error: type[FrameworkError], now: float = NOW
) -> str:
    with pytest.raises(FrameworkError) as caught:
        Authenticator(OneKey(key)).authenticate(request, now)
    assert type(caught.value) is error
    assert (caught.value.code, caught.value.status) == (error.__name__, 400)
    return caught.value.message


def test_wrong_secret() -> None:
    """Lost: whoever knows an access key's id, which is no secret, has the account (AU02)."""
    wrong = replace(KEY, secret="another" * 5)
    refused(boto_signed(b"{}", key=wrong), KEY, InvalidSignatureException)


def test_unknown_key() -> None:
    """Lost: an id that was never given out is let in, or told as a wrong secret (AU03)."""
    assert refused(boto_signed(b"{}"), None, UnrecognizedClientException) == UNRECOGNIZED


def test_a_revoked_key_is_an_unknown_one() -> None:
    """Lost: a stolen key works on after its revocation, or its thief learns why it does not."""
    revoked = replace(KEY, disabled=True)
    assert refused(boto_signed(b"{}"), revoked, UnrecognizedClientException) == UNRECOGNIZED


@pytest.mark.parametrize(
    ("key", "token"),
    [(KEY, "bogus"), (TEMPORARY, None), (TEMPORARY, "bogus"), (TEMPORARY, TOKEN[:-1])],
)
def test_bogus_tokens(key: AccessKey, token: str | None) -> None:
    """Lost: a temporary key works without its token, or any token is as good (AU08)."""
    assert refused(boto_signed(b"{}", token=token), key, UnrecognizedClientException)


def test_the_token_of_a_temporary_key() -> None:
    """Lost: temporary keys do not work, or are taken for another user."""
    request = boto_signed(b"{}", token=TOKEN)
    principal, _, key = Authenticator(OneKey(TEMPORARY)).authenticate(request, NOW)
    assert (key, principal.arn) == (TEMPORARY, KEY.arn("aws"))


@pytest.mark.parametrize("late", [0, 1, 100])
def test_an_expired_key(late: int) -> None:
    """Lost: a key that was given for an hour works for ever."""
    now = NOW + 3600 + late
    request = boto_signed(b"{}", token=TOKEN, now=now)
    told = refused(request, TEMPORARY, ExpiredTokenException, now)
    assert told == "The security token included in the request is expired"


def test_nobody_learns_that_a_key_has_expired_without_its_secret() -> None:
    """Lost: strangers learn about keys that they do not have."""
    now = NOW + 9999
    request = boto_signed(b"{}", token=TOKEN, now=now, key=replace(KEY, secret="x" * 40))
    refused(request, TEMPORARY, InvalidSignatureException, now)


def test_no_key_is_looked_up_for_what_cannot_be_right() -> None:
    """Lost: nonsense from strangers costs a read of the table each."""
    good = boto_signed(b"{}")
    keys = OneKey(KEY)
    for bad in (
        HttpRequest("POST", "/"),
        replace(good, headers={**good.headers, "authorization": "AWS4-HMAC-SHA256 x"}),
        replace(good, headers={**good.headers, "x-amz-date": "20200101T000000Z"}),
        replace(good, headers={"authorization": good.headers["authorization"]}),
    ):
        with pytest.raises(FrameworkError):
            Authenticator(keys).authenticate(bad, NOW)
    assert keys.asked == []


def test_the_account_is_the_records_and_not_the_ids() -> None:
    """Lost: who makes up an id makes up an account."""
    other = replace(KEY, account="111122223333")
    _, scope, _ = Authenticator(OneKey(other)).authenticate(boto_signed(b"{}"), NOW)
    assert scope.account == "111122223333"


def test_whom_iam_has_let_in() -> None:
    """Lost: behind a Function URL with AWS_IAM nobody is known, or everybody is."""
    arn = "arn:aws:sts::029608264753:assumed-role/door/session"
    found = IamCaller("029608264753", "eu-west-1", "ASIAQNZGKIQY56JQ7WML", arn)
    request = HttpRequest("POST", "/", {"authorization": "of-iam"}, b"{}", iam=found)
    keys = OneKey(None)
    principal, scope, key = Authenticator(keys, iam_policies=("Some",)).authenticate(request, NOW)
    assert (principal.arn, principal.name) == (arn, "session")
    assert (scope.account, scope.region) == ("029608264753", "eu-west-1")
    assert (key.policies, keys.asked) == (("Some",), [])
    assert Authenticator(keys).authenticate(request, NOW).key.policies == ()


def test_a_header_that_looks_like_iams_word_is_nobodys() -> None:
    """Lost: a stranger writes the header that our own adapter writes, and is let in."""
    header = (
        "AWS4-HMAC-SHA256 Credential=029608264753/19700101/us-east-1/rekognition/aws4_request, "
        "SignedHeaders=host, Signature=of-iam"
    )
    request = HttpRequest("POST", "/", {"authorization": header, "host": "h"}, b"{}")
    with pytest.raises(FrameworkError):
        Authenticator(OneKey(KEY)).authenticate(request, NOW)


def test_the_first_source_that_knows_a_key_decides() -> None:
    """Lost: a key that the file revokes lives on in the table."""
    revoked = OneKey(replace(KEY, disabled=True))
    nobody, live = OneKey(None), OneKey(KEY)
    found = FirstThatKnows([nobody, revoked, live]).find("k")
    assert found is not None
    assert found.disabled
    assert (nobody.asked, live.asked) == (["k"], [])
    assert FirstThatKnows([nobody]).find("k") is None


def test_a_source_that_does_not_answer_is_not_passed_over() -> None:
    """Lost: while the table is away, keys that it has are refused as unknown."""

    class Away:
        def find(self, access_key_id: str) -> AccessKey | None:
            raise ServiceUnavailable(access_key_id)

    with pytest.raises(ServiceUnavailable):
        FirstThatKnows([OneKey(None), Away(), OneKey(KEY)]).find("k")


def test_secrets_stay_out_of_what_is_printed() -> None:
    """Lost: a log line or a traceback holds a secret."""
    assert KEY.secret not in repr(TEMPORARY)
    assert str(TEMPORARY.token_digest) not in repr(TEMPORARY)
