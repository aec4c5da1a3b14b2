"""What an operator grants an account: S3 buckets that it may name, and how often it may call."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from lineament.errors import InvalidS3ObjectException

Rates = tuple[tuple[str, float | None], ...]
"""(pattern of operations, calls a second); None for no limit. The first that matches counts."""

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]")
_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_ALIASES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--xa-s3", "--table-s3")
"""How names end that lead to a bucket of another name, or to no bucket of objects at all."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one account may do. An account without a record has this one: nothing."""

    buckets: tuple[str, ...] = ()
    """Names, or patterns as `fnmatch` has them; case counts."""
    rates: Rates = ()
    """Before the deployment's own."""


class Grants(Protocol):
    """Who knows them."""

    def of(self, account: str) -> Grant:
        """Return an account's, as it was at most 2 s ago.

        Raises:
            ServiceUnavailable: nobody answers who knows.
        """
        ...


def require_bucket(grant: Grant | None, bucket: str, own_buckets: frozenset[str]) -> None:
    """Let a caller read from a bucket, or refuse.

    Refusals are alike, so that nobody learns which buckets there are.

    Args:
        grant: the account's; None where callers are not told apart, and any bucket may be read.
        bucket: as the caller names it.
        own_buckets: the deployment's, which no pattern opens.

    Raises:
        InvalidS3ObjectException: it is not the account's, is ours, or is no plain name.
    """
    if not is_plain_bucket(bucket) or bucket in own_buckets:
        raise InvalidS3ObjectException
    if grant is not None and not any(fnmatchcase(bucket, each) for each in grant.buckets):
        raise InvalidS3ObjectException


def is_plain_bucket(name: str) -> bool:
    """Tell whether S3 takes a name for that of one bucket, and for nothing else.

    ARNs, and the aliases of access points, lead to buckets of other names. Names that look like
    an address or like a step in a path are taken otherwise by some servers.
    """
    return (
        _NAME.fullmatch(name) is not None
        and ".." not in name
        and _ADDRESS.fullmatch(name) is None
        and not name.lower().endswith(_ALIASES)
    )


def is_plain_key(key: str) -> bool:
    """Tell whether no part of a key is a step in a path.

    S3 takes `../` by the letter; a proxy before a server of one's own may walk into another bucket.
    """
    return not {".", ".."} & set(key.split("/"))
