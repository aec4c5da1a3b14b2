"""AWS's Signature Version 4: what a request's signature has to be, and whether it is.

Pure: no clock, no storage. The body's hash is always computed here and never taken from a header.
Source: SPEC.md A.5, and AWS's "Create a signed AWS API request".
"""

import hmac
import posixpath
from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote

from lineament.auth.dates import SigningTime
from lineament.auth.scope import ALGORITHM, TERMINATOR, Authorization
from lineament.errors import InvalidSignatureException

_TOKEN = "x-amz-security-token"  # noqa: S105 - the name of a field
_BODY_HASH = "x-amz-content-sha256"
_TO_BE_SIGNED = ("x-amz-target", _TOKEN)
"""Where they are sent: the one tells the operation, the other who calls."""
_SHOWN = 1000
"""Characters of a canonical text that an error repeats."""
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)


class Signed(Protocol):
    """The parts of a request that a signature covers; `wire.http.HttpRequest` has them."""

    @property
    def method(self) -> str:
        """In capitals."""

    @property
    def path(self) -> str:
        """Without the query string."""

    @property
    def sent_path(self) -> str:
        """As the client sent it, where that is not `path`."""

    @property
    def query(self) -> str:
        """As the client sent it, without the question mark."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By name in lower case, or whatever its case; fields sent twice joined with a comma."""

    @property
    def body(self) -> bytes:
        """Whole and raw."""


def require_signed_fields(request: Signed, said: Authorization, signed: SigningTime) -> None:
    """Refuse a signature that leaves out what it has to cover, or names what is not there.

    Raises:
        InvalidSignatureException: the message names the field.
    """
    names = {name.lower() for name in said.signed_headers}
    if "host" not in names:
        raise InvalidSignatureException("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    needed = (signed.header, *(name for name in _TO_BE_SIGNED if name in request.headers))
    lacking = [name for name in needed if name not in names]
    if lacking:
        raise InvalidSignatureException(
            f"There were headers present in the request which were not signed: {', '.join(lacking)}"
        )
    absent = [name for name in names if name not in request.headers]
    if absent:
        raise InvalidSignatureException(
            f"The SignedHeaders name what the request does not have: {min(absent)[:64]}"
        )


def canonical_request(request: Signed, signed_headers: tuple[str, ...], body_hash: str) -> str:
    """Return the text that is hashed into the string to sign.

    Args:
        request: has every one of `signed_headers`.
        signed_headers: names, in any case and order.
        body_hash: SHA-256 of the body, in hexadecimal.
    """
    names = sorted({name.lower() for name in signed_headers})
    lines = [f"{name}:{_collapse(request.headers[name])}" for name in names]
    path = _canonical_path(request.sent_path or request.path)
    query = "&".join(sorted(_pairs(request.query)))
    head = [request.method.upper(), path, query]
    return "\n".join([*head, *lines, "", ";".join(names), body_hash])


def string_to_sign(canonical: str, stamp: str, scope: str) -> str:
    """Return what is signed for a canonical request.

    Args:
        canonical: as `canonical_request` returns it.
        stamp: the time of signing, 20261128T021500Z.
        scope: <date>/<region>/<service>/aws4_request.
    """
    return "\n".join([ALGORITHM, stamp, scope, sha256(_to_bytes(canonical)).hexdigest()])


def sign(secret: str, said: Authorization, text: str) -> str:
    """Return the signature of `text`, in hexadecimal, under the scope that `said` names."""
    key = f"AWS4{secret}".encode()
    for part in (said.date, said.region, said.service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def mismatch(
    request: Signed, said: Authorization, signed: SigningTime, secret: str
) -> InvalidSignatureException | None:
    """Return None where the request bears the signature of `secret`, or the error to raise.

    The error comes back in place of being raised, so that a caller does all of this work before it
    tells anything, whether or not the access key exists. The comparison takes constant time.

    Args:
        request: which passed `require_signed_fields`.
        said: its Authorization header.
        signed: its time.
        secret: the secret access key.
    """
    body_hash = sha256(request.body).hexdigest()
    claimed = request.headers.get(_BODY_HASH)
    if claimed is not None and claimed.strip() != body_hash:
        return InvalidSignatureException(
            f"The value of {_BODY_HASH} is not the SHA-256 of the request's body."
        )
    canonical = canonical_request(request, said.signed_headers, body_hash)
    text = string_to_sign(canonical, signed.stamp, said.scope)
    right = sign(secret, said, text)
    if hmac.compare_digest(right.encode(), said.signature.encode("utf-8", "replace")):
        return None
    token = request.headers.get(_TOKEN)
    shown = canonical if not token else canonical.replace(_collapse(token), "...")
    return InvalidSignatureException(
        f"{_MISMATCH}\n\nThe Canonical String for this request should have been\n"
        f"'{shown[:_SHOWN]}'\n\nThe String-to-Sign should have been\n'{text}'\n"
    )


def _canonical_path(path: str) -> str:
    """Return the path without dots and doubled slashes, encoded once more, as all but S3 do."""
    normal = posixpath.normpath(f"/{path.lstrip('/')}")
    return quote(normal if normal == "/" or not path.endswith("/") else f"{normal}/", safe="/~")


def _pairs(query: str) -> list[str]:
    """Return `name=value` of each parameter, encoded as it was sent."""
    found = (pair.partition("=") for pair in query.split("&") if pair)
    return [f"{name}={value}" for name, _, value in found]


def _collapse(value: str) -> str:
    return " ".join(value.split())


def _to_bytes(text: str) -> bytes:
    """Return the bytes that the client sent: servers read fields as Latin-1, Lambda as UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
