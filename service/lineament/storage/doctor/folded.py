"""Comparing a published snapshot with what the log comes to at the snapshot's number.

The snapshot is read by the service's own decoder: the question is what those are given who read it,
and bytes that writer and reader misunderstand alike mislead nobody. The log is folded by `naive`.
Whoever erases a removed face or user takes its vector or name out of the log and not out of older
snapshots. So a vector or name that only the snapshot has is no difference.
"""

from collections.abc import Iterator

from lineament.domain.raw_ids import to_names
from lineament.domain.snapshot_format import SnapshotUnreadable
from lineament.domain.snapshots import Snapshot
from lineament.domain.users import User
from lineament.storage.doctor.naive import Naive, NaiveUser
from lineament.storage.records import UNREADABLE
from lineament.storage.snapshots import SnapshotStore

_READS = 3
"""An object may be superseded, and erased, between the item's reading and its own."""


def published_snapshot(store: SnapshotStore | None, generation: str) -> Snapshot | None:
    """Return a generation's snapshot; None where there is none that can be read, or no store.

    Raises:
        LineamentError: DynamoDB or S3 does not answer.
    """
    if store is None:
        return None
    for _ in range(_READS):
        try:
            published = store.published(generation)
            if published is None or not published.object_key:
                return None
            return store.read(generation, published.object_key)
        except SnapshotUnreadable:
            continue
        except UNREADABLE:
            return None
    return None


def differences(naive: Naive, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield kinds of findings, each with the id of a face or user.

    Args:
        naive: the log's fold up to the snapshot's number and no further.
        snapshot: of the same generation.
    """
    erased = snapshot.membership.erased
    held: set[str] = set()
    for row, face_id in enumerate(to_names(snapshot.ids)):
        if face_id in held or face_id not in naive.faces:
            yield "snapshot-face-unknown", face_id
            continue
        held.add(face_id)
        vector = naive.faces[face_id]
        if vector is not None and snapshot.halves[row].tobytes() != vector:
            yield "snapshot-vector-differs", face_id
        if snapshot.marks[row] not in (0, naive.added_at[face_id]):
            yield "snapshot-mark-differs", face_id
    for face_id in erased:
        if face_id not in naive.faces:
            yield "snapshot-face-unknown", face_id
    for face_id, vector in naive.faces.items():
        if face_id not in held and (vector is not None or face_id not in erased):
            yield "snapshot-face-missing", face_id
    yield from _users(naive, snapshot)


def _users(naive: Naive, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    members = snapshot.membership
    for key in members.users.keys() | naive.users.keys():
        theirs, mine = members.users.get(key), naive.users.get(key)
        if theirs is None or mine is None or not _same(theirs, mine):
            yield "snapshot-user-differs", key
    for face_id in members.owners.keys() | naive.owners.keys():
        owners = members.owners.get(face_id), naive.owners.get(face_id)
        if owners[0] != owners[1]:
            yield from (("snapshot-user-differs", key) for key in owners if key is not None)


def _same(theirs: User, mine: NaiveUser) -> bool:
    named = not mine.name or theirs.user_id == mine.name
    return named and (theirs.seq, list(theirs.faces)) == (mine.seq, mine.faces)
