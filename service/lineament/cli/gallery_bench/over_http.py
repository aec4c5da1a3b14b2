"""SearchFaces over HTTP: what it adds to the index and DynamoDB, and what more clients get.

The emulator's DynamoDB is no part of the service, and slow. So the two calls of a search are timed
alone too, through a client like the server's, and taken off; and all is measured once more behind
`remembering`, where the same items are there at once.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from lineament.cli.figures import Figure
from lineament.cli.gallery_bench.context import Context
from lineament.cli.gallery_bench.deployment import BenchError, Deployment
from lineament.cli.gallery_bench.remembering import remembered
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


@dataclass(frozen=True, slots=True)
class Served:
    """A server's searches before one DynamoDB."""

    dynamodb: str
    """`emulated` or `remembered`."""
    one: Search
    loads: Sequence[Load]


def run(context: Context) -> Part:
    """Search a served collection by one client, then by more."""
    on = context.deployed
    view = on.view()
    found = [_serve("emulated", on, view)]
    with remembered(on) as quick:
        found.append(_serve("remembered", quick, view))
    return Part(
        _lines(len(view), found),
        [figure for served in found for figure in _figures(served)],
        [lambda axes: _draw(axes, found)],
    )


def search(client: Any, on: Deployment, face_id: str) -> list[str]:  # noqa: ANN401 - boto3's
    """Return the faces that a search for a face finds, best first."""
    answer = client.search_faces(CollectionId=on.collection_id, FaceId=face_id, MaxFaces=_BEST)
    return found_in(answer)


def found_in(answer: Any) -> list[str]:  # noqa: ANN401 - of the wire
    """Return the FaceIds of an answer of SearchFaces."""
    return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]


def _serve(dynamodb: str, on: Deployment, view: MemoryGalleryView) -> Served:
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
        return Served(dynamodb, one, [_load(url, asked, clients) for clients in CLIENTS])


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


def _load(url: str, asked: Sequence[Asked], clients: int) -> Load:
    requests = [each.request for each in asked]
    elapsed, ordered = ask_together(url, [requests[place::clients] for place in range(clients)])
    return Load(
        clients,
        len(ordered) / elapsed,
        statistics.median(ordered) * 1000,
        percentile_99(ordered) * 1000,
    )


def _lines(faces: int, found: Sequence[Served]) -> list[str]:
    columns = (f"{'by boto3':>10}", f"{'bare client':>14}", f"{'DynamoDB alone':>16}")
    lines = [
        f"SearchFaces among {faces:,} faces, the {_BEST} best; 1 client, median ms",
        "rest = bare client - DynamoDB alone - index alone",
        "".join((f"{'DynamoDB':12}", *columns, f"{'index alone':>14}", f"{'rest':>8}")),
    ]
    for served in found:
        one = served.one
        lines.append(
            f"{served.dynamodb:12}{one.boto3:>10.2f}{one.whole:>14.2f}{one.dynamodb:>16.2f}"
            f"{one.index:>14.2f}{one.rest:>8.2f}"
        )
    lines.append(f"{'DynamoDB':12}{'clients':>10}{'searches/s':>14}{'p50 ms':>16}{'p99 ms':>14}")
    lines += [
        f"{served.dynamodb:12}{load.clients:>10}{load.a_second:>14.0f}{load.p50:>16.2f}"
        f"{load.p99:>14.2f}"
        for served in found
        for load in served.loads
    ]
    return [*lines, "(clients, server and DynamoDB share the cores)"]


def _figures(served: Served) -> list[Figure]:
    one, loads = served.one, served.loads
    figures = [
        Figure.plain("boto3_p50_ms", one.boto3),
        Figure.plain("p50_ms", one.whole),
        Figure.plain("dynamodb_alone_ms", one.dynamodb),
        Figure.plain("index_alone_ms", one.index),
        Figure.at_most("rest_ms", one.rest, _BAR),
        *(Figure.plain(f"searches_a_second_{each.clients}", each.a_second) for each in loads),
        Figure.plain("8_clients_over_1", loads[-1].a_second / loads[0].a_second),
        Figure.plain("p99_ms_8", loads[-1].p99),
    ]
    return [replace(each, name=f"http_{served.dynamodb}_{each.name}") for each in figures]


def _draw(axes: Any, found: Sequence[Served]) -> None:  # noqa: ANN401 - matplotlib's
    for served in found:
        speeds = [load.a_second for load in served.loads]
        axes.plot(CLIENTS, speeds, marker="o", label=f"DynamoDB {served.dynamodb}")
    axes.set_xticks(CLIENTS)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("clients")
    axes.set_ylabel("searches a second")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
