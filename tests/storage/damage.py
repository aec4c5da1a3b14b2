"""Each kind of damage that `lineament doctor` has to find, done to an inhabited table."""

from collections.abc import Callable
from typing import Any

from lineament.domain import ids
from lineament.storage import keys
from lineament.storage.staging import open_stage
from tests.storage.inhabited import STAR, Inhabited
from tests.storage.world import SCOPE, make_faces, now

Damage = Callable[[Inhabited], list[str]]
"""Harms a table and returns the ids that the finding must have."""


def put(home: Inhabited, item: dict[str, Any], **attributes: Any) -> None:
    """Write an item back, changed; None takes an attribute away."""
    kept = {**item, **attributes}
    home.tables.faces.put({name: value for name, value in kept.items() if value is not None})


def collection_item(home: Inhabited, name: str = "people", **attributes: Any) -> dict[str, Any]:
    """Change a collection's item, and return it as it was."""
    item = home.tables.control.get(keys.collection_key(SCOPE, name))
    assert item is not None
    kept = {**item, **attributes}
    home.tables.control.put({key: value for key, value in kept.items() if value is not None})
    return item


def unreadable_item(home: Inhabited) -> list[str]:
    collection_item(home, "others", generation=None)
    return [f"{keys.scope_partition(SCOPE)} COL#others"]


def unreadable_entry(home: Inhabited) -> list[str]:
    put(home, home.entry(14), restored={"B": b"short"})
    return ["14"]


def unreadable_vectors(home: Inhabited) -> list[str]:
    put(home, home.entry(7), vectors={"L": []})
    home.tables.faces.delete_many([keys.face_key(home.people.generation, home.faces[3])])
    return ["7"]


def entry_of_no_kind(home: Inhabited) -> list[str]:
    put(home, home.entry(14), restored=None)
    return ["14"]


def unreadable_record(home: Inhabited) -> list[str]:
    key = keys.face_key(home.people.generation, home.faces[1])
    put(home, home.tables.faces.get(key) or {}, box={"S": "0 0 1"})
    return [home.faces[1]]


def misplaced_record(home: Inhabited) -> list[str]:
    key = keys.face_key(home.people.generation, home.faces[1])
    item = home.tables.faces.get(key) or {}
    home.tables.faces.delete_many([key])
    shard = "0" if home.faces[1][0] != "0" else "1"
    put(home, item, pk={"S": keys.face_partition(home.people.generation, shard)})
    return [home.faces[1]]


def missing_record(home: Inhabited) -> list[str]:
    home.tables.faces.delete_many([keys.face_key(home.people.generation, home.faces[1])])
    return [home.faces[1]]


def missing_record_of_a_stage(home: Inhabited) -> list[str]:
    faces, vectors = make_faces(2, dimensions=5)
    stage = open_stage(home.tables, now(home.tables, home.others), "model-2")
    stage.add(faces, vectors)
    home.tables.faces.delete_many([keys.face_key(stage.collection.generation, faces[0].face_id)])
    return [faces[0].face_id]


def missing_vector(home: Inhabited) -> list[str]:
    put(home, home.entry(5), vectors={"L": [{"NULL": True}]})
    return [home.faces[2]]


def shorter_vector(home: Inhabited) -> list[str]:
    put(home, home.entry(5), vectors={"L": [{"B": b"\x00\x3c" * 7}]})
    return [home.faces[2]]


def zero_vector(home: Inhabited) -> list[str]:
    put(home, home.entry(5), vectors={"L": [{"B": bytes(16)}]})
    return [home.faces[2]]


def infinite_vector(home: Inhabited) -> list[str]:
    put(home, home.entry(5), vectors={"L": [{"B": b"\x00\x7c" * 8}]})
    return [home.faces[2]]


def lost_entry(home: Inhabited) -> list[str]:
    home.tables.faces.delete_many([keys.log_key(home.people.generation, 9)])
    return ["9"]


def entry_above(home: Inhabited) -> list[str]:
    collection_item(home, seq={"N": "13"})
    return ["14"]


