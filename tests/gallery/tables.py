"""Engines for the gallery's tests: milvus-lite, and a plain one that errs as floats do."""

from collections.abc import Iterator, Sequence

import numpy as np

from lineament.domain.engine import Hits, Kind, Row, TableMissing
from lineament.domain.faces import Matrix, Vector


class PlainTable:
    """Rows in a dict; scores are off by up to a float32 roundoff of each product."""

    def __init__(self, widest: int = 16_384, seed: int = 1) -> None:
        self.widest = widest
        self.held: dict[Row, Vector] | None = None
        self.searches = 0
        self._random = np.random.default_rng(seed)

    def make(self, dimensions: int) -> None:
        del dimensions
        self.held = {} if self.held is None else self.held

    def put(self, rows: Sequence[Row], vectors: Matrix) -> None:
        self._there().update(zip(rows, np.array(vectors), strict=True))

    def remove(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._there().pop(row, None)

    def settle(self) -> None:
        pass

    def nearest(self, query: Vector, min_score: float, limit: int) -> Hits:
        assert 1 <= limit <= self.widest
        self.searches += 1
        rows = list(self._there())
        vectors = np.array([self._there()[row] for row in rows]).reshape(len(rows), len(query))
        scores = vectors.astype(np.float64) @ query.astype(np.float64)
        scores += self._random.uniform(-1, 1, len(rows)) * len(query) * 2.0**-24
        order = [place for place in np.argsort(-scores) if scores[place] >= min_score][:limit]
        return Hits([rows[place] for place in order], scores[order], vectors[order])

    def get(self, rows: Sequence[Row]) -> dict[Row, Vector]:
        return {row: self._there()[row] for row in rows if row in self._there()}

    def rows(self) -> Iterator[list[Row]]:
        yield from ([row] for row in sorted(self._there()))

    def blocks(self) -> Iterator[tuple[list[Row], Matrix]]:
        for row, vector in self._there().items():
            yield [row], vector[None, :]

    def _there(self) -> dict[Row, Vector]:
        if self.held is None:
            raise TableMissing("no table")
        return self.held


class PlainEngine:
    """Tables in this process. What another process would see, another user of the object sees."""

    name = "milvus"

    def __init__(self, widest: int = 16_384) -> None:
        self.tables: dict[tuple[str, Kind], PlainTable] = {}
        self._widest = widest

    def table(self, generation: str, kind: Kind) -> PlainTable:
        return self.tables.setdefault((generation, kind), PlainTable(self._widest))

    def drop(self, generation: str) -> None:
        for kind in ("faces", "users"):
            self.table(generation, kind).held = None

    def generations(self) -> set[str]:
        return {name for (name, _), table in self.tables.items() if table.held is not None}
