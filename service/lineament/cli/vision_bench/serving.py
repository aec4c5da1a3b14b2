"""A real server on loopback: its start, and what eight clients get out of it."""

import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest

from lineament import config
from lineament.cli.emulator import LOOPBACK, free_port, running
from lineament.cli.figures import Figure
from lineament.cli.vision_bench import inputs
from lineament.cli.vision_bench.part import Context, Part
from lineament.errors import LineamentError

CLIENTS = 8
_MIB = 1 << 20
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0


class ServingError(LineamentError):
    """The server did not start or answered with an error."""


@dataclass(frozen=True, slots=True)
class Start:
    """From the start of the process to the first answer of IndexFaces."""

    seconds: float
    resident_mib: float
    """Of the server and its worker together, what they share counted once (PSS)."""


@dataclass(frozen=True, slots=True)
class Load:
    """Answers a second and milliseconds an answer, of one client and of eight."""

    sequential: float
    concurrent: float
    p50: float
    """Of the eight clients, milliseconds."""
    p99: float

    @property
    def gain(self) -> float:
        """Answers a second of eight clients over those of one."""
        return self.concurrent / self.sequential


def run_start(context: Context) -> Part:
    """Time the start of a server."""
    start = measure_start(inputs.one_face(context.model_dir))
    line = (
        f"process start to first IndexFaces answer: {start.seconds:.2f} s, "
        f"{start.resident_mib:.0f} MiB resident (master and worker)"
    )
    return Part(
        [line],
        [
            Figure.at_most("start_to_first_index_faces_seconds", start.seconds, 2.0),
            Figure.at_most("resident_after_first_index_faces_mib", start.resident_mib, 400.0),
        ],
    )


def run_load(context: Context) -> Part:
    """Ask a server with one client, then with eight."""
    load = measure_load(inputs.one_face(context.model_dir), context.calls)
    line = (
        f"DetectFaces over HTTP, 1 face, 640 x 480: 1 client {load.sequential:.1f} a second, "
        f"{CLIENTS} clients {load.concurrent:.1f} (p50 {load.p50:.0f} ms, p99 {load.p99:.0f} ms)"
    )
    return Part(
        [line],
        [
            Figure.at_least("throughput_8_clients_over_1", load.gain, 1.6),
            Figure.at_most("p99_over_p50_of_8_clients", load.p99 / load.p50, 4.0),
        ],
    )


def measure_start(image: bytes, rounds: int = 3) -> Start:
    """Start a server `rounds` times beside an emulator that runs; the best of them counts.

    What disturbs a start from outside only makes it slower.
    """
    starts = []
    with _aws() as environment:
        for _ in range(rounds):
            begin = time.perf_counter()
            with _server(environment) as (url, server):
                _index(_client(url), image)
                seconds = time.perf_counter() - begin
                starts.append(Start(seconds, _resident(server.pid) / _MIB))
    return min(starts, key=lambda start: start.seconds)


def measure_load(image: bytes, calls: int) -> Load:
    """Ask for DetectFaces over HTTP, `calls` times by one client and by eight together."""
    with _aws() as environment, _server(environment) as (url, _):
        client = _client(url)
        _until_it_answers(lambda: client.detect_faces(Image={"Bytes": image}))
        request = _signed(client, image)
        _ask(url, request, CLIENTS * 2)  # warm
        times = _ask(url, request, calls)
        sequential = calls / sum(times)
        together: list[float] = []
        each = -(-calls // CLIENTS)
        threads = [
            threading.Thread(target=lambda: together.extend(_ask(url, request, each)))
            for _ in range(CLIENTS)
        ]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - begin
    if len(together) != each * CLIENTS:
        raise ServingError("a client of the load got an error")
    ordered = sorted(together)
    return Load(
        sequential=sequential,
        concurrent=len(ordered) / elapsed,
        p50=statistics.median(ordered) * 1000,
        p99=ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)] * 1000,
    )


def _index(client: Any, image: bytes) -> None:  # noqa: ANN401 - boto3's
    """Make a collection and index one photo, as soon as the server does it."""
    name = f"start-{time.time_ns()}"
    _until_it_answers(lambda: client.create_collection(CollectionId=name))
    _until_it_answers(lambda: client.index_faces(CollectionId=name, Image={"Bytes": image}))


def _ask(url: str, request: AWSPreparedRequest, calls: int) -> list[float]:
    """Send one signed request again and again over one connection; seconds of each answer."""
    host, port = url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=_START_SECONDS)
    headers = {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    times = []
    for _ in range(calls):
        begin = time.perf_counter()
        connection.request("POST", "/", body=request.body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - begin)
        if answer.status != http.client.OK:
            raise ServingError(f"DetectFaces answered {answer.status}")
    connection.close()
    return times


def _signed(client: Any, image: bytes) -> AWSPreparedRequest:  # noqa: ANN401 - boto3's
    """Return the request that boto3 makes of DetectFaces: the clients need not make it again."""
    kept: list[AWSPreparedRequest] = []
    client.meta.events.register(
        "before-send.rekognition.DetectFaces", lambda request, **_: kept.append(request)
    )
    client.detect_faces(Image={"Bytes": image})
    return kept[0]


@contextmanager
def _aws() -> Iterator[dict[str, str]]:
    """Run S3 and DynamoDB, and give the environment of a server beside them."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    environment = config.local_environment(url, url)
    with running(port, environment):
        yield environment


@contextmanager
def _server(environment: Mapping[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    server = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "lineament", "serve", "--port", str(port)],
        env={**environment, "LINEAMENT_LOG_LEVEL": "ERROR"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://{LOOPBACK}:{port}", server
    finally:
        server.terminate()
        server.wait(_STOP_SECONDS)


def _client(url: str) -> Any:  # noqa: ANN401 - boto3's clients have no types
    return boto3.client(
        "rekognition",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="local",  # noqa: S106 - the local pair's
        config=boto3.session.Config(retries={"max_attempts": 0}),
    )


def _until_it_answers(call: Callable[[], object]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            call()
        except Exception as error:  # refused, or not ready: boto3 has a class for each
            if time.monotonic() > deadline:
                raise ServingError("the server did not start") from error
            time.sleep(0.02)
        else:
            return


def _resident(pid: int) -> int:
    """Return the proportional set size of a process and its children, in bytes."""
    pids = [pid]
    children = Path(f"/proc/{pid}/task/{pid}/children")
    pids += [int(child) for child in children.read_text().split()]
    total = 0
    for each in pids:
        for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def resident_mib() -> float:
    """Return this process's resident set in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB
