"""Anchors: where a chain stood and when, signed, and kept where the table's writers do not reach.

A chain alone tells nothing about its tail: whoever may write the table can cut it off. What an
anchor names must be there for ever.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from lineament.domain.audit import canonical
from lineament.domain.audit_chain import Signs
from lineament.errors import LineamentError

ANCHOR = "audit anchor"
"""What a signature of an anchor is for."""


class AnchorUnreadable(LineamentError):
    """Nothing of ours has written this object."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where an account's chain stood."""

    table: str
    """Of the deployment."""
    account: str
    n: int
    """The block."""
    hash: str
    """Of the block."""
    time: float
    """Epoch seconds at which this was signed."""
    previous: int
    """The block of the anchor before; 0 where the writer knew of none."""

    def message(self) -> bytes:
        """Return what is signed."""
        return canonical(asdict(self)).encode()


@dataclass(frozen=True, slots=True)
class Kept:
    """A version of an anchor's object, as the bucket gives it."""

    account: str
    number: int
    """By its key, as the account is."""
    body: bytes
    removed: bool = False
    """Somebody has deleted or covered it; the bucket has kept it."""


def to_body(anchor: Anchor, signer: Signs) -> bytes:
    """Return an anchor's object, signed."""
    signature = signer.sign(ANCHOR, anchor.message()).hex()
    return canonical(
        {"anchor": asdict(anchor), "key": signer.key_id, "signature": signature}
    ).encode()


def from_body(body: bytes) -> tuple[Anchor, bytes]:
    """Return an anchor and its signature, which is not checked here.

    Raises:
        AnchorUnreadable: nothing of ours has written it.
    """
    try:
        found: dict[str, Any] = json.loads(body)
        return Anchor(**found["anchor"]), bytes.fromhex(found["signature"])
    except (KeyError, TypeError, ValueError) as error:
        raise AnchorUnreadable(type(error).__name__) from error
