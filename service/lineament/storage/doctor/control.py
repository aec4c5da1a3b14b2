"""The control table's items: collections, tombstones, scopes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.storage import keys
from lineament.storage.doctor.findings import Finding, Place
from lineament.storage.records import (
    UNREADABLE,
    Garbage,
    StagedItem,
    from_collection_item,
    from_garbage,
    from_staged,
)
from lineament.storage.staging import ABANDONED_SECONDS
from lineament.storage.table import Item, Table

_MAX_TAGS = 50
_SCOPE_PARTITION = "ACCT#"
_SECRET_PARTITION = "SECRET"  # noqa: S105 - a partition's name


@dataclass(frozen=True, slots=True)
class Named:
    """A collection's item, or its tombstone."""

    place: Place
    collection: Collection | None
    garbage: list[Garbage]
    staged: StagedItem | None

    @property
    def generations(self) -> list[str]:
        """Every generation that the item stands for, as often as it does."""
        mine = [each.generation for each in self.garbage]
        if self.collection is not None:
            mine.append(self.collection.generation)
        if self.staged is not None:
            mine.append(self.staged.generation)
        return mine


@dataclass(slots=True)
class Control:
    """The whole control table, read once."""

    named: list[Named] = field(default_factory=list)
    known_scopes: set[Scope] = field(default_factory=set)
    unreadable: list[tuple[Place, str]] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def generations(self) -> set[str]:
        """Every generation that some item stands for."""
        return {each for named in self.named for each in named.generations}


def read_control(table: Table) -> Control:
    """Read every item; what cannot be read is kept by its key."""
    control = Control()
    for item in table.scan():
        partition, sort = str(item["pk"]["S"]), str(item["sk"]["S"])
        place = Place()
        try:
            if partition == keys.SCOPES:
                control.known_scopes.add(keys.from_scope_key(item))
            elif partition == _SECRET_PARTITION:
                bytes(item["value"]["B"])
            elif partition.startswith(_SCOPE_PARTITION) and sort.startswith(keys.FIRST_COLLECTION):
                _, account, region = partition.split("#")
                place = Place(account, region, sort.removeprefix(keys.FIRST_COLLECTION))
                control.named.append(_read(place, item))
            else:
                control.foreign.append(f"{partition} {sort}")
        except UNREADABLE:
            control.unreadable.append((place, f"{partition} {sort}"))
    return control


def judge(control: Control, now: float) -> list[Finding]:
    """Tell what is wrong with, or left over in, the control table.

    Args:
        control: the table.
        now: epoch seconds of its reading.
    """
    findings = [Finding("item-unreadable", place, ids=(key,)) for place, key in control.unreadable]
    findings += [Finding("item-foreign", ids=(key,)) for key in control.foreign]
    findings += _shared(control.named)
    for named in control.named:
        place = named.place
        if Scope(place.account, place.region) not in control.known_scopes:
            scope = f"{place.account}#{place.region}"
            findings.append(Finding("scope-unknown", place, ids=(scope,)))
        if named.collection is not None and len(named.collection.tags) > _MAX_TAGS:
            findings.append(Finding("tags-too-many", place, named.collection.generation))
        findings += [
            Finding("purge-waiting", place, each.generation, age=now - each.deleted)
            for each in named.garbage
        ]
        if named.staged is not None:
            findings += _judge_stage(named, named.staged, now)
    return findings


def _read(place: Place, item: Item) -> Named:
    scope = Scope(place.account, place.region)
    return Named(place, from_collection_item(scope, item), from_garbage(item), from_staged(item))


def _shared(named: Iterable[Named]) -> Iterator[Finding]:
    everyone = list(named)
    counts = Counter(each for one in everyone for each in one.generations)
    for one in everyone:
        for generation in dict.fromkeys(one.generations):
            if counts[generation] > 1:
                yield Finding("generation-twice", one.place, generation)


def _judge_stage(named: Named, staged: StagedItem, now: float) -> Iterator[Finding]:
    living = "" if named.collection is None else named.collection.generation
    if staged.generation == staged.origin or not staged.run or not staged.generation:
        yield Finding("stage-contradiction", named.place, staged.generation)
    elif living != staged.origin or staged.at <= now - ABANDONED_SECONDS:
        yield Finding("stage-abandoned", named.place, staged.generation, age=now - staged.at)
