"""`lineament doctor`: each kind of damage is found, and nothing where nothing is wrong."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from lineament.domain import ids
from lineament.domain.ports import ChangeLog
from lineament.gallery.memory import MemoryGallery
from lineament.storage import entries, keys
from lineament.storage.doctor.findings import BROKEN, KINDS
from lineament.storage.doctor.walk import Pace, diagnose
from lineament.storage.provision import Tables, connect, ensure_tables
from tests.storage.conftest import REGION
from tests.storage.inhabited import STAR, Inhabited, Snapshot, inhabit
from tests.storage.world import SCOPE, diagnosed

Damage = Callable[[Inhabited], list[str]]
"""Harms a table and returns the ids that the finding must have."""


@pytest.fixture(scope="module")
def lived_in(moto_endpoint: str) -> Inhabited:
    tables = connect(f"t{uuid.uuid4().hex[:12]}", REGION, moto_endpoint)
    ensure_tables(tables)
    home = inhabit(tables)
    assert diagnosed(tables) == []
    return home


@pytest.fixture
def home(lived_in: Inhabited) -> Iterator[Inhabited]:
    """Return a table in which nothing is wrong; what a test does to it is undone."""
    snapshot = Snapshot(lived_in.tables)
    yield lived_in
    snapshot.restore()


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
    twin = {**item, **keys.collection_key(replace(SCOPE), "twin")}
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


@pytest.mark.parametrize(
    ("kind", "damage"), DAMAGES, ids=[damage.__name__ for _, damage in DAMAGES]
)
def test_damage_is_found_and_nothing_else(home: Inhabited, kind: str, damage: Damage) -> None:
    """Lost: a face that was told to be stored is gone, and the doctor says that all is well."""
    expected = damage(home)
    found = [each for each in diagnosed(home.tables) if each.severity == BROKEN]
    assert {each.kind for each in found} == {kind}
    assert [list(each.ids) for each in found] == [expected] * len(found)


def test_every_kind_of_damage_has_a_test() -> None:
    """Lost: a kind that is never found is a promise that nobody keeps."""
    broken = {kind for kind, (severity, _) in KINDS.items() if severity == BROKEN}
    assert broken == {kind for kind, _ in DAMAGES} | {"gallery-disagrees"}


@pytest.mark.parametrize("step", ["fold", "template", "faces"])
def test_a_gallery_that_folds_otherwise_is_found(
    home: Inhabited, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a mistake in the fold of users, or of their templates, is in every answer."""
    if step == "fold":  # keeps a face with its user for ever
        monkeypatch.setattr("lineament.domain.users._without", lambda owners, _gone: owners)
    elif step == "template":
        monkeypatch.setattr("lineament.gallery.memory.template", lambda vectors: vectors[-1])
    else:
        right = entries._from_vectors
        monkeypatch.setattr(
            "lineament.storage.entries._from_vectors",
            lambda item: {
                name: None if vector is None else vector[::-1]
                for name, vector in right(item).items()
            },
        )
    found = [each for each in diagnosed(home.tables) if each.severity == BROKEN]
    assert {each.kind for each in found} == {"gallery-disagrees"}
    (told,) = [each.ids for each in found if each.place.collection == "people"]
    expected = {"fold": home.faces[2], "template": home.ada, "faces": home.faces[3]}
    assert expected[step] in told


def test_it_changes_nothing(home: Inhabited) -> None:
    """Lost: looking voids the number of a writer that is still at work."""
    lost_entry(home)
    calls: list[str] = []

    class Watched:
        def __getattr__(self, name: str) -> Any:
            calls.append(name)
            return getattr(home.tables.control.client, name)

    watched = Tables.of(Watched(), home.tables.control.name)

    def gallery(log: ChangeLog) -> MemoryGallery:
        return MemoryGallery(log, 1 << 30)

    assert diagnose(watched, gallery, pace=Pace(0, 0, 0)).broken
    assert set(calls) == {"batch_get_item", "get_item", "query", "scan"}
