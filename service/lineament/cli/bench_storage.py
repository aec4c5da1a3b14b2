"""`lineament bench storage`: does a call's storage time grow with the collection? On moto."""

import argparse
import secrets
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lineament import config
from lineament.cli.emulator import LOOPBACK, free_port, running
from lineament.cli.figures import Figure, report
from lineament.context import Scope
from lineament.domain.collections import Collection, UserAction, UserChange
from lineament.domain.faces import FaceRecord, Matrix, RatioBox
from lineament.domain.idempotency import Attempt
from lineament.domain.ids import user_key
from lineament.errors import LineamentError
from lineament.gallery.memory import MemoryGallery
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.users import DynamoUserStore

_BAR = 1.5
_SMALL, _LARGE = 100, 10_000
_DIMENSIONS = 192
_PER_CALL = 100
_SCOPE = Scope("123456789012", "us-east-1")


class BenchError(LineamentError):
    """The bench cannot run."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--rounds", type=int, default=40, help="calls of each kind (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the times into this PNG")


def run(args: argparse.Namespace) -> int:
    """Measure, print a line a call and then the figures; 1 when one is short of its bar."""
    with _aws() as url:
        # Two deployments side by side: the table of the small one holds nothing else.
        small = _Deployment(url, "small", _SMALL)
        large = _Deployment(url, "large", _LARGE)
        times: dict[str, tuple[float, float]] = {}
        print(f"{'call':24}{_SMALL:>12} faces{_LARGE:>12} faces   (median ms on moto)")
        for name in _CALLS:
            few, many = _measure(name, small, large, args.rounds)
            print(f"{name:24}{few:18.2f}{many:18.2f}")
            times[name] = (few, many)
    if args.plot is not None:
        _draw(times, args.plot)
    ratios = {name: many / few for name, (few, many) in times.items()}
    figures = [Figure.at_most(f"storage_ratio_{name}", r, _BAR) for name, r in ratios.items()]
    return report(figures, args.json)


def _draw(times: dict[str, tuple[float, float]], path: Path) -> None:
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415 - matplotlib is slow

    canvas = Canvas(figsize=(9, 5), layout="constrained")
    axes = canvas.subplots()
    places = np.arange(len(times))
    for offset, faces in enumerate((_SMALL, _LARGE)):
        heights = [pair[offset] for pair in times.values()]
        axes.bar(places + 0.4 * offset - 0.2, heights, 0.4, label=f"{faces:,} faces")
    axes.set_xticks(places, list(times))
    axes.set_yscale("log")
    axes.set_ylabel("median ms on moto")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path)


def _measure(
    name: str, small: "_Deployment", large: "_Deployment", rounds: int
) -> tuple[float, float]:
    times: dict[str, list[float]] = {"small": [], "large": []}
    call = _CALLS[name]
    for _ in range(rounds):
        for which, deployment in (("small", small), ("large", large)):  # interleaved
            action = call(deployment)
            start = time.perf_counter()
            action()
            times[which].append((time.perf_counter() - start) * 1000)
    return statistics.median(times["small"]), statistics.median(times["large"])


class _Deployment:
    """Tables with one collection of so many faces, and two processes' galleries of it."""

    def __init__(self, url: str, name: str, faces: int) -> None:
        self.tables: Tables = connect(f"bench-{name}", _SCOPE.region, url)
        ensure_tables(self.tables)
        self.collections = DynamoCollectionStore(self.tables)
        self.faces = DynamoFaceStore(self.tables)
        self.users = DynamoUserStore(self.tables)
        self.gallery = MemoryGallery(DynamoChangeLog(self.tables), 1 << 30)
        self.collections.create(Collection(_SCOPE, "bench", uuid.uuid4().hex, "m", time.time()))
        self.ids: list[str] = []
        for _ in range(0, faces, _PER_CALL):
            self.add(_PER_CALL)
        self.sync()

    def now(self) -> Collection:
        found = self.collections.find(_SCOPE, "bench")
        if found is None:
            raise BenchError("the bench's collection is gone")
        return found

    def sync(self) -> None:
        self.gallery.sync(self.now())

    def add(self, count: int) -> None:
        records, vectors = _faces(count)
        self.faces.add(self.now(), records, vectors)
        self.ids += [record.face_id for record in records]

    def change(self, action: UserAction, user_id: str, *face_ids: str) -> Callable[[], object]:
        """Prepare a change of a user, up to the view that the operations decide on."""
        collection = self.now()
        view = self.gallery.sync(collection)
        key = user_key(collection.lineage, user_id)
        change = UserChange(action, key, user_id if action == "create" else "", face_ids)
        write = secrets.token_hex(16)
        attempt = Attempt(collection.generation, collection.seq, write, resumed=False)
        return lambda: self.users.commit(collection, view, change, attempt)


