"""When a request was signed, and whether that is now."""

import re
import time
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz

from lineament.errors import IncompleteSignatureException, InvalidSignatureException

_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_FORMAT = "%Y%m%dT%H%M%SZ"
_SKEW_MINUTES = 5
_SHOWN = 32
_FIRST_YEAR, _LAST_YEAR = 1970, 9999


@dataclass(frozen=True, slots=True)
class SigningTime:
    """When the client says that it signed."""

    stamp: str
    """As it is signed: 20261128T021500Z."""
    epoch: int
    """Seconds."""
    header: str
    """Which field tells it, in lower case."""


def signing_time(headers: Mapping[str, str]) -> SigningTime:
    """Read X-Amz-Date, or Date where that is missing.

    Args:
        headers: the request's; names in lower case, or a mapping that ignores case.

    Raises:
        IncompleteSignatureException: there is neither, or it is no date.

    Source: SPEC.md A.5.
    """
    given = headers.get("x-amz-date")
    if given is not None:
        stamp = given.strip()
        return SigningTime(stamp, _from_stamp(stamp), "x-amz-date")
    given = headers.get("date")
    if given is None:
        raise IncompleteSignatureException(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if _STAMP.fullmatch(given.strip()):
        return SigningTime(given.strip(), _from_stamp(given.strip()), "date")
    parsed = parsedate_tz(given)
    if parsed is None or not _FIRST_YEAR <= parsed[0] <= _LAST_YEAR:
        raise _unreadable(given)
    try:
        epoch = int(mktime_tz(parsed))
        return SigningTime(stamp_of(epoch), epoch, "date")
    except (ValueError, OverflowError) as error:
        raise _unreadable(given) from error


def require_now(signed: SigningTime, scope_date: str, now: float) -> None:
    """Refuse what was signed for another day than its scope's, or over 5 minutes from now.

    Raises:
        InvalidSignatureException: in AWS's words.

    Source: SPEC.md A.5.
    """
    day = signed.stamp[:8]
    if scope_date != day:
        raise InvalidSignatureException(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{scope_date}' != '{day}', from '{signed.stamp}'."
        )
    present = int(now)
    earliest, latest = present - _SKEW_MINUTES * 60, present + _SKEW_MINUTES * 60
    if signed.epoch < earliest:
        raise InvalidSignatureException(
            f"Signature expired: {signed.stamp} is now earlier than {stamp_of(earliest)} "
            f"({stamp_of(present)} - {_SKEW_MINUTES} min.)"
        )
    if signed.epoch > latest:
        raise InvalidSignatureException(
            f"Signature not yet current: {signed.stamp} is still later than {stamp_of(latest)} "
            f"({stamp_of(present)} + {_SKEW_MINUTES} min.)"
        )


def stamp_of(epoch: int) -> str:
    """Return a time in the form in which it is signed."""
    return time.strftime(_FORMAT, time.gmtime(epoch))


def _from_stamp(stamp: str) -> int:
    if not _STAMP.fullmatch(stamp):
        raise _unreadable(stamp)
    try:
        return timegm(time.strptime(stamp, _FORMAT))
    except (ValueError, OverflowError) as error:
        raise _unreadable(stamp) from error


def _unreadable(given: str) -> IncompleteSignatureException:
    return IncompleteSignatureException(
        f"Date must be in ISO-8601 'basic format'. Got '{given[:_SHOWN]}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )
