"""One request's caller, proved: signature, time, access key and session token."""

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple, Protocol

from lineament.auth.credentials import AccessKey, Credentials
from lineament.auth.dates import require_now, signing_time
from lineament.auth.scope import SERVICE, read_authorization
from lineament.auth.signature import Signed, mismatch, require_signed_fields
from lineament.context import Principal, Scope
from lineament.errors import (
    ExpiredTokenException,
    InvalidSignatureException,
    UnrecognizedClientException,
)

_TOKEN = "x-amz-security-token"  # noqa: S105 - the name of a field
_NOBODYS = secrets.token_urlsafe(30)
"""With which an unknown key's signature is computed: as much work, and none is right."""


class FoundByIam(Protocol):
    """Whom IAM has found in front of a function; `wire.http.IamCaller` is one."""

    @property
    def account(self) -> str:
        """12 digits."""

    @property
    def region(self) -> str:
        """Of the function."""

    @property
    def access_key_id(self) -> str:
        """AWS's."""

    @property
    def arn(self) -> str:
        """Of the IAM user or role session; empty where the event tells none."""


class Request(Signed, Protocol):
    """What is authenticated; `wire.http.HttpRequest` is one."""

    @property
    def iam(self) -> FoundByIam | None:
        """Set by the adapter of a front end that has checked the signature itself."""


class Caller(NamedTuple):
    """Who calls, where, and by which key."""

    principal: Principal
    scope: Scope
    key: AccessKey


class Authenticator:
    """Verifies requests against access keys. Safe to share between threads."""

    def __init__(
        self,
        credentials: Credentials,
        service: str = SERVICE,
        iam_policies: tuple[str, ...] = (),
        regions: frozenset[str] | None = None,
    ) -> None:
        """Take where access keys are found.

        Args:
            credentials: asked for each request whose header and time are in order.
            service: what the scope has to name.
            iam_policies: of those whom IAM has let in before us; with none they may do nothing.
            regions: that are served; any where it is None, and then callers make up what they
                like, with quotas of their own.
                In another, statements about `arn:aws:...` would mean nothing.
        """
        self._credentials = credentials
        self._service = service
        self._iam_policies = iam_policies
        self._regions = regions

    def authenticate(self, request: Request, now: float) -> Caller:
        """Return who calls.

        What a request lacks by itself is told before any key is looked up. After that all is
        computed before anything is told: a key that is not there takes the time of a wrong secret.

        Args:
            request: whole; its body is hashed.
            now: epoch seconds.

        Raises:
            MissingAuthenticationTokenException: there is no Authorization header.
            IncompleteSignatureException: it, or the date, cannot be read.
            InvalidSignatureException: scope, date, signed headers or signature are wrong.
            UnrecognizedClientException: the key is unknown or revoked, or the session token is not
                the key's.
            ExpiredTokenException: all is right, and the temporary key's time is over.
            ServiceUnavailable: the key cannot be looked up now.

        Source: SPEC.md A.4, A.5.
        """
        if request.iam is not None:
            return self._by_iam(request.iam)
        said = read_authorization(request.headers, self._service)
        if self._regions is not None and said.region not in self._regions:
            raise InvalidSignatureException("Credential should be scoped to a valid region.")
        signed = signing_time(request.headers)
        require_now(signed, said.date, now)
        require_signed_fields(request, said, signed)
        key = self._credentials.find(said.access_key_id)
        wrong = mismatch(request, said, signed, _NOBODYS if key is None else key.secret)
        if key is None or key.disabled or not _bears_its_token(key, request.headers):
            raise UnrecognizedClientException
        if wrong is not None:
            raise wrong
        if key.expires is not None and now >= key.expires:
            raise ExpiredTokenException
        scope = Scope(key.account, said.region)
        arn = key.arn(scope.partition)
        principal = Principal(key.access_key_id, key.account, key.user, arn)
        return Caller(principal, scope, key)

    def _by_iam(self, found: FoundByIam) -> Caller:
        scope = Scope(found.account, found.region)
        arn = found.arn or f"arn:{scope.partition}:iam::{found.account}:root"
        user = arn.rpartition("/")[2] if "/" in arn else "root"
        key = AccessKey(
            found.access_key_id, found.account, user, "", self._iam_policies, created=0.0
        )
        return Caller(Principal(key.access_key_id, key.account, user, arn), scope, key)


def _bears_its_token(key: AccessKey, headers: Mapping[str, str]) -> bool:
    """Tell whether a temporary key came with its token, and any other with none."""
    given = headers.get(_TOKEN, "").strip()
    digest = sha256(given.encode("utf-8", "replace")).hexdigest()
    if key.token_digest is None:
        return not given
    return hmac.compare_digest(digest.encode(), key.token_digest.encode())
