"""Who says that they call, in which account and region: the Authorization header, read.

Nothing is verified here; `authenticator` does that. A server whose LINEAMENT_AUTH is off believes
what it reads: any access key counts, and any account. Such a server belongs on loopback.
"""

import re
from base64 import b32decode
from collections.abc import Mapping
from dataclasses import dataclass

from lineament.context import Principal, Scope
from lineament.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
)

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "rekognition"
TERMINATOR = "aws4_request"
_PARAMETERS = ("Credential", "Signature", "SignedHeaders")
_SCOPE_PARTS = 5

_ACCESS_KEY = re.compile(r"[A-Za-z0-9_.\-]{1,128}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_DATE = re.compile(r"[0-9]{8}")
_REGION = re.compile(r"(?=.*[a-z])[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?")
_KEY_WITH_ACCOUNT = re.compile(r"(?:AKIA|ASIA)[A-Z2-7]{16}")
_ACCOUNT_BITS = 0x7FFFFFFFFF80
_ACCOUNT_SHIFT = 7
_LARGEST_ACCOUNT = 999_999_999_999


@dataclass(frozen=True, slots=True)
class Authorization:
    """What an Authorization header says; nothing of it has been proved."""

    access_key_id: str
    date: str
    """The scope's day, yyyymmdd."""
    region: str
    service: str
    signed_headers: tuple[str, ...]
    """Names of fields, as the client wrote them."""
    signature: str

    @property
    def scope(self) -> str:
        """The credential scope, as it is signed."""
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def read_authorization(headers: Mapping[str, str], service: str = SERVICE) -> Authorization:
    """Read `Authorization: AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/...`.

    Args:
        headers: the request's; names in lower case, or a mapping that ignores case.
        service: the one that the scope has to name.

    Raises:
        MissingAuthenticationTokenException: there is no Authorization header.
        IncompleteSignatureException: the header cannot be read; the message names what lacks.
        InvalidSignatureException: the scope's date, region, service or terminator is wrong.

    Source: SPEC.md A.5.
    """
    header = headers.get("authorization")
    if header is None or not header.strip():
        raise MissingAuthenticationTokenException
    parameters = _parameters(header)
    credential = parameters["Credential"].split("/")
    if len(credential) != _SCOPE_PARTS:
        raise IncompleteSignatureException(
            f"Credential must have exactly {_SCOPE_PARTS} slash-delimited elements, "
            f"keyid/date/region/service/term, found {len(credential)}."
        )
    key, date, region, named, terminator = credential
    if not _ACCESS_KEY.fullmatch(key):
        raise IncompleteSignatureException(
            "The access key id must be 1 to 128 letters, digits, underscores, dots or hyphens."
        )
    _require_scope(date, region, (named, service), terminator)
    signed = tuple(parameters["SignedHeaders"].split(";"))
    return Authorization(key, date, region, named, signed, parameters["Signature"])


def caller(headers: Mapping[str, str], default_account: str) -> tuple[Principal, Scope]:
    """Believe the Authorization header, where LINEAMENT_AUTH is off.

    Args:
        headers: the request's; names in lower case, or a mapping that ignores case.
        default_account: 12 digits, for access keys that tell no account.

    Returns:
        The principal, and the account and region whose collections the call sees.

    Raises:
        FrameworkError: see `read_authorization`.

    Source: SPEC.md A.5, A.9.
    """
    said = read_authorization(headers)
    account = account_of(said.access_key_id, default_account)
    return Principal(said.access_key_id, account), Scope(account, said.region)


def account_of(access_key_id: str, default_account: str) -> str:
    """Return the 12-digit account of an access key.

    Twelve digits are the account itself, as in moto. A key of AWS's 20 characters holds it: the
    last 16 are base32, and bits 7 to 46 of their first 6 bytes are the account. Keys made by AWS
    before 2019 hold another number there; it is as stable, and nothing here looks it up.
    """
    if _ACCOUNT.fullmatch(access_key_id):
        return access_key_id
    if _KEY_WITH_ACCOUNT.fullmatch(access_key_id):
        head = int.from_bytes(b32decode(access_key_id[4:])[:6], "big")
        account = (head & _ACCOUNT_BITS) >> _ACCOUNT_SHIFT
        if account <= _LARGEST_ACCOUNT:
            return f"{account:012d}"
    return default_account


def _parameters(header: str) -> dict[str, str]:
    algorithm, _, rest = header.strip().partition(" ")
    if algorithm != ALGORITHM:
        raise IncompleteSignatureException(f"Authorization must begin with '{ALGORITHM}'.")
    found: dict[str, str] = {}
    for part in rest.split(","):
        name, _, value = part.strip().partition("=")
        if name in found:
            raise IncompleteSignatureException(f"Authorization header repeats '{name[:32]}'.")
        found[name] = value
    lacking = [name for name in _PARAMETERS if not found.get(name)]
    if lacking:
        raise IncompleteSignatureException(
            " ".join(f"Authorization header requires '{name}' parameter." for name in lacking)
        )
    return found


def _require_scope(date: str, region: str, service: tuple[str, str], terminator: str) -> None:
    """Refuse a scope that is not ours; `service` is the one named, and the one that is right."""
    named, right = service
    if not _DATE.fullmatch(date):
        raise InvalidSignatureException("Credential should be scoped with a date as yyyymmdd.")
    if not _REGION.fullmatch(region):
        raise InvalidSignatureException("Credential should be scoped to a valid region.")
    if named != right:
        raise InvalidSignatureException(
            f"Credential should be scoped to correct service: '{right}'."
        )
    if terminator != TERMINATOR:
        raise InvalidSignatureException(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}'."
        )
