"""Who has consented that their face is indexed: the register that the rule `consent` asks.

A consent is kept under an ExternalImageId, which the operator gives to one person. It holds for
every collection of an account and region, or for those that it names. Source: SPEC.md D.3, L4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lineament.context import Scope
from lineament.domain.rules import CONSENT
from lineament.errors import AccessDeniedException


class NoConsent(AccessDeniedException):
    """A face may not be indexed, since nobody is known to have consented to it."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What is known of one ExternalImageId."""

    external_image_id: str
    given: float
    """Epoch seconds."""
    by: str
    """Who has written it down."""
    collections: tuple[str, ...] = ()
    """The ids of those it holds for; empty: all."""
    withdrawn: float = 0.0
    """Epoch seconds; 0: it stands."""

    def covers(self, collection_id: str) -> bool:
        """Tell whether a face may be indexed into a collection by it."""
        return not self.withdrawn and (not self.collections or collection_id in self.collections)


class Consents(Protocol):
    """The consent register, read as it is now."""

    def find(self, scope: Scope, external_image_id: str) -> Consent | None:
        """Return what is known of an ExternalImageId.

        Raises:
            WireError: it cannot be known.
        """
        ...


def require_consent(
    consents: Consents, scope: Scope, collection_id: str, params: Mapping[str, Any]
) -> None:
    """Refuse an IndexFaces without consent.

    Args:
        consents: the register.
        scope: of the collection.
        collection_id: whose rule asks for consent.
        params: of the call.

    Raises:
        NoConsent: nobody is named, or who is has not consented, or no longer does.
    """
    named = params.get("ExternalImageId")
    told = f"Collection {collection_id} takes faces by consent only ({CONSENT}): "
    if not named:
        raise NoConsent(f"{told}name who has given it by ExternalImageId")
    found = consents.find(scope, named)
    if found is None:
        raise NoConsent(f"{told}the register does not know the ExternalImageId {named}")
    if found.withdrawn:
        raise NoConsent(f"{told}that of the ExternalImageId {named} was withdrawn")
    if not found.covers(collection_id):
        raise NoConsent(f"{told}that of the ExternalImageId {named} is for other collections")
