"""The stored forms of collections and faces: marshmallow schemas over DynamoDB's values."""

from dataclasses import asdict, dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, validate

from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, RatioBox, Source
from lineament.storage import keys
from lineament.storage.attributes import Number, Numbers, Text, TextMap, Whole, WholeMap
from lineament.storage.table import Item

ACTIVE = "ACTIVE"
DELETED = "DELETED"
UNREADABLE = (ValidationError, AttributeError, LookupError, TypeError, ValueError)
"""What reading an item raises that nobody of ours has written."""


class _StoredSchema(Schema):
    class Meta:
        """Keys, and attributes of a newer release, are passed over."""

        unknown = EXCLUDE


class _CollectionSchema(_StoredSchema):
    """A collection's item. A tombstone lacks everything but status and garbage."""

    status = Text(required=True, validate=validate.OneOf([ACTIVE, DELETED]))
    generation = Text()
    model_version = Text()
    created = Number()
    seq = Whole()
    tags = TextMap()
    rules = TextMap()
    ancestor = Text()
    garbage = WholeMap(required=True)
    """Generations deleted and not purged yet, with the last number of each log that is left."""
    deleted = WholeMap(required=True)
    """The same generations with the epoch seconds of their deletion."""
    staged_generation = Text()
    staged_from = Text()
    staged_version = Text()
    staged_run = Text()
    staged_seq = Whole()
    staged_at = Whole()


class _FaceSchema(_StoredSchema):
    """A face's item."""

    image_id = Text(required=True)
    box = Numbers(required=True, validate=validate.Length(equal=4))
    confidence = Number(required=True)
    external_image_id = Text()
    source = TextMap()
    """bucket, key and perhaps version; none for pictures that came as bytes."""


_COLLECTION = _CollectionSchema()
_FACE = _FaceSchema()


@dataclass(frozen=True, slots=True)
class Garbage:
    """A generation that was deleted and whose faces and log are still there."""

    generation: str
    seq: int
    deleted: int
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class StagedItem:
    """A generation in the making, as a collection's item tells of it."""

    generation: str
    origin: str
    """The generation that it is made from."""
    model_version: str
    run: str
    """A token of the run that may write to it."""
    seq: int
    """The highest number given in its log."""
    at: int
    """Epoch seconds of the last number."""


def to_collection_attributes(collection: Collection) -> Item:
    """Return what a live collection's item holds, beside its key and its garbage."""
    values = {
        "status": ACTIVE,
        "generation": collection.generation,
        "model_version": collection.model_version,
        "created": collection.created,
        "seq": collection.seq,
        "tags": collection.tags,
    }
    if collection.rules:
        values["rules"] = collection.rules
    if collection.ancestor:
        values["ancestor"] = collection.ancestor
    item: Item = _COLLECTION.dump(values)
    return item


def from_collection_item(scope: Scope, item: Item) -> Collection | None:
    """Return the collection, or None where the item is a tombstone."""
    stored: dict[str, Any] = _COLLECTION.load(item)
    if stored["status"] != ACTIVE:
        return None
    return Collection(
        scope=scope,
        collection_id=str(item["sk"]["S"]).removeprefix(keys.FIRST_COLLECTION),
        generation=stored["generation"],
        model_version=stored["model_version"],
        created=stored["created"],
        seq=stored["seq"],
        tags=stored["tags"],
        rules=stored.get("rules", {}),
        ancestor=stored.get("ancestor", ""),
    )


def from_garbage(item: Item) -> list[Garbage]:
    """Return the generations that wait for the purge on a collection's item."""
    stored: dict[str, Any] = _COLLECTION.load(item)
    return [
        Garbage(generation, seq, stored["deleted"][generation])
        for generation, seq in stored["garbage"].items()
    ]


def from_staged(item: Item) -> StagedItem | None:
    """Return the generation in the making on a collection's item or tombstone, if there is one."""
    stored: dict[str, Any] = _COLLECTION.load(item)
    if "staged_generation" not in stored:
        return None
    return StagedItem(
        generation=stored["staged_generation"],
        origin=stored["staged_from"],
        model_version=stored["staged_version"],
        run=stored["staged_run"],
        seq=stored["staged_seq"],
        at=stored["staged_at"],
    )


def to_face_item(generation: str, face: FaceRecord) -> Item:
    """Return a face's item."""
    box = face.box
    values = {
        "image_id": face.image_id,
        "box": (box.left, box.top, box.width, box.height),
        "confidence": face.confidence,
        "external_image_id": face.external_image_id,
        "source": None if face.source is None else _from_source(face.source),
    }
    present = {name: value for name, value in values.items() if value is not None}
    item: Item = _FACE.dump(present)
    return {**keys.face_key(generation, face.face_id), **item}


def from_face_item(item: Item) -> FaceRecord:
    """Return the face of an item."""
    stored: dict[str, Any] = _FACE.load(item)
    return FaceRecord(
        face_id=str(item["sk"]["S"]),
        image_id=stored["image_id"],
        box=RatioBox(*stored["box"]),
        confidence=stored["confidence"],
        external_image_id=stored.get("external_image_id"),
        source=_to_source(stored.get("source")),
    )


def _to_source(stored: dict[str, str] | None) -> Source | None:
    if stored is None:
        return None
    return Source(stored["bucket"], stored["key"], stored.get("version"))


def _from_source(source: Source) -> dict[str, str]:
    return {name: text for name, text in asdict(source).items() if text is not None}
