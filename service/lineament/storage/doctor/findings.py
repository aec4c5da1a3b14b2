"""What a look at the tables can find, and how bad it is."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

BROKEN = "broken"
"""Something that was acknowledged is lost, or the table contradicts itself."""
PENDING = "pending"
"""Neither right nor wrong yet: the next reader or writer settles it, or another setting."""
WASTE = "waste"
"""Room that is taken for nothing: housekeeping's business, most of it."""

_RELOAD = (
    "`lineament move COLLECTION --to memory`, and back once `lineament housekeeping`, ten minutes "
    "later, has dropped its tables"
)
_WITHIN = f"housekeeping puts it again within a week; at once: {_RELOAD}"
_ANEW = "delete the object, and housekeeping makes one from the whole log"

KINDS = {
    "item-unreadable": (BROKEN, "an item of the control table that cannot be read"),
    "entry-unreadable": (BROKEN, "a number of the log whose entry cannot be read"),
    "entry-lost": (BROKEN, "a number of the log that others have read and that is gone"),
    "entry-above-seq": (BROKEN, "an entry at a number that the collection has not given out"),
    "log-unopened": (BROKEN, "a living generation without number 0: readers believe it purged"),
    "record-unreadable": (
        BROKEN,
        "a face's record that cannot be read, or is where nobody looks",
    ),
    "record-missing": (
        BROKEN,
        "a committed face without a record; index its photo again",
    ),
    "vector-missing": (BROKEN, "a committed face whose vector is gone, though nobody removed it"),
    "vector-length": (BROKEN, "a vector of another length than most of the collection's"),
    "vector-useless": (BROKEN, "a vector that is zero, not finite, or no row of 16-bit floats"),
    "user-nameless": (BROKEN, "a user whose UserId is erased, though nobody deleted it"),
    "gallery-disagrees": (BROKEN, "what searches see is not what the log comes to"),
    "snapshot-face-missing": (BROKEN, f"a face that its snapshot lacks; {_ANEW}"),
    "snapshot-face-unknown": (
        BROKEN,
        f"a face of a snapshot that its log does not have, or not so often; {_ANEW}",
    ),
    "snapshot-vector-differs": (BROKEN, f"a face whose vector is another in its snapshot; {_ANEW}"),
    "snapshot-mark-differs": (
        BROKEN,
        f"a face that another number of the log added than its snapshot says; {_ANEW}",
    ),
    "snapshot-user-differs": (
        BROKEN,
        f"a user that its snapshot has not, has too much, or has otherwise; {_ANEW}",
    ),
    "snapshot-ahead": (
        BROKEN,
        "a snapshot of a number that the collection has not given out",
    ),
    "engine-table-missing": (
        BROKEN,
        f"an engine has no table, or an empty one, of what searches are to find; {_WITHIN}",
    ),
    "engine-row-missing": (
        BROKEN,
        f"a face or user that no search finds, as its engine has lost the row; {_WITHIN}",
    ),
    "engine-row-differs": (
        BROKEN,
        f"a face or user whose vector is another in its engine; {_RELOAD}",
    ),
    "celebrity-unreadable": (BROKEN, "a celebrity's item that cannot be read"),
    "celebrity-unnamed": (BROKEN, "a celebrity with faces of whom nothing is told"),
    "scope-unknown": (BROKEN, "an account and region that housekeeping does not find"),
    "tags-too-many": (BROKEN, "more tags than a resource may have"),
    "stage-contradiction": (BROKEN, "a generation in the making that cannot be one"),
    "generation-twice": (BROKEN, "one generation that two items, or two roles, claim"),
    "token-unreadable": (BROKEN, "a ClientRequestToken's record that cannot be read"),
    "number-empty": (
        PENDING,
        "a number without an entry, as a crash leaves it; readers void it",
    ),
    "collection-busy": (PENDING, "changed faster than it could be looked at"),
    "engine-unlooked": (
        PENDING,
        "vectors in an engine that no setting here names, so that it cannot be looked at",
    ),
    "record-uncommitted": (WASTE, "a record of no committed face"),
    "vector-kept": (WASTE, "a removed face whose vector is still there"),
    "name-kept": (WASTE, "a number that still holds the UserId of a user that is no more"),
    "celebrity-kept": (WASTE, "what is told of a celebrity who is no more; remove it again"),
    "purge-waiting": (WASTE, "a deleted generation that waits for the purge"),
    "stage-abandoned": (WASTE, "a generation in the making that nobody will finish"),
    "generation-unnamed": (WASTE, "items of a generation that no collection names, nor the purge"),
    "snapshot-useless": (
        WASTE,
        "a snapshot that is missing or damaged; the log, which is whole, is read in its place",
    ),
    "snapshot-kept": (WASTE, "objects in S3 that are no snapshot, or no longer one"),
    "engine-row-kept": (
        WASTE,
        "a row of an engine that its snapshot does not name; housekeeping removes it in a week",
    ),
    "engine-table-kept": (WASTE, "an engine's tables of a generation that has none, or of nobody"),
    "engine-writer-lost": (
        WASTE,
        "who wrote to an engine is heard of no more; housekeeping looks through what it left",
    ),
    "token-expired": (WASTE, "a ClientRequestToken's record that has expired"),
    "item-foreign": (WASTE, "an item that is none of this release's"),
}
"""Severity and meaning of each kind."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose a finding is; empty where it is nobody's."""

    account: str = ""
    region: str = ""
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of damage or waste in one place."""

    kind: str
    place: Place = Place()
    generation: str = ""
    ids: tuple[str, ...] = ()
    """FaceIds, internal ids of users, numbers of the log, or keys: never a name, never a vector."""
    age: float | None = None
    """Seconds, where it can be known; of the youngest."""

    @property
    def severity(self) -> str:
        """BROKEN, PENDING or WASTE."""
        return KINDS[self.kind][0]

    def to_json(self) -> dict[str, Any]:
        """Return the finding as `--json` has it."""
        age = None if self.age is None else round(self.age)
        return {
            "severity": self.severity,
            "kind": self.kind,
            "meaning": KINDS[self.kind][1],
            **asdict(self.place),
            "generation": self.generation,
            "ids": list(self.ids),
            "age_seconds": age,
        }


def some(
    kind: str,
    place: Place,
    generation: str,
    ids: Iterable[object],
    age: float | None = None,
) -> list[Finding]:
    """Return a finding of these ids, or none where there are none."""
    found = tuple(sorted({str(each) for each in ids}))
    return [Finding(kind, place, generation, found, age)] if found else []


def confirmed(
    look: Callable[[], Sequence[Finding]], pause: float, sleep: Callable[[float], None] = time.sleep
) -> list[Finding]:
    """Return what is found twice: what was only on its way is another thing by then.

    Args:
        look: looks anew each time.
        pause: seconds between two looks.
        sleep: waits.
    """
    first = look()
    if not first:
        return []
    sleep(pause)
    return common(first, look())


def common(first: Iterable[Finding], second: Iterable[Finding]) -> list[Finding]:
    """Return what both tell; of a finding of several ids, those that both have."""
    before: dict[tuple[str, Place, str], set[str]] = {}
    for each in first:
        before.setdefault((each.kind, each.place, each.generation), set()).update(each.ids)
    both = []
    for each in second:
        known = before.get((each.kind, each.place, each.generation))
        if known is None:
            continue
        ids = tuple(name for name in each.ids if name in known)
        if ids or not each.ids:
            both.append(replace(each, ids=ids))
    return both
