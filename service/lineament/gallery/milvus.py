"""The VectorEngine port on Milvus, through pymilvus: a cluster, or milvus-lite on a path.

Each generation has a Milvus collection for its faces and one for its users, with an index of type
FLAT, which compares every row. A row's primary key is its id and mark in hexadecimal.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from lineament.domain.engine import EngineUnavailable, Hits, Kind, Row, TableMissing
from lineament.domain.faces import Matrix, Vector
from lineament.gallery.fuse import Fuse

NAME = "milvus"
_WIDEST = 16_384
"""Milvus's own limit of a search (quotaAndLimits.limits.topK)."""
_AT_ONCE = 1000
"""Rows of one call: 2 MB of 512 components, far below what gRPC takes."""
_LEVEL = "Bounded"
"""Searches wait for nothing, and may miss what came in the last 5 s (common.gracefulTime)."""
_STALENESS = 10.0
"""Seconds that writers wait, once, so that no search has to."""
_TIMEOUT = 30.0
_SEARCH_TIMEOUT = 10.0
"""Seconds of a call that a request waits for."""
_AGAIN_SECONDS = 5.0
"""For so long after one that failed nobody tries to connect, or to search."""
_ID_DIGITS, _MARK_DIGITS = 32, 16
_KEY, _VECTOR = "key", "vector"
_MISSING, _NOT_LOADED = 100, 101
"""Milvus's codes for a collection that is not there, and one that cannot be searched yet."""


class _NotLoaded(EngineUnavailable):
    """Milvus has the collection, and not in the memory that searches need."""


class MilvusEngine:
    """The engine. One client for all threads, made at the first call."""

    name = NAME

    def __init__(
        self, uri: str, token: str, deployment: Callable[[], str], timeout: float = _TIMEOUT
    ) -> None:
        """Make no call.

        Args:
            uri: http(s)://host:port, or a path that ends in .db for milvus-lite in this process.
            token: user:password or an API key; empty where Milvus asks for none.
            deployment: returns what tells the tables of deployments apart that share a Milvus; it
                is a secret, asked for at the first call, and only a digest of it is kept there.
            timeout: seconds of one call.
        """
        self._uri, self._token, self.timeout = uri, token, timeout
        self._deployment = deployment
        self._staleness = 0.0 if uri.endswith(".db") else _STALENESS
        self._lock = threading.Lock()
        self._made: Any = None
        self._failed = float("-inf")
        self.fuse = Fuse(_AGAIN_SECONDS)
        """Of calls that requests wait for."""

    @cached_property
    def prefix(self) -> str:
        """What the names of this deployment's tables begin with."""
        return f"lineament_{hashlib.sha256(self._deployment().encode()).hexdigest()[:12]}_"

    def table(self, generation: str, kind: Kind) -> "MilvusTable":
        """Return a table, made or not."""
        return MilvusTable(self, f"{generation}_{kind}", self._staleness)

    def drop(self, generation: str) -> None:
        """Erase the tables of a generation, there or not."""
        for name in self._names():
            if name.startswith(f"{self.prefix}{generation}_"):
                self.call("drop_collection", name)

    def generations(self) -> set[str]:
        """Return every generation that has a table of this deployment."""
        ours = [name for name in self._names() if name.startswith(self.prefix)]
        return {name.removeprefix(self.prefix).rpartition("_")[0] for name in ours}

    def call(self, method: str, *args: object, **options: object) -> Any:  # noqa: ANN401
        """Call a method of the client, within the timeout.

        Raises:
            TableMissing: Milvus knows no such collection.
            EngineUnavailable: any other answer that is an error, or none.
        """
        with _told():
            return getattr(self._client(), method)(*args, **{"timeout": self.timeout, **options})

    def _names(self) -> list[str]:
        return list(self.call("list_collections"))

    def _client(self) -> Any:  # noqa: ANN401
        from pymilvus import MilvusClient  # noqa: PLC0415

        with self._lock:
            if self._made is None:
                if time.monotonic() - self._failed < _AGAIN_SECONDS:
                    raise EngineUnavailable("Milvus did not answer a moment ago")
                logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # Errors are ours to tell.
                try:
                    self._made = MilvusClient(self._uri, token=self._token, timeout=self.timeout)
                except Exception:
                    self._failed = time.monotonic()
                    raise
            return self._made


