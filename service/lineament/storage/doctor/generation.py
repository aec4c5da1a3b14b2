"""One generation: its log, its records, and what a gallery makes of it, checked while it is used.

The order of reads is what makes a finding true although others write meanwhile: numbers are given
out before their entries are put, records are put before their entry and erased after the removal's.
So the log is read again, up to the newest number, after everything that is compared with it.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from lineament.domain.collections import Collection
from lineament.domain.ports import ChangeLog, Gallery, GalleryView
from lineament.domain.snapshots import Snapshot
from lineament.storage import keys
from lineament.storage.doctor.agreement import disagreements
from lineament.storage.doctor.celebrities import celebrity_faults
from lineament.storage.doctor.findings import Finding, Place, common, some
from lineament.storage.doctor.folded import differences
from lineament.storage.doctor.naive import Naive
from lineament.storage.doctor.reading import STEP, LogReader, above
from lineament.storage.doctor.records import Records, read_more, read_records, still_there
from lineament.storage.records import UNREADABLE
from lineament.storage.table import Table

_TRIES = 4
_ROUNDS = 5
_OF_A_VECTOR = frozenset({"snapshot-vector-differs", "snapshot-mark-differs"})


class Unsettled(Exception):
    """A number that was taken for empty has an entry after all: look again."""


class Gone(Exception):
    """The generation was deleted, or another took its place: it is not to be judged any more."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A generation to look at."""

    collection: Collection
    """With the generation's id and any of its numbers."""
    place: Place
    newest: Callable[[], int | None]
    """Reads the highest number given out; None where the generation is gone."""
    living: bool = True
    """False for a generation in the making."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """How to look."""

    faces: Table
    gallery: Callable[[ChangeLog], Gallery]
    """Makes an empty gallery over a log."""
    grace: float
    """Seconds: younger records may yet be committed."""
    pause: float
    """Seconds between two looks at something that may be on its way."""
    patience: float
    """Seconds to wait for the entry of a number that has been given out."""
    clock: Callable[[], float] = time.time
    progress: Callable[[int], None] = lambda _count: None
    """Told how many numbers of a log were read, once each."""
    snapshot: Callable[[str], Snapshot | None] = lambda _generation: None
    """Reads the snapshot that is published for a generation."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in a generation."""

    faces: int
    users: int
    seq: int
    findings: list[Finding]


def examine(doctor: Doctor, subject: Subject) -> Examined | None:
    """Look at a generation, and once more where something was found.

    Returns:
        None where it is gone.
    """
    try:
        first = _settled(doctor, subject, told=True)
        if not first.findings:
            return first
        time.sleep(doctor.pause)
        second = _settled(doctor, subject, told=False)
    except Gone:
        return None
    return replace(second, findings=common(first.findings, second.findings))


def _settled(doctor: Doctor, subject: Subject, *, told: bool) -> Examined:
    for turn in range(_TRIES):
        look = _Look(doctor, subject, told=told and turn == 0)
        try:
            return look.examine()
        except Unsettled:
            time.sleep(doctor.pause)
    busy = Finding("collection-busy", subject.place, subject.collection.generation)
    return Examined(len(look.naive.faces), len(look.naive.users), look.seq, [busy])


