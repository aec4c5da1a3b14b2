"""ClientRequestTokens in DynamoDB: pending from `begin` on, answered from `finish` on.

Each record is written under a condition on the record that was seen, so of two calls with a new
token one begins and the other resumes. DynamoDB erases records late, if at all: an expired one is
told by its time.
"""

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema

from lineament.domain.idempotency import Answered, Attempt, Claim
from lineament.errors import IdempotentParameterMismatchException, ThrottlingException
from lineament.storage import keys
from lineament.storage.attributes import Text, Whole
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item, Key

_TRIES = 8
_PENDING = "#digest = :digest AND attribute_not_exists(#answer)"


class _RecordSchema(Schema):
    """A token's item, beside its key. An answer that is absent makes it a pending one."""

    class Meta:
        """Keys, and attributes of a newer release, are passed over."""

        unknown = EXCLUDE

    digest = Text(required=True)
    collection_id = Text(required=True)
    lineage = Text(required=True)
    generation = Text(required=True)
    after = Whole(required=True)
    expires = Whole(required=True)
    answer = Text()


_RECORD = _RecordSchema()


@dataclass(frozen=True, slots=True)
class _Record:
    digest: str
    collection_id: str
    lineage: str
    generation: str
    after: int
    expires: int
    """Epoch seconds; DynamoDB erases by it."""
    answer: str | None = None
    """JSON; None while pending."""


class DynamoTokens:
    """The Tokens port. Safe to share between threads."""

    def __init__(self, tables: Tables) -> None:
        """Keep records in `tables.faces`, by exact key."""
        self._table = tables.faces

    def begin(self, claim: Claim) -> Attempt | Answered:
        """Take the token, or tell what an earlier call has made of it.

        Raises:
            IdempotentParameterMismatchException: it is in use with other parameters.
            ThrottlingException: other calls kept taking and freeing it meanwhile.
        """
        there: _Record | None = None
        for _ in range(_TRIES):
            try:
                return self._take(claim, there)
            except ConditionFailed as failed:
                item = failed.item or self._table.get(_key(claim))
            there = None if item is None else _from_item(item)
            if there is not None and not _is_stale(there, claim):
                return _resume(there, claim)
        raise ThrottlingException("The ClientRequestToken is in use by other calls. Try again")

    def finish(self, claim: Claim, answer: dict[str, Any]) -> None:
        """Keep the answer of a call that has succeeded; nothing where other parameters hold it.

        Args:
            claim: as at `begin`.
            answer: JSON values.
        """
        condition = f"attribute_not_exists(pk) OR ({_PENDING})"
        values = {":digest": {"S": claim.digest}}
        with contextlib.suppress(ConditionFailed):
            self._write(claim, json.dumps(answer, separators=(",", ":")), condition, values)

    def release(self, claim: Claim) -> None:
        """Free the token of a call that has failed, unless it is answered or in other hands."""
        self._table.delete(_key(claim), _PENDING, {":digest": {"S": claim.digest}})

    def _take(self, claim: Claim, stale: _Record | None) -> Attempt:
        if stale is None:
            self._write(claim, None, "attribute_not_exists(pk)", {})
        else:
            seen = {":was": {"S": stale.digest}, ":until": {"N": str(stale.expires)}}
            self._write(claim, None, "#digest = :was AND #expires = :until", seen)
        collection = claim.collection
        return Attempt(collection.generation, collection.seq, claim.write, resumed=False)

    def _write(
        self, claim: Claim, answer: str | None, condition: str, values: dict[str, Any]
    ) -> None:
        attributes = _to_attributes(claim, answer)
        settings = ", ".join(f"#{name} = :new_{name}" for name in attributes)
        gone = " REMOVE #answer" if answer is None else ""
        given = {f":new_{name}": value for name, value in attributes.items()}
        self._table.update(_key(claim), f"SET {settings}{gone}", condition, {**given, **values})


def _key(claim: Claim) -> Key:
    return keys.token_key(claim.scope, claim.operation, claim.token)


def _to_attributes(claim: Claim, answer: str | None) -> Item:
    collection = claim.collection
    values = {
        "digest": claim.digest,
        "collection_id": collection.collection_id,
        "lineage": collection.lineage,
        "generation": collection.generation,
        "after": collection.seq,
        "expires": claim.expires,
        "answer": answer,
    }
    item: Item = _RECORD.dump({name: value for name, value in values.items() if value is not None})
    return item


def _from_item(item: Item) -> _Record:
    return _Record(**_RECORD.load(item))


def _is_stale(there: _Record, claim: Claim) -> bool:
    """Tell whether the record has expired, or is of a deleted collection of the claim's name."""
    mine = claim.collection
    remade = there.collection_id == mine.collection_id and there.lineage != mine.lineage
    return remade or there.expires <= claim.now


def _resume(there: _Record, claim: Claim) -> Attempt | Answered:
    if there.digest != claim.digest:
        raise IdempotentParameterMismatchException(
            f"The ClientRequestToken: {claim.token} you have supplied is already in use."
        )
    if there.answer is not None:
        return Answered(json.loads(there.answer))
    return Attempt(there.generation, there.after, claim.write, resumed=True)
