"""The bytes of a snapshot, and that a start from it is a start from the log."""

import io
import uuid
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rpds import HashTrieMap, HashTrieSet

from lineament.domain.collections import Change, UserChange
from lineament.domain.expiry import Times
from lineament.domain.folding import Folding
from lineament.domain.raw_ids import to_ids, to_names
from lineament.domain.snapshot_format import SnapshotUnreadable, decode, decode_head, encode
from lineament.domain.snapshots import Head, Marks, Snapshot, unit_rows
from lineament.domain.users import Membership, User
from lineament.storage.pieces import Pieces
from tests.gallery.fake_log import ListLog
from tests.storage.snapshotting import cold, same

GOLDEN = Path(__file__).parent
"""`snapshot-1.hex` was written by the first release that had snapshots, and so on. Never write one
anew: add a file a version."""
IDS = [str(uuid.UUID(int=n)) for n in (0, 1, 255, 1 << 127, (1 << 128) - 1)]
KEYS = [str(uuid.UUID(int=n << 64)) for n in (1, 2, 3)]
MARKS = np.array([1, 1 << 40, 3], np.int64)
UNTOLD = np.zeros(3, np.int64)
TIMES = np.array([1_700_000_000, 0, 2**32 - 2], np.uint32)
UNTIMED = np.zeros(3, np.uint32)
POOL = np.array([[1, 0.5, -2], [0.1, 0.2, 0.3], [-1, 1, 6e-8]], np.float16)


def golden(marks: Marks = MARKS, times: Times = TIMES) -> Snapshot:
    """Return what the golden files hold; a first one has no marks, and the first two no times."""
    users = [
        User(KEYS[0], "Jürgen", 7, (IDS[2], IDS[0])),
        User(KEYS[1], "b", 1 << 40),
        User(KEYS[2], "", 9, (IDS[4],)),
    ]
    owners = {face_id: user.key for user in users for face_id in user.faces}
    membership = Membership(
        HashTrieMap({user.key: user for user in users}), HashTrieMap(owners), HashTrieSet([IDS[4]])
    )
    ids = to_ids([IDS[2], IDS[0], IDS[1]])
    return Snapshot("0123abcd", (1 << 40) + 5, ids, marks, POOL, membership, times)


def read_golden(version: int) -> bytes:
    return bytes.fromhex((GOLDEN / f"snapshot-{version}.hex").read_text())


def to_bytes(snapshot: Snapshot) -> bytes:
    return b"".join(bytes(piece) for piece in encode(snapshot))


def from_bytes(content: bytes, generation: str = "0123abcd") -> Snapshot:
    return decode(io.BytesIO(content), len(content), generation)


def same_head(one: Head, other: Head) -> bool:
    """Tell whether two heads hold the same."""
    return (
        (one.generation, one.seq, one.dimensions) == (other.generation, other.seq, other.dimensions)
        and list(to_names(one.ids)) == list(to_names(other.ids))
        and one.marks.tolist() == other.marks.tolist()
        and one.times.tolist() == other.times.tolist()
        and dict(one.membership.users) == dict(other.membership.users)
        and dict(one.membership.owners) == dict(other.membership.owners)
        and set(one.membership.erased) == set(other.membership.erased)
    )


def equal(one: Snapshot, other: Snapshot) -> bool:
    """Tell whether two snapshots hold the same, the vectors bit for bit."""
    return same_head(one.head, other.head) and one.halves.tobytes() == other.halves.tobytes()


@pytest.mark.parametrize(
    ("version", "marks", "times"), [(1, UNTOLD, UNTIMED), (2, MARKS, UNTIMED), (3, MARKS, TIMES)]
)
def test_snapshots_of_earlier_releases_are_read(version: int, marks: Marks, times: Times) -> None:
    """Lost: after an update no server can use the snapshots there are, and all start slowly."""
    assert equal(from_bytes(read_golden(version)), golden(marks, times))


def test_this_release_writes_the_newest_version() -> None:
    """Lost: the layout changes under a version that other releases read in the old one."""
    assert to_bytes(golden()) == read_golden(3)


class Watched(io.BytesIO):
    """Bytes that know how far they were read."""

    read_to = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.read_to = max(self.read_to, self.tell())
        return piece


def test_the_head_is_read_without_the_vectors() -> None:
    """Lost: a process on an engine reads 270 MB a million faces, of which it needs a tenth."""
    content = to_bytes(golden())
    stream = Watched(content)
    head = decode_head(stream, len(content), "0123abcd")
    assert head is not None
    assert same_head(head, golden().head)
    assert stream.read_to == len(content) - POOL.nbytes - 32
    first = read_golden(1)
    assert decode_head(io.BytesIO(first), len(first), "0123abcd") is None


