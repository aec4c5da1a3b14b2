"""`lineament doctor`: each kind of damage is found, and nothing where nothing is wrong."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from lineament.domain.ports import ChangeLog
from lineament.gallery.memory import MemoryGallery
from lineament.storage import entries
from lineament.storage.doctor.findings import BROKEN, KINDS
from lineament.storage.doctor.walk import Pace, diagnose
from lineament.storage.provision import Tables, connect, ensure_tables
from tests.storage.conftest import REGION
from tests.storage.damage import DAMAGES, Damage, lost_entry
from tests.storage.harmed_snapshots import HARMS
from tests.storage.inhabited import Inhabited, Snapshot, inhabit
from tests.storage.world import diagnosed, stored_items


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
    engine = {"engine-row-differs", "engine-row-missing", "engine-table-missing"}
    elsewhere = {"gallery-disagrees", *HARMS.values(), *engine}
    assert broken == {kind for kind, _ in DAMAGES} | elsewhere


@pytest.mark.parametrize("step", ["fold", "template", "faces", "refused"])
def test_a_gallery_that_folds_otherwise_is_found(
    home: Inhabited, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a mistake in the fold of users, or of their templates, is in every answer."""
    if step == "fold":  # keeps a face with its user for ever
        monkeypatch.setattr("lineament.domain.users._without", lambda owners, _gone: owners)
    elif step == "template":
        monkeypatch.setattr("lineament.gallery.steps.template", lambda vectors: vectors[-1])
    elif step == "refused":
        monkeypatch.setattr("lineament.storage.entries._from_vectors", lambda item: item["none"])
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
    assert expected.get(step, step) in told


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


def test_a_walk_goes_over_all_pages(home: Inhabited) -> None:
    """Lost: in a large table the doctor sees the first megabyte."""
    paged = [(item["pk"]["S"], item["sk"]["S"]) for item in home.tables.faces.scan(("pk", "sk"), 3)]
    assert len(paged) > 20
    assert set(paged) == {
        (each["pk"]["S"], each["sk"]["S"]) for each in stored_items(home.tables, "")
    }
    assert len(set(paged)) == len(paged)