def entry_far_above(home: Inhabited) -> list[str]:
    home.tables.faces.put({**keys.log_key(home.people.generation, 300), "void": {"BOOL": True}})
    return ["300"]


def nameless_user(home: Inhabited) -> list[str]:
    put(home, home.entry(6), name=None)
    return [home.ada]


def unopened_log(home: Inhabited) -> list[str]:
    home.tables.faces.delete_many([keys.log_key(home.others.generation, 0)])
    return ["0"]


def unknown_scope(home: Inhabited) -> list[str]:
    home.tables.control.delete_many([keys.scope_key(SCOPE)])
    return [f"{SCOPE.account}#{SCOPE.region}"]


def too_many_tags(home: Inhabited) -> list[str]:
    tags = {f"k{number}": {"S": ""} for number in range(51)}
    collection_item(home, "others", tags={"M": tags})
    return []


def stage_of_itself(home: Inhabited) -> list[str]:
    _stage(home, generation="f" * 32, origin="f" * 32)
    return []


def unreadable_stage(home: Inhabited) -> list[str]:
    collection_item(home, "others", staged_generation={"S": "f" * 32})
    return [f"{keys.scope_partition(SCOPE)} COL#others"]


def stage_that_is_alive(home: Inhabited) -> list[str]:
    _stage(home, generation=home.others.generation, origin="f" * 32, at=2**40)
    return []


def twin_generations(home: Inhabited) -> list[str]:
    item = collection_item(home, "others")
    twin = {**item, **keys.collection_key(SCOPE, "twin")}
    home.tables.control.put(twin)
    return []


def unreadable_token(home: Inhabited) -> list[str]:
    put(home, home.tables.faces.get(home.token) or {}, expires={"S": "soon"})
    return [f"{home.token['pk']['S']} TOKEN"]


def unreadable_answer(home: Inhabited) -> list[str]:
    put(home, home.tables.faces.get(home.token) or {}, answer={"S": "{"})
    return [f"{home.token['pk']['S']} TOKEN"]


def unreadable_celebrity(home: Inhabited) -> list[str]:
    key = keys.celebrity_key(home.stars.generation, STAR)
    put(home, home.tables.faces.get(key) or {}, gender={"S": "odd"})
    return [STAR]


def unnamed_celebrity(home: Inhabited) -> list[str]:
    home.tables.faces.delete_many([keys.celebrity_key(home.stars.generation, STAR)])
    return [ids.user_key(home.stars.lineage, STAR)]


def _stage(home: Inhabited, generation: str, origin: str, at: int = 1) -> None:
    collection_item(
        home,
        "others",
        staged_generation={"S": generation},
        staged_from={"S": origin},
        staged_version={"S": "model-2"},
        staged_run={"S": "run"},
        staged_seq={"N": "0"},
        staged_at={"N": str(at)},
    )


DAMAGES: list[tuple[str, Damage]] = [
    ("item-unreadable", unreadable_item),
    ("item-unreadable", unreadable_stage),
    ("entry-unreadable", unreadable_entry),
    ("entry-unreadable", unreadable_vectors),
    ("entry-unreadable", entry_of_no_kind),
    ("entry-lost", lost_entry),
    ("entry-above-seq", entry_above),
    ("entry-above-seq", entry_far_above),
    ("log-unopened", unopened_log),
    ("record-unreadable", unreadable_record),
    ("record-unreadable", misplaced_record),
    ("record-missing", missing_record),
    ("record-missing", missing_record_of_a_stage),
    ("vector-missing", missing_vector),
    ("vector-length", shorter_vector),
    ("vector-useless", zero_vector),
    ("vector-useless", infinite_vector),
    ("user-nameless", nameless_user),
    ("celebrity-unreadable", unreadable_celebrity),
    ("celebrity-unnamed", unnamed_celebrity),
    ("scope-unknown", unknown_scope),
    ("tags-too-many", too_many_tags),
    ("stage-contradiction", stage_of_itself),
    ("generation-twice", stage_that_is_alive),
    ("generation-twice", twin_generations),
    ("token-unreadable", unreadable_token),
    ("token-unreadable", unreadable_answer),
]