@pytest.mark.parametrize("faces", [0, 1, 3])
def test_what_is_written_is_read(faces: int) -> None:
    """Lost: a face, a user or the order of a user's faces changes over a restart."""
    whole = golden()
    dimensions = 3 if faces else 0
    part = Snapshot(
        "g",
        0,
        whole.ids[:faces],
        MARKS[:faces],
        POOL[:faces, :dimensions],
        whole.membership,
        TIMES[:faces],
    )
    assert equal(from_bytes(to_bytes(part), "g"), part)
    empty = Folding("g").finish()
    assert equal(from_bytes(to_bytes(empty), "g"), empty)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_any_cut_is_found(version: int) -> None:
    """Lost: an upload that was cut off passes for a collection with fewer faces."""
    content = read_golden(version)
    for length in range(len(content)):
        with pytest.raises(SnapshotUnreadable):
            from_bytes(content[:length])
        with pytest.raises(SnapshotUnreadable):
            decode(io.BytesIO(content[:length]), len(content), "0123abcd")
    with pytest.raises(SnapshotUnreadable):
        from_bytes(content + b"\0")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_any_flipped_byte_is_found(version: int) -> None:
    """Lost: a damaged vector finds the wrong person."""
    content = read_golden(version)
    head = len(content) - POOL.nbytes - 32 if version > 1 else 0
    for place in range(len(content)):
        for bit in (1, 128):
            bad = bytearray(content)
            bad[place] ^= bit
            with pytest.raises(SnapshotUnreadable):
                from_bytes(bytes(bad))
            if place < head:
                with pytest.raises(SnapshotUnreadable):
                    decode_head(io.BytesIO(bad), len(bad), "0123abcd")


def test_another_generation_and_another_version_are_refused() -> None:
    """Lost: faces of one collection are found in another, or bytes are read in a wrong layout."""
    content = to_bytes(golden())
    with pytest.raises(SnapshotUnreadable, match="generation"):
        from_bytes(content, "0123abce")
    with pytest.raises(SnapshotUnreadable, match="generation"):
        decode_head(io.BytesIO(content), len(content), "0123abce")
    with pytest.raises(SnapshotUnreadable, match="version 4"):
        from_bytes(content[:8] + b"\4\0" + content[10:])


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    """Lost: scores differ in the last bit between a process that read the log and one that did
    not, so that a face at the threshold is found by one and not by the other."""
    rng = np.random.default_rng(5)
    for dimensions in (1, 2, 3, 7, 8, 9, 128, 192, 512, 704):
        halves = rng.normal(size=(301, dimensions)).astype(np.float16)
        halves[halves == 0] = 1
        whole = unit_rows(halves)
        for part in (1, 2, 100):
            pieces = [unit_rows(halves[start : start + part]) for start in range(0, 301, part)]
            assert np.concatenate(pieces).tobytes() == whole.tobytes()


@given(st.lists(st.binary(max_size=5), max_size=5), st.data())
def test_a_body_of_pieces_reads_like_their_sum(pieces: list[bytes], data: st.DataObject) -> None:
    """Lost: what is uploaded, or sent once more after an answer got lost, is not the snapshot."""
    body, plain = io.BufferedReader(Pieces(pieces), 3), io.BytesIO(b"".join(pieces))
    for _ in range(4):
        whence = data.draw(st.sampled_from([io.SEEK_SET, io.SEEK_END]))
        place = data.draw(st.integers(0, 6))
        assert body.seek(place, whence) == plain.seek(place, whence)
        assert body.tell() == plain.tell()
        size = data.draw(st.integers(-1, 9))
        assert body.read(size) == plain.read(size)


ids = st.lists(st.sampled_from(IDS), min_size=1, max_size=4)
change = st.one_of(
    st.dictionaries(st.sampled_from(IDS), st.none() | st.integers(0, 2), max_size=4),
    ids,
    st.builds(UserChange, st.just("create"), st.sampled_from(KEYS), st.sampled_from(["", "u"])),
    st.builds(UserChange, st.just("delete"), st.sampled_from(KEYS)),
    st.builds(
        UserChange,
        st.sampled_from(["associate", "disassociate"]),
        st.sampled_from(KEYS),
        st.just(""),
        ids.map(tuple),
    ),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(change, max_size=25), st.data())
def test_a_cold_start_equals_the_fold_of_the_log(
    changes: list[object], data: st.DataObject
) -> None:
    """Lost: what a search finds depends on when its process was started."""
    log = ListLog()
    halves: list[dict[str, bytes]] = []
    for each in changes:
        added = each if isinstance(each, dict) else {}
        rows = {name: POOL[row] for name, row in added.items() if row is not None}
        halves.append({name: row.tobytes() for name, row in rows.items()})
        units = {name: unit_rows(row[np.newaxis])[0] for name, row in rows.items()}
        log.append(
            Change(
                0,
                {name: units.get(name) for name in added},
                tuple(each) if isinstance(each, list) else (),
                each if isinstance(each, UserChange) else None,
            )
        )
    first = data.draw(st.integers(0, len(changes)))
    second = data.draw(st.integers(first, len(changes)))
    snapshot = None
    marks: dict[str, int] = {}
    for number, kept in enumerate(halves[:second], 1):
        marks |= dict.fromkeys(kept, number)
    for start, end in ((0, first), (first, second)):
        folding = Folding("g", snapshot)
        for entry, kept in list(zip(log.entries, halves, strict=True))[start:end]:
            folding.apply(entry, kept)
        snapshot = from_bytes(to_bytes(folding.finish()), "g")

    told = zip(to_names(snapshot.ids), snapshot.marks.tolist(), strict=True)
    assert all(marks[name] == mark for name, mark in told)

    class Kept:
        def newest(self, generation: str) -> Snapshot | None:
            assert generation == "g"
            return snapshot

    same(cold(log, log.collection(), Kept()), cold(log, log.collection(), None))
