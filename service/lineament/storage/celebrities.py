"""What celebrities are called, in DynamoDB by exact key. Their faces are users' of a collection."""

from collections.abc import Collection as Ids
from typing import Any

from marshmallow import EXCLUDE, Schema

from lineament.domain.celebrities import Celebrity, KnownGender
from lineament.domain.collections import Collection
from lineament.storage import keys
from lineament.storage.attributes import Text, Texts
from lineament.storage.provision import Tables
from lineament.storage.table import Item


class _CelebritySchema(Schema):
    """A celebrity's item; its sort key is the id."""

    class Meta:
        """Keys, and attributes of a newer release, are passed over."""

        unknown = EXCLUDE

    name = Text(required=True)
    urls = Texts(required=True)
    gender = Text(required=True)


_CELEBRITY = _CelebritySchema()


class DynamoCelebrityStore:
    """The CelebrityStore port. Safe to share between threads."""

    def __init__(self, tables: Tables) -> None:
        """Keep celebrities in `tables.faces`, which has many records by exact key."""
        self._faces = tables.faces

    def put(self, gallery: Collection, celebrity: Celebrity) -> None:
        """Keep what is told of a celebrity, in place of what was told before."""
        key = keys.celebrity_key(gallery.generation, celebrity.celebrity_id)
        self._faces.put({**key, **_CELEBRITY.dump(celebrity)})

    def find(self, gallery: Collection, ids: Ids[str]) -> dict[str, Celebrity]:
        """Return celebrities by id, read consistently; unknown ids are absent."""
        wanted = [keys.celebrity_key(gallery.generation, each) for each in dict.fromkeys(ids)]
        found = [_from_item(item) for item in self._faces.get_many(wanted)]
        return {celebrity.celebrity_id: celebrity for celebrity in found}

    def erase(self, gallery: Collection, ids: Ids[str]) -> None:
        """Erase what is told of celebrities, known or not."""
        self._faces.delete_many(
            [keys.celebrity_key(gallery.generation, each) for each in dict.fromkeys(ids)]
        )


def _from_item(item: Item) -> Celebrity:
    stored: dict[str, Any] = _CELEBRITY.load(item)
    return Celebrity(
        celebrity_id=str(item["sk"]["S"]),
        name=stored["name"],
        urls=stored["urls"],
        gender=KnownGender(stored["gender"]),
    )
