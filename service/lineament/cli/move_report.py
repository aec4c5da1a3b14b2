"""What `lineament move` shows while it is at work, and what it says of each collection."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from tqdm import tqdm

from lineament.cli.relocating import MEMORY, Outcome
from lineament.domain.collections import Collection


def line(collection: Collection, outcome: Outcome, to: str) -> str:
    """Return what came of a collection's move."""
    name = collection.collection_id
    plain = {
        "already": f"{name} is in {to} already; nothing to do",
        "empty": f"{name} has no face; it stays in memory, where it takes next to nothing",
        "failed": f"{name} was not moved",
    }
    if outcome.state in plain:
        return plain[outcome.state]
    told = f"{_put(outcome)}; {_compared(outcome)}" if to != MEMORY else _compared(outcome)
    if outcome.state == "moved":
        return f"{name} is in {to}: {outcome.faces:,} faces; {told}"
    dropped = "; what was put there is dropped, so that another run begins anew"
    return f"{name}: {told}. Nothing was switched{'' if to == MEMORY else dropped}"


def _put(outcome: Outcome) -> str:
    rate = outcome.put / outcome.put_seconds if outcome.put_seconds > 0 else 0
    earlier = f", {outcome.there:,} were there" if outcome.there else ""
    seconds = f"{outcome.put_seconds:.1f} s, {rate:,.0f} rows/s"
    return f"{outcome.put:,} rows put in {seconds}{earlier}"


def _compared(outcome: Outcome) -> str:
    compared = outcome.compared
    if not compared.rows:
        return "nothing was compared"
    counts = f"{compared.rows:,} rows and {compared.answers:,} answers"
    answers = ", ".join(
        f"{count:,} answers of {whose}" for whose, count in compared.differ.items() if count
    )
    rows = f"{compared.wrong:,} rows" if compared.wrong else ""
    differ = ", ".join(each for each in (rows, answers) if each)
    result = f"{differ} differ from brute force" if differ else "all as brute force has them"
    return f"{counts} compared in {outcome.compare_seconds:.1f} s, {result}"


def to_report(outcomes: Sequence[tuple[Collection, Outcome]], to: str) -> dict[str, object]:
    """Return what --json writes."""
    return {
        "to": to,
        "collections": [
            {
                "collection": collection.collection_id,
                "account": collection.scope.account,
                "region": collection.scope.region,
                **asdict(outcome),
            }
            for collection, outcome in outcomes
        ],
    }


class Bars:
    """A bar for each stage, with the rate of this run."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._stage = ""
        self._bar: tqdm[None] | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        if self._bar is None or stage != self._stage:
            self.end()
            quiet = not sys.stderr.isatty()
            # What was there before does not count in the rate.
            initial = done if stage == "rows" else 0
            self._bar = tqdm(
                desc=stage, total=total, initial=initial, mininterval=30 if quiet else 0.2
            )
            self._stage = stage
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def end(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None


@contextmanager
def bars() -> Iterator[Bars]:
    """Give what shows progress, and end it."""
    shown = Bars()
    try:
        yield shown
    finally:
        shown.end()
