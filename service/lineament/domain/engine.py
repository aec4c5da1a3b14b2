"""What is asked of an engine: an index of vectors outside this process, on any number of machines.

An engine holds copies. The log and its snapshots are the truth: what an engine still has costs time
and memory and never an answer. A row that it has lost is missing in answers, and nobody can tell
from them, until housekeeping looks through the engine and puts it again: storage/placement.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Matrix, Vector
from lineament.errors import ServiceUnavailable

Kind = Literal["faces", "users"]
Row = tuple[bytes, int]
"""16 bytes of an id, and a mark that tells one vector of that id from another, at least 0.

A row never changes: another vector has another mark. So whoever knows the mark that counts takes no
harm from rows that a slow or crashed writer has left or made again.
"""


class EngineUnavailable(ServiceUnavailable):
    """The engine does not answer, or refuses; the message holds no vector."""


class TableMissing(EngineUnavailable):
    """The engine has no such table."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows that a search found, by the engine's scores, best first."""

    rows: list[Row]
    scores: NDArray[np.float64]
    """Shape (n,): each within float32's roundoff of the product with the query."""
    vectors: Matrix
    """Shape (n, d), as they were put."""


class VectorTable(Protocol):
    """The vectors of one kind of thing of a generation. Safe to share between threads.

    Every method raises EngineUnavailable, and TableMissing where the table was not made.
    """

    @property
    def widest(self) -> int:
        """The most rows that one search may ask for."""
        ...

    def make(self, dimensions: int) -> None:
        """Make the table if it is not there."""
        ...

    def put(self, rows: Sequence[Row], vectors: Matrix) -> None:
        """Add rows, or what is there already once more."""
        ...

    def remove(self, rows: Sequence[Row]) -> None:
        """Take rows away, there or not."""
        ...

    def settle(self) -> None:
        """Return once every process's next search sees what was put and removed until now."""
        ...

    def nearest(self, query: Vector, min_score: float, limit: int) -> Hits:
        """Return the `limit` best rows of at least `min_score` by the engine's own scores.

        Args:
            query: shape (d,), float32, length at most 1.
            min_score: of the product with the query.
            limit: 1 to `widest`. Fewer come only if there are no more.
        """
        ...

    def get(self, rows: Sequence[Row]) -> dict[Row, Vector]:
        """Return the vectors of those rows that are there."""
        ...

    def rows(self) -> Iterator[list[Row]]:
        """Yield every row, some at a time."""
        ...

    def blocks(self) -> Iterator[tuple[list[Row], Matrix]]:
        """Yield every row with its vector, some at a time."""
        ...


class VectorEngine(Protocol):
    """An engine of this deployment."""

    @property
    def name(self) -> str:
        """What settings call it."""
        ...

    def table(self, generation: str, kind: Kind) -> VectorTable:
        """Return a table, made or not; makes no call."""
        ...

    def drop(self, generation: str) -> None:
        """Erase the tables of a generation, there or not.

        Raises:
            EngineUnavailable: the engine does not answer.
        """
        ...

    def generations(self) -> set[str]:
        """Return every generation that has a table of this deployment.

        Raises:
            EngineUnavailable: the engine does not answer.
        """
        ...
