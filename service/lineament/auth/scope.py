"""Who is calling, in which account and region, as the Authorization header says.

The signature itself is NOT verified here, nor are the date and the session token: whoever reaches
the port may claim any access key and so any account. Verification is a later issue; until then the
service belongs on loopback or behind something that authenticates.
"""

import re
from base64 import b32decode
from collections.abc import Mapping

from lineament.context import Principal, Scope
from lineament.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
)

_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "rekognition"
_TERMINATOR = "aws4_request"
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


def caller(headers: Mapping[str, str], default_account: str) -> tuple[Principal, Scope]:
    """Read the caller from `Authorization: AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/...`.

    Args:
        headers: the request's; names in lower case, or a mapping that ignores case.
        default_account: 12 digits, for access keys that tell no account.

    Returns:
        The principal, and the account and region whose collections the call sees.

    Raises:
        MissingAuthenticationTokenException: there is no Authorization header.
        IncompleteSignatureException: the header cannot be read; the message names what lacks.
        InvalidSignatureException: the scope's date, region, service or terminator is wrong.

    Source: SPEC.md A.5, A.9.
    """
    header = headers.get("authorization")
    if header is None or not header.strip():
        raise MissingAuthenticationTokenException
    credential = _parameters(header)["Credential"].split("/")
    if len(credential) != _SCOPE_PARTS:
        raise IncompleteSignatureException(
            f"Credential must have exactly {_SCOPE_PARTS} slash-delimited elements, "
            f"keyid/date/region/service/term, found {len(credential)}."
        )
    key, date, region, service, terminator = credential
    if not _ACCESS_KEY.fullmatch(key):
        raise IncompleteSignatureException(
            "The access key id must be 1 to 128 letters, digits, underscores, dots or hyphens."
        )
    _require_scope(date, region, service, terminator)
    account = account_of(key, default_account)
    return Principal(key, account), Scope(account, region)


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
    if algorithm != _ALGORITHM:
        raise IncompleteSignatureException(f"Authorization must begin with '{_ALGORITHM}'.")
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


def _require_scope(date: str, region: str, service: str, terminator: str) -> None:
    if not _DATE.fullmatch(date):
        raise InvalidSignatureException("Credential should be scoped with a date as yyyymmdd.")
    if not _REGION.fullmatch(region):
        raise InvalidSignatureException("Credential should be scoped to a valid region.")
    if service != _SERVICE:
        raise InvalidSignatureException(
            f"Credential should be scoped to correct service: '{_SERVICE}'."
        )
    if terminator != _TERMINATOR:
        raise InvalidSignatureException(
            f"Credential should be scoped with a valid terminator: '{_TERMINATOR}'."
        )
