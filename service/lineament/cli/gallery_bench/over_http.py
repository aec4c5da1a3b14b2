"""SearchFaces over HTTP: what it adds to the index and DynamoDB, and what more clients get.

The emulator's DynamoDB is no part of the service, and slow: the two calls of a search are timed
alone too, through a client like the server's, and taken off.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from lineament.cli.figures import Figure
from lineament.cli.gallery_bench.context import Context
from lineament.cli.gallery_bench.deployment import BenchError, Deployment
from lineament.cli.vision_bench.part import Part
from lineament.cli.vision_bench.serving import (
    Connection,
    ask_together,
    percentile_99,
    recorded,
    rekognition,
)
from lineament.domain.faces import Vector
from lineament.domain.limits import DEFAULT_THRESHOLD
from lineament.gallery.view import MemoryGalleryView
from lineament.storage.faces import DynamoFaceStore
from lineament.vision.profiles import read_profile

CLIENTS = (1, 2, 4, 8)
_BEST = 10
"""MaxFaces of each search."""
_BAR = 3.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A face that is searched for."""

    face_id: str
    vector: Vector
    near: Sequence[str]
    """What the index finds, best first."""
    request: AWSPreparedRequest
    """The search as boto3 sends it."""


@dataclass(frozen=True, slots=True)
class Search:
    """Median ms of a search by one client, and of what it is made of."""

    boto3: float
    """Asked by boto3's client."""
    whole: float
    """Asked by a bare one, which sends the same bytes."""
    dynamodb: float
    """Reading the collection and the records of the faces found, alone."""
    index: float
    """Searching for the same faces in this process, alone."""

    @property
    def rest(self) -> float:
        """What HTTP, the wire's form and the service's own work come to."""
        return self.whole - self.dynamodb - self.index


@dataclass(frozen=True, slots=True)
class Load:
    """What so many clients got together."""

    clients: int
    a_second: float
    p50: float
    """Milliseconds."""
    p99: float
    dynamodb_a_second: float
    """How often as many threads of one process get the two calls of DynamoDB alone."""


def run(context: Context) -> Part:
    """Search a served collection by one client, then by more."""
    on = context.deployed
    view = on.view()
    low = read_profile("default").model.calibration.cosine(DEFAULT_THRESHOLD)
    with on.served() as url:
        client = rekognition(url)
        requests = recorded(client, "SearchFaces")
        asked = []
        for face_id, *_ in on.persons:
            vector = on.vector(view, face_id)
            found = search(client, on, face_id)  # The first one has the server read the log.
            near = [each for each, _ in view.search(vector, low, _BEST + 1) if each != face_id]
            if not found or found != [each for each in near[:_BEST] if each in on.recorded]:
                raise BenchError("a search over HTTP does not find what the index finds")
            asked.append(Asked(face_id, vector, near[:_BEST], requests[-1]))
        one = _one_client(url, client, on, partial(_index, view, low), asked)
        loads = [_load(url, on, asked, clients) for clients in CLIENTS]
    return Part(
        _lines(len(view), one, loads), _figures(one, loads), [lambda axes: _draw(axes, loads)]
    )


def search(client: Any, on: Deployment, face_id: str) -> list[str]:  # noqa: ANN401 - boto3's
    """Return the faces that a search for a face finds, best first."""
    answer = client.search_faces(CollectionId=on.collection_id, FaceId=face_id, MaxFaces=_BEST)
    return found_in(answer)


def found_in(answer: Any) -> list[str]:  # noqa: ANN401 - of the wire
    """Return the FaceIds of an answer of SearchFaces."""
    return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]


def _one_client(
    url: str,
    client: Any,  # noqa: ANN401 - boto3's
    on: Deployment,
    index: Callable[[Vector], object],
    asked: Sequence[Asked],
) -> Search:
    """Time one search after the other, each beside its parts: what disturbs one disturbs all."""
    times: dict[str, list[float]] = {each.name: [] for each in fields(Search)}
    store = DynamoFaceStore(on.tables)
    with closing(Connection(url)) as connection:
        for each in asked:
            calls: dict[str, Callable[[], object]] = {
                "boto3": partial(search, client, on, each.face_id),
                "whole": partial(connection.send, each.request),
                "dynamodb": partial(_dynamodb, on, store, each),
                "index": partial(index, each.vector),
            }
            for name, call in calls.items():
                times[name].append(_ms(call))
    return Search(**{name: statistics.median(taken) for name, taken in times.items()})


def _ms(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000


def _index(view: MemoryGalleryView, low: float, vector: Vector) -> object:
    return view.search(vector, low, _BEST + 1)


def _dynamodb(on: Deployment, store: DynamoFaceStore, asked: Asked) -> None:
    """Make the two calls of a search."""
    store.records(on.now(), asked.near)


def _load(url: str, on: Deployment, asked: Sequence[Asked], clients: int) -> Load:
    requests = [each.request for each in asked]
    elapsed, ordered = ask_together(url, [requests[place::clients] for place in range(clients)])
    calls = partial(_dynamodb, on, DynamoFaceStore(on.tables))
    with ThreadPoolExecutor(clients) as threads:
        alone = _ms(lambda: list(threads.map(calls, asked)))
    return Load(
        clients,
        len(ordered) / elapsed,
        statistics.median(ordered) * 1000,
        percentile_99(ordered) * 1000,
        len(asked) / alone * 1000,
    )


def _lines(faces: int, one: Search, loads: Sequence[Load]) -> list[str]:
    parts = (
        f"  DynamoDB's two calls alone (emulated) {one.dynamodb:.2f}, "
        f"index alone {one.index:.2f}, rest {one.rest:.2f}"
    )
    return [
        f"SearchFaces among {faces:,} faces, the {_BEST} best, 1 client, median ms:",
        f"  by boto3 {one.boto3:.2f}; by a bare client {one.whole:.2f}, of which",
        parts,
        "clients   searches/s    p50 ms    p99 ms   the DynamoDB calls alone, /s",
        *(
            f"{load.clients:>7}{load.a_second:>13.0f}{load.p50:>10.2f}{load.p99:>10.2f}"
            f"{load.dynamodb_a_second:>31.0f}"
            for load in loads
        ),
        "(clients, server and emulator share the cores)",
    ]


def _figures(one: Search, loads: Sequence[Load]) -> list[Figure]:
    return [
        Figure.plain("http_boto3_p50_ms", one.boto3),
        Figure.plain("http_p50_ms", one.whole),
        Figure.plain("http_dynamodb_alone_ms", one.dynamodb),
        Figure.plain("http_index_alone_ms", one.index),
        Figure.at_most("http_rest_ms", one.rest, _BAR),
        *(Figure.plain(f"http_searches_a_second_{each.clients}", each.a_second) for each in loads),
        Figure.plain("http_8_clients_over_1", loads[-1].a_second / loads[0].a_second),
        Figure.plain("http_p99_ms_8", loads[-1].p99),
    ]


def _draw(axes: Any, loads: Sequence[Load]) -> None:  # noqa: ANN401 - matplotlib's
    clients = [load.clients for load in loads]
    axes.plot(clients, [load.a_second for load in loads], marker="o", label="SearchFaces")
    alone = [load.dynamodb_a_second for load in loads]
    axes.plot(clients, alone, marker="o", label="its DynamoDB calls alone")
    axes.set_xticks(clients)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("clients")
    axes.set_ylabel("a second")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