class _Look:
    """One pass over a generation."""

    def __init__(self, doctor: Doctor, subject: Subject, *, told: bool) -> None:
        self.naive = Naive()
        self.seq = 0
        self._doctor = doctor
        self._subject = subject
        self._told = told
        self._generation = subject.collection.generation
        self._log = LogReader(doctor.faces, self._generation, doctor.patience)
        self._gallery = doctor.gallery(self._log)
        self._view: GalleryView | None = None
        self._sound, self._refused = True, False
        # Before any number is read: so the log has the snapshot's.
        self._snapshot = doctor.snapshot(self._generation)
        self._folded = 0
        """The number of the snapshot that was compared; 0 before."""
        self._differing: list[tuple[str, str]] = []

    def examine(self) -> Examined:
        started = self._doctor.clock()
        self._advance()
        records = read_records(self._doctor.faces, self._generation)
        missing = self._without_record(records)
        uncommitted = self._uncommitted(records, started)
        over = above(self._doctor.faces, self._generation, self.seq)
        opened = self._doctor.faces.get(keys.log_key(self._generation, 0)) is not None
        self._advance()
        read = max(self.naive.read_by_others, records.read_by_others, self._folded)
        if self._log.filled():
            raise Unsettled
        lost = [seq for seq in self._log.empty if seq <= read]
        here = self.naive.faces
        findings = [
            *self._some("log-unopened", [] if opened or not self._subject.living else ["0"]),
            *self._some("entry-unreadable", self._log.unreadable),
            *self._some("entry-lost", lost),
            *self._some("number-empty", set(self._log.empty) - set(lost)),
            *self._some("entry-above-seq", [number for number in over if number > self.seq]),
            *self._some("record-unreadable", records.unreadable),
            *self._some("record-missing", [each for each in missing if each in here]),
            *uncommitted,
            *self._vectors_and_names(),
            *self._celebrities(),
            *self._snapshots(),
        ]
        findings += self._some("gallery-disagrees", ["refused"] if self._refused else [])
        if self._sound and self._view is not None:
            findings += self._some("gallery-disagrees", set(disagreements(self.naive, self._view)))
        return Examined(len(here), len(self.naive.users), self.seq, findings)

    def _vectors_and_names(self) -> Iterator[Finding]:
        naive = self.naive
        yield from self._some("vector-useless", naive.useless)
        yield from self._some("vector-length", naive.odd_lengths())
        gone = [face_id for face_id, vector in naive.faces.items() if vector is None]
        yield from self._some("vector-missing", gone)
        nameless = [key for key, user in naive.users.items() if not user.name]
        yield from self._some("user-nameless", nameless)
        yield from self._some("vector-kept", naive.kept)
        yield from self._some("name-kept", naive.stale_names())

    def _celebrities(self) -> Iterator[Finding]:
        collection = self._subject.collection
        for kind, ids in celebrity_faults(self._doctor.faces, collection, self.naive):
            yield from self._some(kind, ids)

    def _advance(self) -> None:
        """Fold the log up to its newest number."""
        newest = self._subject.newest()
        if newest is None:
            raise Gone
        while self.seq < newest:
            end = min(self.seq + STEP, newest)
            if self._snapshot is not None and self._snapshot.seq > self.seq:
                end = min(end, self._snapshot.seq)
            for entry in self._log.read(self.seq, end):
                self.naive.apply(entry)
            if self._told:
                self._doctor.progress(end - self.seq)
            self.seq = end
            # A gallery refuses, or spoils itself, on what has been found wanting already.
            self._sound = self._sound and not (
                self._log.unreadable or self.naive.useless or self.naive.odd_lengths()
            )
            if self._sound:
                self._view = self._synced(end)
            if self._snapshot is not None and self._snapshot.seq == end:
                self._compare(self._snapshot)
                self._snapshot = None

    def _compare(self, snapshot: Snapshot) -> None:
        self._folded = snapshot.seq
        # Of a log that lost something, the snapshot may well know more.
        if not (self._log.unreadable or self._log.empty):
            self._differing = list(differences(self.naive, snapshot))

    def _snapshots(self) -> Iterator[Finding]:
        if self._snapshot is not None:
            yield from self._some("snapshot-ahead", [self._snapshot.seq])
        # A face that was removed since may have lost one of two vectors that it was added with.
        gone = {
            name
            for kind, name in self._differing
            if kind in _OF_A_VECTOR and self.naive.added_at.get(name, self.seq) > self._folded
        }
        for kind in dict.fromkeys(kind for kind, _ in self._differing):
            ids = {name for each, name in self._differing if each == kind}
            yield from self._some(kind, ids - gone if kind in _OF_A_VECTOR else ids)

    def _synced(self, seq: int) -> GalleryView | None:
        try:
            # As the log has it: faces that have expired by a rule are there until they are erased.
            whole = replace(self._subject.collection, seq=seq, rules={}, tags={})
            return self._gallery.sync(whole)
        except UNREADABLE:
            self._sound, self._refused = False, True
            return None

    def _without_record(self, records: Records) -> list[str]:
        """Return faces that have no record, none of which was committed too late to tell."""
        for _ in range(_ROUNDS):
            known = records.written.keys() | records.unreadable
            missing = [face_id for face_id in self.naive.faces if face_id not in known]
            if not missing:
                return []
            read_more(self._doctor.faces, self._generation, missing, records)
            before = self.seq
            self._advance()
            if self.seq == before:
                break
        known = records.written.keys() | records.unreadable
        return [
            face_id
            for face_id in missing
            if face_id not in known and self.naive.added_at.get(face_id, self.seq) <= before
        ]

    def _uncommitted(self, records: Records, started: float) -> list[Finding]:
        """Tell of records that no entry commits and that are too old to be committed yet."""
        latest = started - self._doctor.grace
        here = self.naive.faces
        old = {
            name: at for name, at in records.written.items() if name not in here and at <= latest
        }
        left = still_there(self._doctor.faces, self._generation, old)
        age = started - max((old[name] for name in left), default=0)
        return self._some("record-uncommitted", left, age)

    def _some(self, kind: str, ids: Iterable[object], age: float | None = None) -> list[Finding]:
        return some(kind, self._subject.place, self._generation, ids, age)
