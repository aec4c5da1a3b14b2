"""What a collection's rules say of pictures that go into it beside the API."""

from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.consent import Consents, NoConsent, require_consent
from lineament.domain.house import House
from lineament.domain.ruling import obeying


class Gate:
    """The rules of IndexFaces, for an import. Safe to share between threads."""

    def __init__(self, house: House, consents: Consents) -> None:
        """Ask the deployment's own rules, and the consent register where a rule says so."""
        self._house = house
        self._consents = consents

    def tighten(
        self, collection: Collection | None, quality: str, max_faces: int
    ) -> tuple[str, int]:
        """Return the QualityFilter and MaxFaces that count.

        Args:
            collection: as it was last seen; None where it is not made yet.
            quality: the QualityFilter that the operator has asked for.
            max_faces: likewise.
        """
        rules = self._house.rules if collection is None else self._house.rules_of(collection)
        obeyed = obeying(rules, "IndexFaces", {"QualityFilter": quality, "MaxFaces": max_faces})
        return str(obeyed["QualityFilter"]), int(obeyed["MaxFaces"])

    def refusal(
        self, scope: Scope, collection: Collection | None, external_image_id: str | None
    ) -> str:
        """Return why a picture may not be indexed for want of consent; empty where it may.

        Raises:
            WireError: the register does not answer.
        """
        if collection is None or not self._house.rules_of(collection).consent:
            return ""
        named = {"ExternalImageId": external_image_id}
        try:
            require_consent(self._consents, scope, collection.collection_id, named)
        except NoConsent as error:
            return error.message
        return ""
