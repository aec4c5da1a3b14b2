"""`lineament bench lambda`: what a cold function takes to its first answers.

Each start is a process of its own that runs awslambdaric on a runtime API of this machine, with S3
and DynamoDB by moto beside it, on the same cores. A time begins with the process, so Python itself
counts; what Lambda does before that (placing a container, loading what it reads of the image) does
not, and files are in the page cache. A function that only reads DynamoDB starts in turn with ours:
a ratio to it says more of us than seconds of a busy machine. docs/functions.md has the figures.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lineament import config
from lineament.cli import emulator
from lineament.cli.emulator import free_port
from lineament.cli.figures import Figure, report
from lineament.cli.lambda_bench.function import Caller, Function, running

_BAR_LIST, _BAR_INDEX = 1.0, 2.5
"""Seconds from a process's start to its first answer."""
_BAR_LIST_OVER_PLAIN, _BAR_INDEX_OVER_PLAIN = 2.5, 5.0
"""Times what a function takes that only reads DynamoDB."""
_HANDLER, _PLAIN = "lambdas.api.handler", "lineament.cli.lambda_bench.plain.handler"
_PHOTO = "photos/obama.jpg"
_COLLECTION = "bench"
_NOWHERE = "http://127.0.0.1:9"
"""Where no API listens: calls are events."""

_PLAIN_CALL, _LIST, _SEARCH, _INDEX = (
    "reading DynamoDB alone",
    "ListCollections",
    "SearchFacesByImage",
    "IndexFaces",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--rounds", type=int, default=7, help="starts of each (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")


def run(args: argparse.Namespace) -> int:
    """Measure, print a line a call and then the figures; 1 when one is short of its bar."""
    photo = {"Bytes": (config.load().model_dir / _PHOTO).read_bytes()}
    with emulator.running(free_port()) as url:
        environment = config.local_environment(_NOWHERE, url)
        config.enter(environment)
        times = _in_turn(Caller(), environment, photo, args.rounds)
    print(f"{'first call, s':24}{'init':>8}{'first':>8}{'second':>8}   (median of {args.rounds})")
    for name, (init, first, second) in times.items():
        print(f"{name:24}{init:8.2f}{first:8.2f}{second:8.3f}")
    print("init, first: from the process's start; second: the same call again, by itself")
    init, listed = times[_LIST][:2]
    plain, indexed = times[_PLAIN_CALL][1], times[_INDEX][1]
    return report(
        [
            Figure.plain("lambda_init_seconds", init),
            Figure.at_most("lambda_list_collections_seconds", listed, _BAR_LIST),
            Figure.at_most("lambda_index_faces_seconds", indexed, _BAR_INDEX),
            Figure.plain("lambda_search_seconds", times[_SEARCH][1]),
            Figure.at_most(
                "lambda_list_collections_over_plain", listed / plain, _BAR_LIST_OVER_PLAIN
            ),
            Figure.at_most("lambda_index_faces_over_plain", indexed / plain, _BAR_INDEX_OVER_PLAIN),
        ],
        args.json,
    )


def _in_turn(
    caller: Caller, environment: Mapping[str, str], photo: Mapping[str, bytes], rounds: int
) -> dict[str, tuple[float, float, float]]:
    """Return the median seconds of init, of the first answer, and of the second call alone."""
    client = caller.client
    given: dict[str, Any] = {"CollectionId": _COLLECTION, "Image": photo}
    calls: dict[str, tuple[str, Callable[[], object]]] = {
        _PLAIN_CALL: (_PLAIN, lambda: caller.invoke({})),
        _LIST: (_HANDLER, client.list_collections),
        _SEARCH: (_HANDLER, lambda: client.search_faces_by_image(**given)),
        _INDEX: (_HANDLER, lambda: client.index_faces(**given)),
    }
    with running(_HANDLER, environment) as caller.function:
        client.create_collection(CollectionId=_COLLECTION)
        client.index_faces(**given)
    times: dict[str, list[tuple[float, float, float]]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, (handler, call) in calls.items():
            with running(handler, environment) as caller.function:
                times[name].append(_start(caller, caller.function, call))
    medians = {
        name: [statistics.median(each) for each in zip(*taken, strict=True)]
        for name, taken in times.items()
    }
    return {name: (init, first, second) for name, (init, first, second) in medians.items()}


def _start(
    caller: Caller, function: Function, call: Callable[[], object]
) -> tuple[float, float, float]:
    call()
    init = function.api.initialised(0) - function.began
    first = caller.seconds()
    again = time.perf_counter()
    call()
    return init, first, time.perf_counter() - again
