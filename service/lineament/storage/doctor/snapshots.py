"""Snapshots: whether those that are published can be read, and what else takes room in S3."""

from collections.abc import Iterator

from lineament.domain.snapshot_format import SnapshotUnreadable
from lineament.storage import keys
from lineament.storage.doctor.control import Named, read_control
from lineament.storage.doctor.findings import Finding, Place, confirmed, some
from lineament.storage.doctor.walk import Pace, Wanted
from lineament.storage.provision import Tables
from lineament.storage.records import UNREADABLE
from lineament.storage.snapshots import SnapshotStore


def snapshot_findings(
    tables: Tables, store: SnapshotStore, wanted: Wanted, pace: Pace
) -> list[Finding]:
    """Read every published snapshot that is asked for, and list all objects. Writes nothing.

    None of it is broken: the log holds everything. Others may make snapshots meanwhile.

    Args:
        tables: where.
        store: of their snapshots.
        wanted: what to look at.
        pace: tells how long to wait before looking again at what was found.

    Raises:
        LineamentError: DynamoDB or S3 does not answer.
    """
    return confirmed(lambda: list(_look(tables, store, wanted)), pace.pause)


def _look(tables: Tables, store: SnapshotStore, wanted: Wanted) -> Iterator[Finding]:
    objects: dict[str, set[str]] = {}
    for key in store.objects():
        objects.setdefault(keys.generation_of_object(key), set()).add(key)
    for named in read_control(tables.control).named:  # After the objects: of these or of nobody.
        waiting = {each.generation for each in named.garbage}
        for generation in named.generations:
            mine = objects.pop(generation, set())
            if wanted(named.place) and generation not in waiting:
                yield from _judge(store, named, generation, mine)
    if wanted(Place()):
        for generation, left in objects.items():
            yield from some("snapshot-kept", Place(), generation, left)


def _judge(
    store: SnapshotStore, named: Named, generation: str, objects: set[str]
) -> Iterator[Finding]:
    try:
        published = store.published(generation)
        key = "" if published is None else published.object_key
        if key:
            store.read(generation, key)
    except SnapshotUnreadable:
        yield Finding("snapshot-useless", named.place, generation, (key,))
    except UNREADABLE:
        key = ""
        yield Finding("snapshot-useless", named.place, generation)
    yield from some("snapshot-kept", named.place, generation, objects - {key})