class MilvusTable:
    """The VectorTable port on one Milvus collection."""

    widest = _WIDEST

    def __init__(self, engine: MilvusEngine, name: str, staleness: float) -> None:
        """Make no call."""
        self._engine, self._of, self._staleness = engine, name, staleness

    @property
    def _name(self) -> str:
        return f"{self._engine.prefix}{self._of}"

    def make(self, dimensions: int) -> None:
        """Make the Milvus collection if it is not there."""
        if self._engine.call("has_collection", self._name):
            return
        from pymilvus import DataType, MilvusClient  # noqa: PLC0415

        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        length = _ID_DIGITS + _MARK_DIGITS
        schema.add_field(_KEY, DataType.VARCHAR, is_primary=True, max_length=length)
        schema.add_field(_VECTOR, DataType.FLOAT_VECTOR, dim=dimensions)
        index = MilvusClient.prepare_index_params()
        index.add_index(_VECTOR, index_type="FLAT", metric_type="IP")
        self._call("create_collection", schema=schema, index_params=index, consistency_level=_LEVEL)

    def put(self, rows: Sequence[Row], vectors: Matrix) -> None:
        """Add rows, or what is there already once more."""
        for start in range(0, len(rows), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            pairs = zip(rows[part], vectors[part], strict=True)
            self._call("upsert", [{_KEY: _to_key(row), _VECTOR: vector} for row, vector in pairs])

    def remove(self, rows: Sequence[Row]) -> None:
        """Take rows away, there or not."""
        for start in range(0, len(rows), _AT_ONCE):
            self._call("delete", ids=[_to_key(row) for row in rows[start : start + _AT_ONCE]])

    def settle(self) -> None:
        """Wait for as long as a search may be behind."""
        if self._staleness:
            time.sleep(self._staleness)
        else:  # milvus-lite takes 20 times as long to search what it has not flushed.
            self._call("flush")

    def nearest(self, query: Vector, min_score: float, limit: int) -> Hits:
        """Return the best rows by Milvus's own scores."""
        ranged = {"radius": float(min_score)} if min_score > -1 else {}
        (found,) = self._read(
            "search",
            [query],
            limit=limit,
            output_fields=[_VECTOR],
            search_params={"metric_type": "IP", "params": ranged},
        )
        rows = [_from_key(hit[_KEY]) for hit in found]
        scores = np.array([hit["distance"] for hit in found], np.float64)
        vectors = np.array([hit["entity"][_VECTOR] for hit in found], np.float32)
        return Hits(rows, scores, vectors.reshape(len(rows), len(query)))

    def get(self, rows: Sequence[Row]) -> dict[Row, Vector]:
        """Return the vectors of those rows that are there."""
        found: dict[Row, Vector] = {}
        for start in range(0, len(rows), _AT_ONCE):
            ids = [_to_key(row) for row in rows[start : start + _AT_ONCE]]
            items = self._read("get", ids=ids, output_fields=[_VECTOR])
            found |= {_from_key(each[_KEY]): np.array(each[_VECTOR], np.float32) for each in items}
        return found

    def rows(self) -> Iterator[list[Row]]:
        """Yield every row, some at a time."""
        for batch in self._walk([_KEY]):
            yield [_from_key(each[_KEY]) for each in batch]

    def blocks(self) -> Iterator[tuple[list[Row], Matrix]]:
        """Yield every row with its vector, some at a time."""
        for batch in self._walk([_KEY, _VECTOR]):
            vectors = np.array([each[_VECTOR] for each in batch], np.float32)
            yield [_from_key(each[_KEY]) for each in batch], vectors

    def _walk(self, fields: list[str]) -> Iterator[list[dict[str, Any]]]:
        self._call("describe_collection")  # The iterator asks for it too, without a time limit.
        walk = self._call("query_iterator", batch_size=_AT_ONCE, output_fields=fields)
        try:
            while True:
                with _told():
                    batch = walk.next()
                if not batch:
                    return
                yield batch
        finally:
            walk.close()

    def _read(self, method: str, *args: object, **options: object) -> Any:  # noqa: ANN401
        with self._engine.fuse.guard():
            timeout = min(self._engine.timeout, _SEARCH_TIMEOUT)
            return self._call(method, *args, timeout=timeout, **options)

    def _call(self, method: str, *args: object, **options: object) -> Any:  # noqa: ANN401
        try:
            return self._engine.call(method, self._name, *args, **options)
        except _NotLoaded:  # milvus-lite loads none at its start; a cluster's may be released.
            self._engine.call("load_collection", self._name)
            return self._engine.call(method, self._name, *args, **options)


@contextmanager
def _told() -> Iterator[None]:
    """Make what pymilvus raises the port's errors. Its texts are left out: they may quote data."""
    try:
        import grpc  # type: ignore[import-untyped]  # noqa: PLC0415 - half a second
        from pymilvus.exceptions import MilvusException  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise EngineUnavailable("pymilvus is missing: install lineament[milvus]") from error

    try:
        yield
    except MilvusException as error:
        kind = {_MISSING: TableMissing, _NOT_LOADED: _NotLoaded}.get(error.code, EngineUnavailable)
        raise kind(f"Milvus: {type(error).__name__}, code {error.code}") from None
    except grpc.RpcError as error:  # pymilvus lets those through that it does not try again.
        code = error.code().name if isinstance(error, grpc.Call) else type(error).__name__
        raise EngineUnavailable(f"Milvus: gRPC, {code}") from None


def _to_key(row: Row) -> str:
    return f"{row[0].hex()}{row[1]:0{_MARK_DIGITS}x}"


def _from_key(key: str) -> Row:
    return bytes.fromhex(key[:_ID_DIGITS]), int(key[_ID_DIGITS:], 16)