_Call = Callable[[_Deployment], Callable[[], object]]
"""Prepares, and returns what to time."""


def _find(on: _Deployment) -> Callable[[], object]:
    return on.now


def _list_collections(on: _Deployment) -> Callable[[], object]:
    return lambda: on.collections.page(_SCOPE, None, 100)


def _create(on: _Deployment) -> Callable[[], object]:
    name = uuid.uuid4().hex

    def create() -> None:  # as CreateCollection does
        on.collections.find(_SCOPE, name)
        on.collections.count(_SCOPE)
        on.collections.create(Collection(_SCOPE, name, uuid.uuid4().hex, "m", time.time()))

    return create


def _add_one(on: _Deployment) -> Callable[[], object]:
    collection, (records, vectors) = on.now(), _faces(1)
    on.ids.append(records[0].face_id)
    return lambda: on.faces.add(collection, records, vectors)


def _records_of_10(on: _Deployment) -> Callable[[], object]:
    collection, ids = on.now(), on.ids[:10]
    return lambda: on.faces.records(collection, ids)


def _remove_one(on: _Deployment) -> Callable[[], object]:
    on.add(1)
    collection, face_id = on.now(), on.ids.pop()
    view = on.gallery.sync(collection)
    return lambda: on.faces.remove(collection, [face_id], view)


def _create_user(on: _Deployment) -> Callable[[], object]:
    name = uuid.uuid4().hex
    return on.change("create", name)


def _associate_one(on: _Deployment) -> Callable[[], object]:
    name = uuid.uuid4().hex
    on.change("create", name)()
    on.add(1)
    return on.change("associate", name, on.ids[-1])


def _catch_up(on: _Deployment) -> Callable[[], object]:
    on.sync()
    on.add(1)
    return on.sync


def _page_of_100(on: _Deployment) -> Callable[[], object]:
    collection = on.now()
    view = on.gallery.sync(collection)
    return lambda: on.faces.records(collection, view.page(None, 100))


_CALLS: dict[str, _Call] = {
    "find": _find,
    "list_collections": _list_collections,
    "add_1": _add_one,
    "records_10": _records_of_10,
    "remove_1": _remove_one,
    "create_user": _create_user,
    "associate_1": _associate_one,
    "catch_up_1": _catch_up,
    "page_100": _page_of_100,
    "create_collection": _create,
}


def _faces(count: int) -> tuple[list[FaceRecord], Matrix]:
    image = str(uuid.uuid4())
    box = RatioBox(0.1, 0.2, 0.3, 0.4)
    records = [FaceRecord(str(uuid.uuid4()), image, box, 99.9, "bench") for _ in range(count)]
    vectors = np.random.default_rng().normal(size=(count, _DIMENSIONS)).astype(np.float32)
    return records, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@contextmanager
def _aws() -> Iterator[str]:
    """Run S3 and DynamoDB on loopback, let boto3 find nothing else, and give their address."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    environment = config.local_environment(url, url)
    config.enter(environment)
    with running(port, environment):
        yield url
