"""A process that starts with nothing: to its first answer from a snapshot, and from the log.

Each start is a process of its own. S3 and DynamoDB are the emulator's, on the same cores.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lineament.cli.figures import Figure
from lineament.cli.gallery_bench import people
from lineament.cli.gallery_bench.context import Context
from lineament.cli.gallery_bench.deployment import (
    SCOPE,
    BenchError,
    commit,
    emulated,
    make_collection,
    make_tables,
    set_seq,
    to_entries,
)
from lineament.cli.gallery_bench.first_answer import FirstAnswer
from lineament.cli.vision_bench.part import Part
from lineament.domain.collections import Collection
from lineament.domain.raw_ids import to_ids
from lineament.domain.snapshots import Snapshot
from lineament.domain.users import Membership
from lineament.storage.clients import S3Clients
from lineament.storage.compaction import Due, compact
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.table import Item

_BUCKET = "bench-snapshots"
_STARTS = 3
"""Of which the median counts."""
_BAR_SECONDS, _BAR_TIMES = 4.0, 20.0


@dataclass(frozen=True, slots=True)
class World:
    """An emulator with tables and a bucket of snapshots."""

    environment: Mapping[str, str]
    tables: Tables
    clients: S3Clients
    store: SnapshotStore


@dataclass(frozen=True, slots=True)
class Read:
    """An object's bytes, read from S3 and not looked at."""

    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Starts:
    """Starts on the same faces, and the seconds of whole processes."""

    first: FirstAnswer
    """Of the median time."""
    process: float


def run(context: Context) -> Part:
    """Start from a snapshot of many faces; and on fewer, from both."""
    with emulated() as environment:
        world = _world(environment)
        logged, face_id = _log(world, context.logged, context.dimensions)
        log = _start(world, logged, face_id, bucket="", times=1)
        _fold(world, logged)
        same = _start(world, logged, face_id)
        if log.first.found != same.first.found or log.first.faces != same.first.faces:
            raise BenchError("a start from the log does not find what one from the snapshot finds")
        many, face_id = _snapshot(world, context.faces, context.dimensions)
        cold = _start(world, many, face_id)
        read = _read_alone(world, many)
    ratio = log.first.seconds / same.first.seconds
    return Part(
        _lines(cold, read, log, same),
        [
            Figure.at_most("cold_seconds", cold.first.seconds, _BAR_SECONDS),
            Figure.plain("cold_process_seconds", cold.process),
            Figure.plain("cold_read_alone_seconds", read.seconds),
            Figure.plain("log_seconds", log.first.seconds),
            Figure.plain("log_snapshot_seconds", same.first.seconds),
            Figure.at_least("log_over_snapshot", ratio, _BAR_TIMES),
        ],
    )


def _lines(cold: Starts, read: Read, log: Starts, same: Starts) -> list[str]:
    def line(name: str, start: Starts) -> str:
        return f"{name:14}{start.first.faces:>10}{start.first.seconds:>16.2f}{start.process:>16.2f}"

    asked = (
        f"the look at the collection, snapshot or log ({log.first.faces} entries), index, search"
    )
    size = f"{read.bytes / (1 << 20):.0f} MiB"
    return [
        f"{'start from':14}{'faces':>10}{'first answer, s':>16}{'whole process':>16}",
        line("snapshot", cold),
        line("log", log),
        line("its snapshot", same),
        f"first answer: {asked}; whole process: Python and its modules too",
        f"the {size} of the first snapshot, read from S3 and no more: {read.seconds:.2f} s",
    ]


def _world(environment: Mapping[str, str]) -> World:
    clients = S3Clients(environment["AWS_ENDPOINT_URL_S3"])
    clients.client(SCOPE.region).create_bucket(Bucket=_BUCKET)
    tables = make_tables(environment)
    return World(
        environment, tables, clients, SnapshotStore(tables, _BUCKET, SCOPE.region, clients)
    )


def _log(world: World, faces: int, dimensions: int) -> tuple[Collection, str]:
    """Make a collection whose log has one face an entry, and return one of the faces too."""
    collection = make_collection(world.tables, "logged")
    made: list[Item] = []
    names: list[str] = []
    for names, vectors in people.faces(0, faces, dimensions):
        made += to_entries(collection, len(made), names, vectors, 1)
    return commit(world.tables, collection, made), names[0]


def _fold(world: World, collection: Collection) -> None:
    """Make the snapshot of a collection's log."""
    if not compact(world.tables, world.store, collection, Due(interval=0, growth=1)):
        raise BenchError("the log was not folded into a snapshot")


def _snapshot(world: World, faces: int, dimensions: int) -> tuple[Collection, str]:
    """Make a collection that has a snapshot in place of a log; return one of its faces too."""
    collection = make_collection(world.tables, "cold")
    ids, halves = [], []
    names: list[str] = []
    for names, vectors in people.faces(0, faces, dimensions):
        ids.append(to_ids(names))
        halves.append(vectors.astype(np.float16))
    snapshot = Snapshot(
        collection.generation,
        faces,
        np.concatenate(ids),
        np.arange(1, faces + 1),
        np.concatenate(halves),
        Membership(),
    )
    if not world.store.claim(collection.generation, 0, time.time()):
        raise BenchError("the snapshot could not be claimed")
    if not world.store.publish(snapshot):
        raise BenchError("the snapshot could not be published")
    return set_seq(world.tables, collection, faces), names[0]


def _start(
    world: World,
    collection: Collection,
    face_id: str,
    bucket: str = _BUCKET,
    times: int = _STARTS,
) -> Starts:
    """Start processes, one after the other."""
    table = world.tables.control.name
    words = [table, collection.collection_id, face_id, bucket]
    told: list[FirstAnswer] = []
    processes = []
    for _ in range(times):
        begin = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "lineament.cli.gallery_bench.first_answer", *words],
            env=dict(world.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        )
        processes.append(time.perf_counter() - begin)
        told.append(FirstAnswer(**json.loads(done.stdout)))
    ordered = sorted(told, key=lambda each: each.seconds)
    return Starts(ordered[len(ordered) // 2], statistics.median(processes))


def _read_alone(world: World, collection: Collection) -> Read:
    """Read the collection's newest snapshot, without making anything of it."""
    s3 = world.clients.client(SCOPE.region)
    (key,) = world.store.objects(collection.generation)
    begin = time.perf_counter()
    body = s3.get_object(Bucket=_BUCKET, Key=key)["Body"]
    size = 0
    while part := body.read(1 << 20):
        size += len(part)
    return Read(size, time.perf_counter() - begin)
