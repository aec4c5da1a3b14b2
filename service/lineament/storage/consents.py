"""The consent register, in DynamoDB: one item an ExternalImageId."""

import re
from collections.abc import Iterator
from dataclasses import replace

from lineament.context import Scope
from lineament.domain.consent import Consent
from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item

_ALLOWED = re.compile(r"[a-zA-Z0-9_.\-:]{1,255}")


def is_external_image_id(text: str) -> bool:
    """Tell whether IndexFaces would take a text as ExternalImageId. Source: AWS's service model."""
    return _ALLOWED.fullmatch(text) is not None


class DynamoConsents:
    """The Consents port, and the operator's way to change the register. Safe to share."""

    def __init__(self, tables: Tables) -> None:
        """Keep it in `tables.trust`; makes no call."""
        self._trust = tables.trust

    def find(self, scope: Scope, external_image_id: str) -> Consent | None:
        """Return what is known of an ExternalImageId, as it is now.

        Raises:
            WireError: DynamoDB does not answer.
        """
        item = self._trust.get(keys.consent_key(scope, external_image_id))
        return None if item is None else _from_item(item)

    def add(self, scope: Scope, consent: Consent) -> Consent:
        """Write a consent down and return it as it stands: with the collections of both.

        One that was withdrawn is replaced: it was given anew.
        """
        key = keys.consent_key(scope, consent.external_image_id)
        while True:
            before = self.find(scope, consent.external_image_id)
            merged = consent if before is None else _merged(before, consent)
            seen = {":seen": {"N": repr(before.withdrawn or 0)}} if before else {}
            try:
                self._trust.update(
                    key,
                    "SET #given = :given, #by = :by, #collections = :collections, "
                    "#withdrawn = :withdrawn",
                    # A withdrawal since it was read must not be written over.
                    "#withdrawn = :seen" if before else "attribute_not_exists(pk)",
                    {f":{name}": value for name, value in _to_item(merged).items()} | seen,
                )
            except ConditionFailed:
                continue
            return merged

    def withdraw(self, scope: Scope, external_image_id: str, now: float) -> bool:
        """Withdraw a consent and tell whether there was one that stood.

        What is withdrawn stays in the register: that it was once given may have to be shown.
        """
        try:
            self._trust.update(
                keys.consent_key(scope, external_image_id),
                "SET #withdrawn = :now",
                "attribute_exists(pk) AND #withdrawn = :none",
                {":now": {"N": repr(now)}, ":none": {"N": "0"}},
            )
        except ConditionFailed:
            return False
        return True

    def each(self, scope: Scope) -> Iterator[Consent]:
        """Yield the register of an account and region, by ExternalImageId."""
        partition = str(keys.consent_key(scope, "")["pk"]["S"])
        for item in self._trust.query(partition, "!", "~"):
            yield _from_item(item)


def _merged(before: Consent, new: Consent) -> Consent:
    if before.withdrawn:
        return new
    wide = not before.collections or not new.collections
    both = () if wide else tuple(sorted({*before.collections, *new.collections}))
    return replace(new, collections=both)


def _to_item(consent: Consent) -> Item:
    return {
        "given": {"N": repr(consent.given)},
        "by": {"S": consent.by},
        "collections": {"L": [{"S": each} for each in consent.collections]},
        "withdrawn": {"N": repr(consent.withdrawn or 0)},
    }


def _from_item(item: Item) -> Consent:
    return Consent(
        external_image_id=str(item["sk"]["S"]),
        given=float(item["given"]["N"]),
        by=str(item["by"]["S"]),
        collections=tuple(str(each["S"]) for each in item["collections"]["L"]),
        withdrawn=float(item["withdrawn"]["N"]),
    )
