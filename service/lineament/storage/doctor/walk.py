"""Walking both tables: every collection, and what no collection knows of."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from lineament.context import Scope
from lineament.domain.ports import ChangeLog, Gallery
from lineament.storage import keys
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.doctor.control import Control, Named, judge, read_control
from lineament.storage.doctor.findings import BROKEN, Finding, Place, common, confirmed
from lineament.storage.doctor.folded import published_snapshot
from lineament.storage.doctor.generation import Doctor, Examined, Subject, examine
from lineament.storage.doctor.leftovers import look_over
from lineament.storage.provision import Tables
from lineament.storage.records import UNREADABLE, from_staged
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.sweep import DEFAULT_GRACE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look at; everything where all is None."""

    account: str | None = None
    region: str | None = None
    collection: str | None = None

    def __call__(self, place: Place) -> bool:
        """Tell whether a place is asked for."""
        return (
            self.account in {None, place.account}
            and self.region in {None, place.region}
            and self.collection in {None, place.collection}
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A living collection."""

    place: Place
    faces: int
    users: int
    seq: int


@dataclass(slots=True)
class Diagnosis:
    """What a walk found."""

    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def broken(self) -> list[Finding]:
        """What is lost, or contradicts itself."""
        return [each for each in self.findings if each.severity == BROKEN]


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a walk is, in seconds."""

    grace: float = DEFAULT_GRACE
    """Younger records may yet be committed."""
    pause: float = 2.0
    """Between the two looks at what may be on its way."""
    patience: float = 1.0
    """For the entry of a number that was just given out."""
    clock: Callable[[], float] = time.time
    """Tells epoch seconds."""


def diagnose(  # noqa: PLR0913 - what to look at, and with what
    tables: Tables,
    gallery: Callable[[ChangeLog], Gallery],
    wanted: Wanted = Wanted(),
    pace: Pace = Pace(),
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    snapshots: SnapshotStore | None = None,
) -> Diagnosis:
    """Look at everything that is asked for. Writes nothing; others may write meanwhile.

    Reads the control table whole, every log and record, and the keys of the faces table unless one
    collection is asked for. Holds one collection's vectors at a time, twice, and once more, as
    float16, up to the number of its snapshot.

    Args:
        tables: where.
        gallery: makes an empty gallery over a log.
        wanted: what to look at.
        pace: how patiently.
        progress: told how many entries and keys were read, and how many entries there are.
        snapshots: to compare with their logs; None: they are passed over.

    Raises:
        LineamentError: DynamoDB or S3 does not answer.
    """
    control = read_control(tables.control)
    asked = [named for named in control.named if wanted(named.place)]
    meter = _Meter(progress, sum(_numbers(named) for named in asked))
    doctor = Doctor(
        tables.faces,
        gallery,
        pace.grace,
        pace.pause,
        pace.patience,
        pace.clock,
        meter.advance,
        lambda generation: published_snapshot(snapshots, generation),
    )
    diagnosis = Diagnosis()
    for named in sorted(asked, key=_order):
        for subject in _subjects(tables, named):
            examined = examine(doctor, subject)
            if examined is not None:
                _note(diagnosis, subject, examined)
    diagnosis.findings += _control_findings(tables, control, wanted, pace)
    if wanted.collection is None:
        diagnosis.findings += confirmed(
            lambda: look_over(
                tables.faces,
                lambda: read_control(tables.control).generations,
                wanted,
                pace.clock(),
                meter.advance,
            ),
            pace.pause,
        )
    return diagnosis


class _Meter:
    def __init__(self, progress: Callable[[int, int], None], total: int) -> None:
        self._progress = progress
        self._done, self._total = 0, total

    def advance(self, count: int) -> None:
        self._done += count
        self._total = max(self._total, self._done)
        self._progress(self._done, self._total)


def _control_findings(tables: Tables, seen: Control, wanted: Wanted, pace: Pace) -> list[Finding]:
    first = judge(seen, pace.clock())
    if not first:
        return []
    time.sleep(pace.pause)
    both = common(first, judge(read_control(tables.control), pace.clock()))
    return [each for each in both if wanted(each.place)]


def _note(diagnosis: Diagnosis, subject: Subject, examined: Examined) -> None:
    diagnosis.findings += examined.findings
    if subject.living:
        row = Row(subject.place, examined.faces, examined.users, examined.seq)
        diagnosis.rows.append(row)


def _order(named: Named) -> tuple[str, str, str]:
    return (named.place.account, named.place.region, named.place.collection)


def _numbers(named: Named) -> int:
    living = 0 if named.collection is None else named.collection.seq
    return living + (0 if named.staged is None else named.staged.seq)


def _subjects(tables: Tables, named: Named) -> Iterator[Subject]:
    """Yield the generations of an item that are in use; those for the purge are not judged."""
    if named.collection is None:
        return
    collection, staged = named.collection, named.staged
    yield Subject(collection, named.place, lambda: _newest(tables, collection.scope, named))
    if staged is not None and staged.origin == collection.generation:
        made = replace(collection, generation=staged.generation, seq=staged.seq)
        yield Subject(
            made, named.place, lambda: _newest_staged(tables, collection.scope, named), living=False
        )


def _newest(tables: Tables, scope: Scope, named: Named) -> int | None:
    now = DynamoCollectionStore(tables).find(scope, named.place.collection)
    mine = named.collection
    return None if now is None or mine is None or now.generation != mine.generation else now.seq


def _newest_staged(tables: Tables, scope: Scope, named: Named) -> int | None:
    item = tables.control.get(keys.collection_key(scope, named.place.collection))
    try:
        now = None if item is None else from_staged(item)
    except UNREADABLE:
        return None
    mine = named.staged
    return None if now is None or mine is None or now.generation != mine.generation else now.seq
