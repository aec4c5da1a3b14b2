"""A table after all kinds of operations, of which nothing is left for housekeeping."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from lineament.domain import celebrities, ids
from lineament.domain.collections import Collection, UserAction, UserChange
from lineament.domain.idempotency import Attempt, Claim
from lineament.domain.standing import Settled
from lineament.storage import keys
from lineament.storage.celebrities import DynamoCelebrityStore
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables
from lineament.storage.secrets import DynamoSecrets
from lineament.storage.staging import open_stage
from lineament.storage.table import Table
from lineament.storage.tokens import DynamoTokens
from lineament.storage.users import DynamoUserStore
from tests.storage.world import ids_of, make_collection, make_faces, now, view

LATER = -5.0
"""A grace that makes even what was just written old enough."""


STAR = "1a2b"
"""A celebrity's id."""


@dataclass(frozen=True)
class Inhabited:
    """What is there: collection "people" with faces of users and of nobody, "others", a star."""

    tables: Tables
    people: Collection
    others: Collection
    stars: Collection
    faces: list[str]
    """Of people, in order of their indexing; the first two are ada's."""
    removed: str
    """A face of people that was indexed third and removed."""
    ada: str
    """Internal id of a user of people with two faces."""
    ben: str
    """Of one without faces."""
    token: dict[str, Any]
    """The key of a ClientRequestToken's record."""

    def entry(self, seq: int) -> dict[str, Any]:
        """Return the item of a number of people's log."""
        item = self.tables.faces.get(keys.log_key(self.people.generation, seq))
        assert item is not None
        return item

    def entry_of(self, face_id: str) -> dict[str, Any]:
        """Return the entry that added a face alone."""
        return self.entry(2 if face_id == self.removed else 1 + 2 * self.faces.index(face_id))


def change_user(
    tables: Tables, collection: Collection, action: UserAction, name: str, *face_ids: str
) -> Settled:
    """Change a user as its handler does, and return what it did."""
    known = now(tables, collection)
    key = ids.user_key(known.lineage, name)
    change = UserChange(action, key, name if action == "create" else "", face_ids)
    attempt = Attempt(known.generation, known.seq, secrets.token_hex(16), resumed=False)
    store = DynamoUserStore(tables)
    done = store.commit(known, view(tables, known), change, attempt)
    if action == "delete" and done.effect.before is not None:
        store.forget_name(known, done.effect.before.seq)
    return done


def inhabit(tables: Tables) -> Inhabited:
    """Do all kinds of things, and clean up."""
    DynamoSecrets(tables).paging_key()
    people, others = make_collection(tables), make_collection(tables, "others")
    store = DynamoFaceStore(tables)
    faces, vectors = make_faces(5)
    each = [slice(number, number + 1) for number in range(5)]
    store.add(now(tables, people), faces[each[0]], vectors[each[0]])  # 1
    store.add(now(tables, people), faces[each[4]], vectors[each[4]])  # 2
    store.add(now(tables, people), faces[each[1]], vectors[each[1]])  # 3
    store.remove(now(tables, people), [faces[4].face_id])  # 4
    store.add(now(tables, people), faces[each[2]], vectors[each[2]])  # 5
    change_user(tables, people, "create", "ada")  # 6
    store.add(now(tables, people), faces[each[3]], vectors[each[3]])  # 7
    change_user(tables, people, "associate", "ada", *ids_of(faces[:3]))  # 8
    change_user(tables, people, "disassociate", "ada", faces[2].face_id)  # 9
    change_user(tables, people, "create", "eve")  # 10
    change_user(tables, people, "create", "ben")  # 11
    change_user(tables, people, "associate", "eve", faces[2].face_id, faces[0].face_id)  # 12
    change_user(tables, people, "delete", "eve")  # 13
    store.restore(now(tables, people), faces[:1])  # 14
    store.add(others, *make_faces(3))
    DynamoCollectionStore(tables).retag(others, lambda tags: {**tags, "city": "Ulm"})
    stars = make_collection(tables, celebrities.COLLECTION_ID, celebrities.SCOPE)
    star, vector = make_faces(1)
    change_user(tables, stars, "create", STAR)
    DynamoCelebrityStore(tables).put(stars, celebrities.Celebrity(STAR, "A Star", ("a.example",)))
    store.add(now(tables, stars), star, vector)
    change_user(tables, stars, "associate", STAR, star[0].face_id)
    gone = make_collection(tables, "gone")
    store.add(gone, *make_faces(2))
    assert DynamoCollectionStore(tables).delete(now(tables, gone))
    moved = make_collection(tables, "moved")
    store.add(moved, *make_faces(2))
    stage = open_stage(tables, now(tables, moved), "model-2")
    stage.add(*make_faces(2, dimensions=5))
    assert stage.switch(now(tables, moved))
    claim = Claim(
        people.scope, "CreateUser", "a-token", "digest", now(tables, people), int(time.time())
    )
    tokens = DynamoTokens(tables)
    tokens.begin(claim)
    tokens.finish(claim, {})
    assert not housekeep(tables, grace=LATER, sweep_interval=0).failed
    return Inhabited(
        tables,
        now(tables, people),
        now(tables, others),
        now(tables, stars),
        ids_of(faces[:4]),
        faces[4].face_id,
        ids.user_key(people.lineage, "ada"),
        ids.user_key(people.lineage, "ben"),
        keys.token_key(people.scope, "CreateUser", "a-token"),
    )


class Snapshot:
    """Both tables as they are, to put back after harm."""

    def __init__(self, tables: Tables) -> None:
        self._kept = [(table, _by_key(table)) for table in (tables.control, tables.faces)]

    def restore(self) -> None:
        for table, kept in self._kept:
            there = _by_key(table)
            table.delete_many([_key(each) for name, each in there.items() if name not in kept])
            table.put_many([each for name, each in kept.items() if there.get(name) != each])


def _by_key(table: Table) -> dict[tuple[str, str], dict[str, Any]]:
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in table.scan()}


def _key(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": item["pk"], "sk": item["sk"]}
