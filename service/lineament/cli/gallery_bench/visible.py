"""A face that one process commits: do two servers find it in their very next search?"""

import json
import statistics
import time
import uuid
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise

from botocore.awsrequest import AWSPreparedRequest

from lineament.cli.figures import Figure
from lineament.cli.gallery_bench import people
from lineament.cli.gallery_bench.context import Context
from lineament.cli.gallery_bench.deployment import Deployment
from lineament.cli.gallery_bench.over_http import found_in, search
from lineament.cli.vision_bench.part import Part
from lineament.cli.vision_bench.serving import Connection, recorded, rekognition

SERVERS = 2


@dataclass(frozen=True, slots=True)
class Look:
    """One server's first search after a face was added, and the same search once more."""

    found: bool
    """The first one found the face."""
    first: float
    """Milliseconds."""
    again: float


def run(context: Context) -> Part:
    """Add faces to a served collection, each like a face that the servers are searched for."""
    on = context.deployed
    with ExitStack() as stack:
        urls = [stack.enter_context(on.served()) for _ in range(SERVERS)]
        looks = _look(on, urls, context.rounds)
    found = sum(look.found for look in looks)
    first = statistics.median(look.first for look in looks)
    again = statistics.median(look.again for look in looks)
    told = (
        f"{len(looks) // SERVERS} faces added by one process, then one search in each of {SERVERS} "
        f"servers: found {found} of {len(looks)} times"
    )
    took = (
        f"median of that search {first:.2f} ms, of the same once more {again:.2f}: the first reads "
        "an entry of the log (emulated DynamoDB) and takes it up"
    )
    return Part(
        [told, took],
        [
            Figure.at_least("visible_in_next_search", found / len(looks), 1.0),
            Figure.plain("visible_extra_ms", first - again),
        ],
    )


def _look(on: Deployment, urls: list[str], rounds: int) -> list[Look]:
    view = on.view()
    clients = [rekognition(url) for url in urls]
    requests = [recorded(client, "SearchFaces") for client in clients]
    looks = []
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(Connection(url))) for url in urls]
        for number, person in enumerate(on.persons[:rounds]):
            near = people.beside(on.vector(view, person[0]), number)
            for client in clients:
                search(client, on, person[0])  # Level with the log until here.
            face_id = str(uuid.uuid4())
            on.add(face_id, near)
            looks += [
                _first_and_again(connection, sent[-1], face_id)
                for connection, sent in zip(connections, requests, strict=True)
            ]
    return looks


def _first_and_again(connection: Connection, request: AWSPreparedRequest, face_id: str) -> Look:
    marks = [time.perf_counter()]
    body = connection.send(request)
    marks.append(time.perf_counter())
    connection.send(request)
    marks.append(time.perf_counter())
    first, again = ((end - start) * 1000 for start, end in pairwise(marks))
    return Look(face_id in found_in(json.loads(body)), first, again)
