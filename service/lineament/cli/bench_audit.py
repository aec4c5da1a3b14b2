"""`lineament bench audit`: what an audit entry costs a call, beside a plain write. On moto."""

import argparse
import statistics
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lineament import config
from lineament.cli.emulator import LOOPBACK, free_port, running
from lineament.cli.figures import Figure, report
from lineament.context import CallContext, Principal, Scope
from lineament.domain.audit import Entry
from lineament.domain.audit_chain import Tip, seal, write
from lineament.governance.audit_checking import Check
from lineament.governance.audit_describing import describe
from lineament.governance.signing import Signer
from lineament.storage.audit import DynamoAuditTrail
from lineament.storage.audit_blocks import AuditBlocks
from lineament.storage.provision import Tables, connect, ensure_tables

_SCOPE = Scope("123456789012", "us-east-1")
_CALLERS = (1, 4, 16)
_BAR, _SHARED = 1.5, 2.0
_IMAGE_BYTES = 5 * 1024 * 1024
_RESULTS = 100
_Work = Callable[[], object]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--rounds", type=int, default=200, help="calls a caller (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")


def run(args: argparse.Namespace) -> int:
    """Measure, print a line a number of callers and then the figures; 1 when one is short."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    environment = config.local_environment(url, url)
    config.enter(environment)
    figures = _alone()
    with running(port, environment):
        tables = connect("bench-audit", _SCOPE.region, url)
        ensure_tables(tables)
        print("callers   plain put ms   per s     entry ms   per s   entries a block")
        for callers in _CALLERS:
            put, entry, shared = _together(tables, callers, args.rounds)
            print(
                f"{callers:7}{put:15.2f}{callers / put * 1000:8.0f}{entry:13.2f}"
                f"{callers / entry * 1000:8.0f}{shared:18.2f}"
            )
            if callers == _CALLERS[0]:
                figures.append(Figure.at_most("audit_entry_beside_put", entry / put, _BAR))
        figures.append(Figure.at_least("audit_entries_a_block", shared, _SHARED))
    return report(figures, args.json)


def _alone() -> list[Figure]:
    """Measure what needs no table, in microseconds."""
    search, pictured = _search(), _picture()
    signer, texts = Signer(bytes(32)), [write(search())]
    block = seal(_SCOPE.account, Tip(), 0.0, "w", texts, signer)

    def check() -> None:
        Check(_SCOPE.account, {}, [signer.public_key]).take(block)

    works: dict[str, _Work] = {
        f"audit_describe_{_RESULTS}_us": lambda: write(search()),
        "audit_describe_5_MiB_us": pictured,
        "audit_seal_us": lambda: seal(_SCOPE.account, Tip(), 0.0, "w", texts, None),
        "audit_seal_and_sign_us": lambda: seal(_SCOPE.account, Tip(), 0.0, "w", texts, signer),
        "audit_check_us": check,
    }
    sizes = [Figure.plain(f"audit_bytes_{_RESULTS}", len(block.body))]
    return [*(Figure.plain(name, _median(work) * 1e6) for name, work in works.items()), *sizes]


def _median(work: _Work, rounds: int = 50) -> float:
    return statistics.median(_timed(work) for _ in range(rounds))


def _timed(work: _Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _together(tables: Tables, callers: int, rounds: int) -> tuple[float, float, float]:
    """Return the median milliseconds of a plain put and of an entry, and entries a block."""
    trail, chain = DynamoAuditTrail(tables, Signer(bytes(32))), AuditBlocks(tables.trust)
    entry = _search()()
    body = {"body": {"S": write(entry)}}
    trail.append(entry, strict=True)
    begun = chain.tip(_SCOPE.account).number

    def put() -> None:
        tables.trust.put_new({"pk": {"S": uuid.uuid4().hex}, "sk": {"S": "-"}, **body})

    times: dict[str, list[float]] = {"put": [], "append": []}
    works: dict[str, _Work] = {"put": put, "append": lambda: trail.append(entry, strict=True)}
    parts = 10
    for _ in range(parts):  # interleaved
        for name, work in works.items():
            times[name] += _at_once(work, callers, max(1, rounds // parts))
    blocks = chain.tip(_SCOPE.account).number - begun
    put_ms, entry_ms = (statistics.median(times[name]) * 1000 for name in works)
    return put_ms, entry_ms, len(times["append"]) / blocks


def _at_once(work: _Work, callers: int, rounds: int) -> list[float]:
    def caller(_number: int) -> list[float]:
        return [_timed(work) for _ in range(rounds)]

    with ThreadPoolExecutor(callers) as pool:
        return [each for times in pool.map(caller, range(callers)) for each in times]


def _search() -> Callable[[], Entry]:
    """Return what describes a search with many results."""
    matches = [
        {"Similarity": 99.0 + place / 1000, "Face": {"FaceId": str(uuid.UUID(int=place))}}
        for place in range(_RESULTS)
    ]
    params = {"CollectionId": "people", "FaceId": str(uuid.UUID(int=7))}
    return lambda: _entry("SearchFaces", params, {"FaceMatches": matches})


def _picture() -> Callable[[], Entry]:
    """Return what describes a search by the largest picture that a call can bring."""
    params = {"CollectionId": "people", "Image": {"Bytes": b"x" * _IMAGE_BYTES}}
    return lambda: _entry("SearchFacesByImage", params, {"FaceMatches": []})


def _entry(operation: str, params: Mapping[str, object], output: Mapping[str, object]) -> Entry:
    call = CallContext(
        _SCOPE, Principal(_SCOPE.account, _SCOPE.account), operation, str(uuid.UUID(int=1)), 0.0
    )
    found = describe(call, params, params, output)
    if found is None:
        raise ValueError(operation)
    return found
