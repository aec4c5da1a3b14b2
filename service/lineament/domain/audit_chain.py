"""The chain of an account's audit entries: blocks, each with the hash of the one before it.

A block's text is `canonical` JSON, and its hash is the SHA-256 of that text as it is stored: who
checks a chain needs no rule of ours to write it down again.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lineament.domain.audit import Entry, canonical
from lineament.errors import LineamentError

GENESIS = "0" * 64
"""In the first block, in place of the hash of the one before."""
FIRST = 1
BLOCK_BYTES = 256 * 1024
"""Entries of a block, unless one entry alone is longer. DynamoDB takes 400 kB."""
BLOCK = "audit block"
"""What a signature of a block's hash is for."""


class BlockUnreadable(LineamentError):
    """Nothing of ours has written this text."""


class Signs(Protocol):
    """Signs for one purpose at a time, so that no signature can stand for another thing's."""

    @property
    def key_id(self) -> str:
        """Which key signs."""

    def sign(self, purpose: str, message: bytes) -> bytes:
        """Return the signature of a message for a purpose."""


@dataclass(frozen=True, slots=True)
class Tip:
    """Where a chain ends."""

    number: int = FIRST - 1
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Sealed:
    """A block as it is stored."""

    number: int
    body: str
    hash: str
    """As the item tells it. What counts is `hash_of(body)`."""
    signature: bytes = b""
    """Empty where the deployment has no root key."""

    @property
    def tip(self) -> Tip:
        """The end of the chain, once this stands."""
        return Tip(self.number, self.hash)


@dataclass(frozen=True, slots=True)
class Block:
    """What a block says."""

    account: str
    number: int
    previous: str
    """The hash of the block before."""
    time: float
    """Epoch seconds at which it was written, by the writer's clock."""
    writer: str
    """Of one attempt to write: no two blocks share it."""
    entries: tuple[Entry, ...]


def hash_of(body: str) -> str:
    """Return the SHA-256 of a block's text, in hexadecimal."""
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def write(entry: Entry) -> str:
    """Return an entry's text, as a block holds it."""
    return canonical(entry.to_json())


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Cut entries' texts into what blocks can hold, in order."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > BLOCK_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield batch


def seal(  # noqa: PLR0913, PLR0917 - a block's members
    account: str, tip: Tip, time: float, writer: str, texts: Sequence[str], signer: Signs | None
) -> Sealed:
    """Return the block that goes behind `tip`; `texts` are of `write`."""
    number = tip.number + 1
    body = (
        f'{{"account":{canonical(account)},"entries":[{",".join(texts)}],"n":{number},'
        f'"previous":{canonical(tip.hash)},"time":{canonical(time)},"writer":{canonical(writer)}}}'
    )
    name = hash_of(body)
    signature = b"" if signer is None else signer.sign(BLOCK, name.encode())
    return Sealed(number, body, name, signature)


def read(body: str) -> Block:
    """Return what a block's text says.

    Raises:
        BlockUnreadable: nothing of ours has written it.
    """
    try:
        found: dict[str, Any] = json.loads(body)
        return Block(
            found["account"],
            int(found["n"]),
            found["previous"],
            float(found["time"]),
            found["writer"],
            tuple(Entry.from_json(each) for each in found["entries"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BlockUnreadable(type(error).__name__) from error
