"""Blocks of audit chains <-> the trust table.

Block n is written once, on the condition that there is none, by a writer who knows that block n - 1
stands. So a chain has no gap, whoever dies where. The hint where it ends saves reading, and is
never believed where blocks say otherwise.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lineament.domain.audit_chain import FIRST, Sealed, Tip
from lineament.errors import LineamentError
from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.table import Item, Table

HINT_EVERY = 8
"""Blocks between two hints."""
_ACCOUNTS = "AUDIT"
"""The partition that lists the accounts with a chain."""
_AHEAD = (*range(1, HINT_EVERY + 2), *(1 << power for power in range(4, 32)))
"""Steps from a block at which blocks are looked for: all of the next ones, then ever wider."""
_ZERO = {"N": "0"}
_LAST_SORT = "~"
_LATE = 4096
"""Blocks that others may write while a partition's are read, at most."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What is noted of a chain beside its blocks."""

    tip: Tip
    anchored: int = 0
    """Up to which block there is an anchor."""
    anchored_at: float = 0.0
    """Epoch seconds."""


class AuditBlocks:
    """The chains of all accounts. Safe to share between threads."""

    def __init__(self, trust: Table) -> None:
        """Keep them in `trust`."""
        self._trust = trust

    def put(self, account: str, block: Sealed) -> Tip:
        """Write a block where none is, and return what stands there: it, or another's.

        The first block of an account has the account listed before it stands.

        Raises:
            LineamentError: DynamoDB does not take it. It may stand all the same, or come to stand
                later, unless another's stands there.
        """
        key = keys.audit_block_key(account, block.number)
        try:
            there = self._trust.put_new({**key, **_to_item(block)})
        except LineamentError:
            there = None
            with suppress(LineamentError):
                there = self._trust.get(key)
            if there is None:
                raise
        return block.tip if there is None else Tip(block.number, _text(there, "hash"))

    def tip(self, account: str) -> Tip:
        """Return where a chain ends; number 0 where it has not begun."""
        return self.ahead(account, self.hint(account).tip)

    def is_signed(self, account: str) -> bool:
        """Tell whether the last block of a chain bears a signature."""
        last = self.tip(account).number
        item = self._trust.get(keys.audit_block_key(account, last)) if last >= FIRST else None
        return item is not None and "signature" in item

    def ahead(self, account: str, tip: Tip) -> Tip:
        """Return where a chain ends that is known up to `tip`."""
        while True:
            numbers = [tip.number + step for step in _AHEAD]
            found = self._hashes(account, [number for number in (tip.number, *numbers) if number])
            last = tip.number
            for number in numbers:
                if number not in found:
                    break
                last = number
            # The hint's own hash counts only where its block is gone, which `verify` tells.
            tip = Tip(last, found.get(last, tip.hash))
            if tip.number + 1 in numbers:  # Looked for, and not there.
                return tip

    def hint(self, account: str) -> Hint:
        """Return what is noted of a chain; of one without a note, that it has not begun."""
        item = self._trust.get(keys.audit_head_key(account)) or {}
        tip = Tip(int(item["n"]["N"]), _text(item, "hash")) if "n" in item else Tip()
        anchored, at = (float(item.get(name, _ZERO)["N"]) for name in ("anchored", "anchored_at"))
        return Hint(tip, int(anchored), at)

    def enlist(self, account: str) -> None:
        """List an account, before it has a block."""
        self._trust.put({"pk": {"S": _ACCOUNTS}, "sk": {"S": account}})

    def note(self, account: str, tip: Tip) -> None:
        """Note where a chain ends, unless a later end is noted."""
        self._note(
            account,
            "SET #n = :n, #hash = :hash",
            "attribute_not_exists(#n) OR #n < :n",
            {":n": {"N": str(tip.number)}, ":hash": {"S": tip.hash}},
        )

    def note_anchor(self, account: str, number: int, now: float) -> None:
        """Note up to which block there is an anchor."""
        self._note(
            account,
            "SET #anchored = :n, #anchored_at = :now",
            "attribute_not_exists(#anchored) OR #anchored < :n",
            {":n": {"N": str(number)}, ":now": {"N": str(int(now))}},
        )

    def accounts(self) -> list[str]:
        """Return the accounts that have a chain."""
        listed = self._trust.query(_ACCOUNTS, "0", _LAST_SORT, fields=("sk",))
        return [_text(item, "sk") for item in listed]

    def read(self, account: str, known: int = 0) -> Iterator[Sealed]:
        """Yield a chain's blocks, ascending, with nothing in place of those that are gone.

        Args:
            account: whose.
            known: a number up to which there have been blocks; those behind a partition without
                any are found only up to there.
        """
        known = max(known, self.hint(account).tip.number)
        start = last = 0
        while True:
            key = keys.audit_block_key(account, start)
            found = False
            for item in self._trust.query(_text(key, "pk"), "0", _LAST_SORT):
                found = True
                block = _from_item(item)
                yield from self._late(account, last + 1, block.number)
                last = max(last, block.number)
                yield block
            start += keys.PER_PARTITION
            if not found and start > max(known, FIRST):
                return

    def _late(self, account: str, start: int, end: int) -> Iterator[Sealed]:
        """Yield blocks from `start` to before `end` that were written since they were read over."""
        if not 0 < end - start <= _LATE:
            return
        wanted = [keys.audit_block_key(account, number) for number in range(start, end)]
        yield from sorted(map(_from_item, self._trust.get_many(wanted)), key=_number)

    def _hashes(self, account: str, numbers: list[int]) -> dict[int, str]:
        wanted = [keys.audit_block_key(account, number) for number in numbers]
        items = self._trust.get_many(wanted, ("sk", "hash"))
        return {int(_text(item, "sk")): _text(item, "hash") for item in items}

    def _note(self, account: str, change: str, condition: str, values: dict[str, Any]) -> None:
        with suppress(ConditionFailed):
            self._trust.update(keys.audit_head_key(account), change, condition, values)


def _to_item(block: Sealed) -> Item:
    signed = {"signature": {"B": block.signature}} if block.signature else {}
    return {"body": {"S": block.body}, "hash": {"S": block.hash}, **signed}


def _from_item(item: Item) -> Sealed:
    """Return a block, with empty members in place of what somebody has taken away."""
    sort, signature = _text(item, "sk"), item.get("signature", {}).get("B", b"")
    number = int(sort) if sort.isdecimal() and sort.isascii() else FIRST - 1
    return Sealed(number, _text(item, "body"), _text(item, "hash"), bytes(signature))


def _number(block: Sealed) -> int:
    return block.number


def _text(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
