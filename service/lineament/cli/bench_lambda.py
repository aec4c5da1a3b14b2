"""`lineament bench lambda`: what a cold function takes to its first answers.

Each start is a process of its own that runs awslambdaric on a runtime API of this machine, with S3
and DynamoDB by moto beside it, on the same cores. A time begins with the process, so Python itself
counts; what Lambda does before that (placing a container, loading what it reads of the image) does
not, and files are in the page cache. docs/functions.md has the figures.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineament import config
from lineament.cli import emulator
from lineament.cli.emulator import free_port
from lineament.cli.figures import Figure, report
from lineament.cli.lambda_bench.function import Caller, running

_BAR_LIST, _BAR_INDEX = 1.0, 2.5
"""Seconds from a process's start to its first answer."""
_HANDLER = "lambdas.api.handler"
_PHOTO = "photos/obama.jpg"
_COLLECTION = "bench"
_NOWHERE = "http://127.0.0.1:9"
"""Where no API listens: calls are events."""

_Call = Callable[[Any], object]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--rounds", type=int, default=7, help="starts of each (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")


def run(args: argparse.Namespace) -> int:
    """Measure, print a line a call and then the figures; 1 when one is short of its bar."""
    photo = {"Bytes": (config.load().model_dir / _PHOTO).read_bytes()}
    calls: dict[str, _Call] = {
        "ListCollections": lambda client: client.list_collections(),
        "SearchFacesByImage": lambda client: client.search_faces_by_image(
            CollectionId=_COLLECTION, Image=photo
        ),
        "IndexFaces": lambda client: client.index_faces(CollectionId=_COLLECTION, Image=photo),
    }
    with emulator.running(free_port()) as url:
        environment = config.local_environment(_NOWHERE, url)
        config.enter(environment)
        bench = _Bench(Caller(), environment)
        bench.prepare(photo)
        times = {name: bench.starts(call, args.rounds) for name, call in calls.items()}
    print(f"{'first call, s':24}{'init':>8}{'first':>8}{'second':>8}   (median of {args.rounds})")
    for name, (init, first, second) in times.items():
        print(f"{name:24}{init:8.2f}{first:8.2f}{second:8.3f}")
    print("init, first: from the process's start; second: the same call again, by itself")
    return report(
        [
            Figure.plain("lambda_init_seconds", times["ListCollections"][0]),
            Figure.at_most(
                "lambda_list_collections_seconds", times["ListCollections"][1], _BAR_LIST
            ),
            Figure.at_most("lambda_index_faces_seconds", times["IndexFaces"][1], _BAR_INDEX),
            Figure.plain("lambda_search_seconds", times["SearchFacesByImage"][1]),
        ],
        args.json,
    )


@dataclass(frozen=True, slots=True)
class _Bench:
    """One client, and the variables of each function that it asks."""

    caller: Caller
    environment: Mapping[str, str]

    def prepare(self, photo: Mapping[str, bytes]) -> None:
        """Make the tables and a collection with a face in it."""
        with running(_HANDLER, self.environment) as self.caller.function:
            self.caller.client.create_collection(CollectionId=_COLLECTION)
            self.caller.client.index_faces(CollectionId=_COLLECTION, Image=photo)

    def starts(self, call: _Call, rounds: int) -> tuple[float, float, float]:
        """Return the median seconds of init, of the first answer, and of the second call alone."""
        times = []
        for _ in range(rounds):
            with running(_HANDLER, self.environment) as function:
                self.caller.function = function
                call(self.caller.client)
                init = function.api.initialised(0) - function.began
                first = self.caller.seconds()
                again = time.perf_counter()
                call(self.caller.client)
                times.append((init, first, time.perf_counter() - again))
        init, first, second = (statistics.median(each) for each in zip(*times, strict=True))
        return init, first, second
