"""What a walk over the whole faces table finds: tokens, and items that are nobody's."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lineament.storage.doctor.findings import Finding, Place, some
from lineament.storage.records import UNREADABLE
from lineament.storage.table import Item, Key, Table

_TOKEN = "TOKEN"  # noqa: S105 - a partition's name
_NOTICE = "NOTICE"
"""Of an upload: a row that is of no generation, and expires."""
_SAMPLE = 100
"""Items of an unknown generation that are looked at."""
_BATCH = 1000
"""Tokens read at once."""
_REQUIRED = {
    "digest": "S",
    "collection_id": "S",
    "lineage": "S",
    "generation": "S",
    "after": "N",
    "expires": "N",
}


@dataclass(slots=True)
class _Scan:
    samples: dict[str, list[Key]] = field(default_factory=dict)
    """By generation."""
    tokens: list[Key] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def note(self, key: Key) -> None:
        partition = str(key["pk"]["S"])
        kind, _, rest = partition.partition("#")
        generation = rest.split("#")[0]
        if kind == _TOKEN:
            self.tokens.append(key)
        elif kind == _NOTICE:
            return
        elif generation:
            sample = self.samples.setdefault(generation, [])
            if len(sample) < _SAMPLE:
                sample.append(key)
        else:
            self.foreign.append(f"{partition} {key['sk']['S']}")


def look_over(
    faces: Table,
    known: Callable[[], Iterable[str]],
    wanted: Callable[[Place], bool],
    now: float,
    progress: Callable[[int], None],
) -> list[Finding]:
    """Walk over the faces table.

    Args:
        faces: the table.
        known: reads the generations that the control table tells of; called after the walk, so
            that what was made meanwhile is among them.
        wanted: tells whose tokens to look at; items that are nobody's count as Place()'s.
        now: epoch seconds.
        progress: told how many keys were read.
    """
    found = _Scan()
    for count, item in enumerate(faces.scan(("pk", "sk")), 1):
        found.note(item)
        if count % _SAMPLE == 0:
            progress(_SAMPLE)
    findings = _judge_tokens(_read(faces, found.tokens), wanted, now)
    if wanted(Place()):
        findings += some("item-foreign", Place(), "", found.foreign)
        for generation in found.samples.keys() - set(known()):
            findings += _unnamed(faces, generation, found.samples[generation], now)
    return findings


def _unnamed(faces: Table, generation: str, sample: list[Key], now: float) -> list[Finding]:
    there = faces.get_many(sample, ("pk", "sk", "at"))  # The purge may have taken them meanwhile.
    written = [int(item["at"]["N"]) for item in there if "at" in item]
    age = now - max(written) if written else None
    return some("generation-unnamed", Place(), generation, map(_name, there), age)


def _read(faces: Table, tokens: list[Key]) -> Iterator[Item]:
    """Yield the records, some at a time: their answers together may not fit into memory."""
    for start in range(0, len(tokens), _BATCH):
        yield from faces.get_many(tokens[start : start + _BATCH])


def _judge_tokens(
    items: Iterable[Item], wanted: Callable[[Place], bool], now: float
) -> list[Finding]:
    unreadable: dict[Place, list[str]] = {}
    expired: dict[Place, dict[str, float]] = {}
    for item in items:
        _, account, region, *_ = (*str(item["pk"]["S"]).split("#"), "", "", "")
        place = Place(account, region)
        if not wanted(place):
            continue
        try:
            expires = _expiry(item)
        except UNREADABLE:
            unreadable.setdefault(place, []).append(_name(item))
            continue
        if expires <= now:
            expired.setdefault(place, {})[_name(item)] = now - expires
    findings: list[Finding] = []
    for place, names in unreadable.items():
        findings += some("token-unreadable", place, "", names)
    for place, ages in expired.items():
        findings += some("token-expired", place, "", ages, min(ages.values()))
    return findings


def _expiry(item: Item) -> int:
    for name, kind in _REQUIRED.items():
        if not item[name][kind]:
            raise ValueError("a token without what it was taken for")
    int(item["after"]["N"])
    if "answer" in item and not isinstance(json.loads(item["answer"]["S"]), dict):
        raise ValueError("an answer that is none")
    return int(item["expires"]["N"])


def _name(item: Item) -> str:
    return f"{item['pk']['S']} {item['sk']['S']}"
