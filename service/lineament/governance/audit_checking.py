"""Is an account's audit trail what was written? What was altered, removed, moved or slipped in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lineament.domain.audit_anchors import (
    ANCHOR,
    Anchor,
    AnchorUnreadable,
    Kept,
    from_body,
)
from lineament.domain.audit_chain import (
    BLOCK,
    FIRST,
    GENESIS,
    Block,
    BlockUnreadable,
    Sealed,
    hash_of,
    read,
)
from lineament.governance.signing import signed_by

KINDS = {
    "altered": "the block is not what its hash says: it was altered",
    "foreign": "the block says that it is another one: it was moved, or is of another account",
    "unsigned": "the service has not signed the block: it was altered or slipped in",
    "removed": "these blocks are gone",
    "unlinked": "the block does not follow the one before: one of the two was replaced",
    "rewritten": "an anchor names another block: one or more of these were replaced",
    "anchor-altered": "the service has not signed the anchor: it was altered or slipped in",
    "anchor-covered": "the anchor was deleted or written over; the bucket has kept it",
    "anchor-removed": "the anchor is gone, and a later one names it",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that nobody of ours has done."""

    account: str
    kind: str
    first: int
    """The block, or the first of several."""
    last: int


@dataclass(slots=True)
class Verdict:
    """What was looked at, and what was found."""

    account: str
    blocks: int = 0
    entries: int = 0
    end: int = 0
    """The number of the last block."""
    anchored: int = 0
    """The block of the last anchor. What came later could be cut off unseen."""
    findings: Sequence[Finding] = ()


class Check:
    """Checks one account's chain, block by block."""

    def __init__(
        self,
        account: str,
        anchors: Mapping[int, Sequence[Anchor]],
        public_keys: Sequence[str],
        signed_from: int = FIRST,
    ) -> None:
        """Begin before the first block.

        Args:
            account: whose.
            anchors: of blocks, as `read_anchors` returns them.
            public_keys: of the deployment, past ones too; empty: signatures are not looked at.
            signed_from: the first block that must be signed.
        """
        self.verdict = Verdict(account, anchored=max(anchors, default=0))
        self._anchors, self._keys, self._signed_from = anchors, public_keys, signed_from
        self._before: str | None = GENESIS
        """The hash of the block before; None where that is gone or not to be trusted."""
        self._certain = FIRST - 1
        """The last block that an anchor names."""
        self._findings: list[Finding] = []

    def take(self, block: Sealed) -> Block | None:
        """Check the next block; return what it says, None where that cannot be read."""
        verdict, number = self.verdict, block.number
        if number <= verdict.end:  # In a partition where no block of ours is, or of no number.
            self._find("foreign", number)
            return None
        if number > verdict.end + 1:
            self._find("removed", verdict.end + 1, number - 1)
            self._before = None
        verdict.end = number
        verdict.blocks += 1
        actual, content = hash_of(block.body), _content(block)
        sound = self._judge(block, actual, content)
        if content is not None:
            verdict.entries += len(content.entries)
            if sound and self._before not in {None, content.previous}:
                self._find("unlinked", number)
        anchored = [each.hash for each in self._anchors.get(number, ())]
        if sound and any(each != actual for each in anchored):
            self._find("rewritten", self._certain + 1, number)
        if anchored:
            self._certain = number
        # What the next one must name: where the text alone was altered, its hash still tells.
        self._before = actual if sound else None
        return content

    def finish(self, known: int = 0) -> Verdict:
        """Return the verdict; blocks up to the last anchor and up to `known` must have been."""
        last = max(known, self.verdict.anchored)
        if last > self.verdict.end:
            self._find("removed", self.verdict.end + 1, last)
        self.verdict.findings = tuple(self._findings)
        return self.verdict

    def _judge(self, block: Sealed, actual: str, content: Block | None) -> bool:
        """Tell whether a block is one of ours, by itself."""
        if content is None or actual != block.hash:
            self._find("altered", block.number)
            return False
        if (content.account, content.number) != (self.verdict.account, block.number):
            self._find("foreign", block.number)
            return False
        if self._signs(block.number) and not signed_by(
            self._keys, BLOCK, actual.encode(), block.signature
        ):
            self._find("unsigned", block.number)
            return False
        return True

    def _signs(self, number: int) -> bool:
        return bool(self._keys) and number >= self._signed_from

    def _find(self, kind: str, first: int, last: int | None = None) -> None:
        last = first if last is None else last
        self._findings.append(Finding(self.verdict.account, kind, first, last))


def read_anchors(
    table: str, account: str, kept: Iterable[Kept], public_keys: Sequence[str]
) -> tuple[dict[int, list[Anchor]], list[Finding]]:
    """Return the anchors that the deployment has signed, by block, and what is wrong with others.

    Args:
        table: the deployment's name.
        account: whose.
        kept: what the bucket has.
        public_keys: of the deployment; empty: every anchor counts.
    """
    good: dict[int, list[Anchor]] = {}
    findings: list[Finding] = []
    for each in kept:
        anchor = _signed(each, public_keys)
        if anchor is None or (anchor.table, anchor.account, anchor.n) != (
            table,
            account,
            each.number,
        ):
            findings.append(Finding(account, "anchor-altered", each.number, each.number))
            continue
        if each.removed:
            findings.append(Finding(account, "anchor-covered", each.number, each.number))
        good.setdefault(anchor.n, []).append(anchor)
    findings += _gone(account, good)
    return good, findings


def _gone(account: str, good: Mapping[int, Sequence[Anchor]]) -> Iterator[Finding]:
    named = {anchor.previous for anchors in good.values() for anchor in anchors}
    for number in sorted(named - set(good) - {0}):
        yield Finding(account, "anchor-removed", number, number)


def _signed(kept: Kept, public_keys: Sequence[str]) -> Anchor | None:
    try:
        anchor, signature = from_body(kept.body)
    except AnchorUnreadable:
        return None
    if public_keys and signed_by(public_keys, ANCHOR, anchor.message(), signature) is None:
        return None
    return anchor


def _content(block: Sealed) -> Block | None:
    try:
        return read(block.body)
    except BlockUnreadable:
        return None
