"""Who is cut off: an account, an access key or a collection, with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from lineament.context import Scope
from lineament.errors import AccessDeniedException

ACCOUNT = "ACCOUNT"


@dataclass(frozen=True, slots=True)
class Suspension:
    """One thing of an account that may not be used."""

    reason: str
    """What its callers read; 1 to 512 characters."""
    by: str
    """Who has suspended it."""
    since: float
    """Epoch seconds."""


class Suspensions(Protocol):
    """What is suspended, as every process knows it within seconds."""

    def of(self, account: str) -> Mapping[str, Suspension]:
        """Return what of an account is suspended, by name.

        Raises:
            ServiceUnavailable: it cannot be known, and nobody may be let in by that.
        """
        ...


def key_name(access_key_id: str) -> str:
    """Return the name of an access key among what is suspended."""
    return f"KEY#{access_key_id}"


def collection_name(region: str, collection_id: str) -> str:
    """Return the name of a collection among what is suspended."""
    return f"COL#{region}#{collection_id}"


def require_active(
    suspended: Mapping[str, Suspension],
    scope: Scope,
    access_key_id: str,
    collection_id: str | None,
) -> None:
    """Refuse a call by, or on, what is suspended.

    Args:
        suspended: of the scope's account.
        scope: the call's.
        access_key_id: the caller's.
        collection_id: what the call is on; None where it is on no collection.

    Raises:
        AccessDeniedException: it is suspended; the message says what, since when and why.
    """
    if not suspended:
        return
    names = {ACCOUNT: f"Account {scope.account}", key_name(access_key_id): "The access key"}
    if collection_id is not None:
        names[collection_name(scope.region, collection_id)] = f"Collection {collection_id}"
    for name, told in names.items():
        if name in suspended:
            found = suspended[name]
            since = datetime.fromtimestamp(found.since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            raise AccessDeniedException(f"{told} is suspended since {since}: {found.reason}")
