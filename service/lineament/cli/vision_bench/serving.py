"""A real server on loopback: its start, and what eight clients get out of it."""

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
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
    with aws() as environment:
        for _ in range(rounds):
            begin = time.perf_counter()
            with server(environment) as (url, process):
                _index(rekognition(url), image)
                seconds = time.perf_counter() - begin
                starts.append(Start(seconds, _resident(process.pid) / _MIB))
    return min(starts, key=lambda start: start.seconds)


def measure_load(image: bytes, calls: int) -> Load:
    """Ask for DetectFaces over HTTP, `calls` times by one client and by eight together."""
    with aws() as environment, server(environment) as (url, _):
        client = rekognition(url)
        until_it_answers(lambda: client.detect_faces(Image={"Bytes": image}))
        kept = recorded(client, "DetectFaces")
        client.detect_faces(Image={"Bytes": image})
        ask(url, kept * CLIENTS * 2)  # warm
        times = ask(url, kept * calls)
        elapsed, ordered = ask_together(url, [kept * -(-calls // CLIENTS)] * CLIENTS)
    return Load(
        sequential=calls / sum(times),
        concurrent=len(ordered) / elapsed,
        p50=statistics.median(ordered) * 1000,
        p99=percentile_99(ordered) * 1000,
    )


def _index(client: Any, image: bytes) -> None:  # noqa: ANN401 - boto3's
    """Make a collection and index one photo, as soon as the server does it."""
    name = f"start-{time.time_ns()}"
    until_it_answers(lambda: client.create_collection(CollectionId=name))
    until_it_answers(lambda: client.index_faces(CollectionId=name, Image={"Bytes": image}))


class Connection:
    """One client, as bare as can be: sends recorded requests over one connection."""

    def __init__(self, url: str) -> None:
        """Connect at the first request."""
        host, port = url.removeprefix("http://").split(":")
        self._connection = http.client.HTTPConnection(host, int(port), timeout=_START_SECONDS)

    def send(self, request: AWSPreparedRequest) -> bytes:
        """Return the body of the answer.

        Raises:
            ServingError: the answer is an error.
        """
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        self._connection.request("POST", "/", body=request.body, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise ServingError(f"the server answered {answer.status}")
        return body

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


def ask(url: str, requests: Iterable[AWSPreparedRequest]) -> list[float]:
    """Send requests one after the other over one connection; return the seconds of each answer."""
    with closing(Connection(url)) as connection:
        times = []
        for request in requests:
            begin = time.perf_counter()
            connection.send(request)
            times.append(time.perf_counter() - begin)
        return times


def ask_together(
    url: str, shares: Sequence[Sequence[AWSPreparedRequest]]
) -> tuple[float, list[float]]:
    """Send each share by a client of its own, all at once.

    Returns:
        The seconds until all are answered, and those of each answer, ascending.

    Raises:
        ServingError: a client got an error.
    """
    with ThreadPoolExecutor(len(shares)) as clients:
        begin = time.perf_counter()
        times = list(clients.map(lambda share: ask(url, share), shares))
        elapsed = time.perf_counter() - begin
    return elapsed, sorted(each for share in times for each in share)


def percentile_99(ordered: Sequence[float]) -> float:
    """Return the value that 99 of 100 do not pass; they ascend."""
    return ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]


def recorded(client: Any, operation: str) -> list[AWSPreparedRequest]:  # noqa: ANN401
    """Return a list that takes each request of the operation that boto3 sends from now on."""
    kept: list[AWSPreparedRequest] = []
    client.meta.events.register(
        f"before-send.rekognition.{operation}", lambda request, **_: kept.append(request)
    )
    return kept


@contextmanager
def aws() -> Iterator[dict[str, str]]:
    """Run S3 and DynamoDB, and give the environment of a server beside them."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    environment = config.local_environment(url, url)
    with running(port, environment):
        yield environment


@contextmanager
def server(environment: Mapping[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a server, and give its address, where it does not listen yet, and its process."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "lineament", "serve", "--port", str(port)],
        env={**environment, "LINEAMENT_LOG_LEVEL": "ERROR"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://{LOOPBACK}:{port}", process
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


def rekognition(url: str) -> Any:  # noqa: ANN401 - boto3's clients have no types
    """Return boto3's client of a server; it repeats no call."""
    return boto3.client(
        "rekognition",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="local",  # noqa: S106 - the local pair's
        config=boto3.session.Config(retries={"max_attempts": 0}),
    )


def until_it_answers(
    call: Callable[[], object], process: subprocess.Popen[bytes] | None = None
) -> None:
    """Call until no error comes, while a server starts.

    Raises:
        ServingError: a minute was not enough, or the process has ended.
    """
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            call()
        except Exception as error:  # refused, or not ready: boto3 has a class for each
            if process is not None and process.poll() is not None:
                raise ServingError(f"the server ended with status {process.returncode}") from error
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
