import socket
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import grpc  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymilvus.exceptions import MilvusException

from lineament.domain.engine import EngineUnavailable, Row, TableMissing, VectorTable
from lineament.domain.faces import Matrix
from lineament.gallery.certified import Found, nearest
from lineament.gallery.milvus import MilvusEngine
from tests.gallery.tables import PlainTable

D = 16


def some(count: int, seed: int, alike: int = 1) -> tuple[list[Row], Matrix]:
    """Return rows with vectors, of which `alike` each are the same."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, D)).astype(np.float32)
    vectors = np.repeat(vectors[: -(-count // alike)], alike, axis=0)[:count]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [(random.bytes(16), place % 3) for place in range(count)], vectors


def brute_force(
    rows: list[Row], vectors: Matrix, query: np.ndarray, low: float, limit: int
) -> list[Found]:
    scores = (vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1)
    found = [(row[0], float(s)) for row, s in zip(rows, scores, strict=True) if s >= low]
    return sorted(found, key=lambda each: (-each[1], each[0]))[:limit]


@settings(deadline=None, max_examples=150)
@given(
    st.integers(0, 60),
    st.integers(1, 9),
    st.sets(st.integers(0, 59)),
    st.integers(0, 20),
    st.sampled_from([-2.0, 0.0, 0.3, 0.99]),
    st.integers(1, 70),
    st.integers(0, 5),
)
def test_is_brute_force(  # noqa: PLR0913, PLR0917
    count: int, alike: int, stale: set[int], here: int, low: float, limit: int, seed: int
) -> None:
    """Lost: exact answers from an engine that has ties, roundoff and rows that count no more."""
    rows, vectors = some(count + here, seed, alike)
    table = PlainTable(widest=8, seed=seed)
    table.make(D)
    table.put(rows[:count], vectors[:count])
    living = [place for place in range(count + here) if place not in stale or place >= count]
    counting = {rows[place] for place in living}
    query = vectors[0] if len(vectors) else np.eye(1, D, dtype=np.float32)[0]
    rivals = brute_force(rows[count:], vectors[count:], query, low, limit)
    expected = brute_force([rows[i] for i in living], vectors[living], query, low, limit)
    assert nearest(table, counting.__contains__, query, low, limit, rivals) == expected


def test_few_looks() -> None:
    """Lost: a search that costs one call of the engine, as nearly all must."""
    rows, vectors = some(2000, 3)
    table = PlainTable()
    table.make(D)
    table.put(rows, vectors)
    for place in range(20):
        nearest(table, lambda _row: True, vectors[place], 0.5, 10, [])
    assert table.searches == 20


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> MilvusEngine:
    folder: Path = tmp_path_factory.mktemp("milvus")
    return MilvusEngine(str(folder / "lite.db"), "", lambda: "tests")


def test_milvus_is_exact(milvus: MilvusEngine) -> None:
    """Lost: brute force's answers from Milvus, ties by id, at every limit and threshold."""
    rows, vectors = some(1500, 5, alike=3)
    table = milvus.table(uuid.uuid4().hex, "faces")
    table.make(D)
    table.put(rows, vectors)
    for query in vectors[:5]:
        for low, limit in ((-1.0, 1), (-1.0, 1400), (0.2, 100), (0.999, 50), (-2.0, 5000)):
            expected = brute_force(rows, vectors, query, low, limit)
            assert nearest(table, lambda _row: True, query, low, limit, []) == expected


def test_milvus_keeps_rows(milvus: MilvusEngine) -> None:
    """Lost: vectors as they were put, rows that can be put twice and removed, and listed."""
    rows, vectors = some(1203, 6)
    generation = uuid.uuid4().hex
    table = milvus.table(generation, "users")
    table.make(D)
    table.make(D)
    table.put(rows, vectors)
    table.put(rows[:10], vectors[:10])
    assert sorted(row for batch in table.rows() for row in batch) == sorted(rows)
    got = table.get([*rows[:1100], (rows[0][0], 77)])
    assert {row: tuple(vector) for row, vector in got.items()} == {
        row: tuple(vector) for row, vector in zip(rows[:1100], vectors[:1100], strict=True)
    }
    table.remove([rows[3], rows[3], (rows[4][0], 99)])
    left = {
        row: tuple(vector)
        for batch, block in table.blocks()
        for row, vector in zip(batch, block, strict=True)
    }
    expected = {row: tuple(v) for row, v in zip(rows, vectors, strict=True) if row != rows[3]}
    assert left == expected


def test_milvus_tells_what_is_not_there(milvus: MilvusEngine) -> None:
    """Lost: dropping what is there and what is not, and errors that say so without a vector."""
    generation = uuid.uuid4().hex
    table: VectorTable = milvus.table(generation, "faces")
    for call in (
        lambda: table.nearest(np.ones(D, np.float32), 0.5, 3),
        lambda: table.get([(bytes(16), 1)]),
        lambda: list(table.rows()),
        lambda: table.put([(bytes(16), 1)], np.ones((1, D), np.float32)),
    ):
        with pytest.raises(TableMissing):
            call()
    milvus.drop(generation)
    table.make(D)
    assert generation in milvus.generations()
    with pytest.raises(EngineUnavailable) as raised:
        table.put([(bytes(16), 1)], np.full((1, D + 1), 0.123456, np.float32))
    assert "0.12" not in str(raised.value)
    milvus.drop(generation)
    assert generation not in milvus.generations()


def test_a_milvus_that_has_let_go_of_a_table_loads_it(milvus: MilvusEngine) -> None:
    """Lost: every face in an engine that began anew, as milvus-lite does at each start."""
    rows, vectors = some(5, 7)
    table = milvus.table(uuid.uuid4().hex, "faces")
    table.make(D)
    table.put(rows, vectors)
    calls: list[Callable[[], object]] = [
        lambda: table.nearest(vectors[0], 0.9, 1).rows == rows[:1],
        lambda: table.get(rows[:1]).keys() == {rows[0]},
        lambda: len(next(table.rows())) == len(rows),
        lambda: len(next(table.blocks())[0]) == len(rows),
    ]
    for call in calls:
        milvus.call("release_collection", table._name)
        assert call()


def test_a_milvus_that_hangs_is_told() -> None:
    """Lost: the rest of a round of housekeeping, which goes on after the port's errors only."""
    hanging = MilvusEngine("http://127.0.0.1:1", "", lambda: "tests", timeout=0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channel = grpc.insecure_channel(f"127.0.0.1:{silent.getsockname()[1]}")

        def ask(*_args: object, timeout: float, **_options: object) -> object:
            # pymilvus lets this error through as it comes.
            return channel.unary_unary("/ask")(b"", timeout=timeout)

        def wait(*_args: object, **_options: object) -> None:
            pytest.fail("pymilvus asks without a time limit here")

        hanging._made = SimpleNamespace(
            list_collections=ask, describe_collection=ask, query_iterator=wait
        )
        table = hanging.table("g", "faces")
        for call in (hanging.generations, table.rows().__next__, table.blocks().__next__):
            with pytest.raises(EngineUnavailable, match="gRPC, DEADLINE_EXCEEDED"):
                call()
        channel.close()


def test_deployments_share_a_milvus(milvus: MilvusEngine) -> None:
    """Lost: two deployments on one Milvus that do not see, or drop, each other's tables."""
    other = MilvusEngine(milvus._uri, "", lambda: "another")
    generation = uuid.uuid4().hex
    milvus.table(generation, "faces").make(D)
    assert generation not in other.generations()
    other.drop(generation)
    assert generation in milvus.generations()


def test_a_milvus_that_is_away_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: every thread of a server waits for a Milvus that does not answer, one after another."""
    tries = []

    def refuse(*_args: object, **_options: object) -> None:
        tries.append(1)
        raise MilvusException(code=2, message="away")

    monkeypatch.setattr("pymilvus.MilvusClient", refuse)
    away = MilvusEngine("http://127.0.0.1:1", "", lambda: "tests")
    for _ in range(5):
        with pytest.raises(EngineUnavailable):
            away.generations()
    assert len(tries) == 1
    away._failed -= 60
    with pytest.raises(EngineUnavailable):
        away.generations()
    assert len(tries) == 2
