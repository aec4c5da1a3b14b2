"""Who writes what an engine holds of a generation: one at a time, and nobody unnoticed.

The item of the generation's snapshots tells who, and when that one was last heard of. A writer that
is heard of no more is replaced; then nothing that it goes on writing can be published. What it may
have left in the engine by then counts for nobody, and is looked for again some minutes later.
"""

import secrets
import time
from collections.abc import Callable

from lineament.errors import LineamentError
from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.table import Table

_LOST = "another process writes to the engine now"
LOST_SECONDS = 120.0
"""Not heard of for so long, a writer is gone, or hangs: no call of it takes as long."""
_HEARD_SECONDS = 15.0
LATE_SECONDS = 600.0
"""By then a replaced writer writes no more, and no process searches what was left."""


class TenureLost(LineamentError):
    """Another process has taken over, or the generation was deleted."""


class Tenure:
    """The right to write. One thread's; `take` gives it."""

    def __init__(
        self, faces: Table, generation: str, clock: Callable[[], float], *, replacing: bool
    ) -> None:
        """Use `take`."""
        self.token = secrets.token_hex(8)
        self.replacing = replacing
        """Another has not finished: the engine may hold anything."""
        self._faces, self._generation, self._clock = faces, generation, clock
        self._heard = clock()

    @classmethod
    def take(
        cls, faces: Table, generation: str, engine: str, clock: Callable[[], float] = time.time
    ) -> "Tenure | None":
        """Begin to write; None while another does.

        Args:
            faces: the table of the snapshots' items.
            generation: one with such an item, which a claim makes.
            engine: what is written to; the item names it from before its first row is written.
            clock: epoch seconds.

        Raises:
            TenureLost: the generation has no such item (any more).
        """
        for replacing in (False, True):
            tenure = cls(faces, generation, clock, replacing=replacing)
            if tenure._begin(engine):
                return tenure
        if faces.get(keys.snapshot_key(generation)) is None:
            raise TenureLost("a collection was deleted while its vectors were to be moved")
        return None

    def keep(self, *, at_once: bool = False) -> None:
        """Be heard of: call this between two calls of the engine.

        Args:
            at_once: be sure of it now, before what cannot be made good again.

        Raises:
            TenureLost: write nothing more.
        """
        now = self._clock()  # Not `monotonic`, which stands still while a machine is suspended.
        if now - self._heard < _HEARD_SECONDS and not at_once:
            return
        self._require("SET #written = :now", {":now": _number(now)})
        self._heard = now

    def engage(self, object_key: str, engine: str) -> bool:
        """Have the engine hold a published snapshot's vectors, as it does; False if it is not that.

        Raises:
            TenureLost: another has taken over.
        """
        try:
            self._faces.update(
                keys.snapshot_key(self._generation),
                "SET #engine = :engine",
                "#writer = :token AND #object = :object",
                {
                    ":engine": {"S": engine},
                    ":token": {"S": self.token},
                    ":object": {"S": object_key},
                },
            )
        except ConditionFailed as failed:
            if (failed.item or {}).get("writer") != {"S": self.token}:
                raise TenureLost(_LOST) from failed
            return False
        return True

    def disengage(self) -> None:
        """Have no engine hold vectors; `placement.mend` drops the tables once nobody reads them.

        Raises:
            TenureLost: another has taken over.
        """
        self._require("REMOVE #engine", {})

    def finish(self, *, recheck: float | None = None, settled: bool = False) -> None:
        """End it.

        Args:
            recheck: have the engine looked through in so many seconds. Where another writer was
                replaced, so it is after `LATE_SECONDS` at the earliest: it may write until then.
            settled: it was looked through, and there is no other reason to do so again.

        Raises:
            TenureLost: another has taken over.
        """
        end = "REMOVE #writer, #written"
        now = self._clock()
        change = "SET #checked = " + (":now" if settled else "if_not_exists(#checked, :now)")
        values = {":now": _number(now)}
        after = max(recheck or 0.0, LATE_SECONDS) if self.replacing else recheck
        if after is not None:
            change += ", #recheck = :at"
            values[":at"] = _number(now + after)
        elif settled:
            end += ", #recheck"
        self._require(f"{change} {end}", values)

    def vacate(self) -> None:
        """End it: the engine has no table of the generation any more.

        Raises:
            TenureLost: another has taken over.
        """
        if self.replacing:
            self.finish()
        else:
            self._require("REMOVE #writer, #written, #recheck, #held, #checked", {})

    def _begin(self, engine: str) -> bool:
        now = self._clock()
        values = {
            ":engine": {"S": engine},
            ":token": {"S": self.token},
            ":now": _number(now),
            **({":lost": _number(now - LOST_SECONDS)} if self.replacing else {}),
        }
        free = "#written < :lost" if self.replacing else "attribute_not_exists(#writer)"
        change = "SET #held = :engine, #writer = :token, #written = :now"
        try:
            self._faces.update(
                keys.snapshot_key(self._generation),
                change,
                f"attribute_exists(#claimed) AND {free}",
                values,
            )
        except ConditionFailed as failed:
            # The client may have sent the write twice, and the first one may have arrived.
            return (failed.item or {}).get("writer") == {"S": self.token}
        return True

    def _require(self, change: str, values: dict[str, dict[str, str]]) -> None:
        mine = {":token": {"S": self.token}}
        try:
            self._faces.update(
                keys.snapshot_key(self._generation), change, "#writer = :token", values | mine
            )
        except ConditionFailed as failed:
            left = failed.item or {}
            if "#writer" in change and left and "writer" not in left:
                return  # Sent twice: the first one has arrived.
            raise TenureLost(_LOST) from failed


def _number(value: float) -> dict[str, str]:
    return {"N": str(int(value))}
