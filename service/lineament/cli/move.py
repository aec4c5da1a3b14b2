"""`lineament move COLLECTION --to milvus|memory`: have another engine hold a collection's vectors.

The service goes on meanwhile. Before anything is switched, every vector and the answers to some
queries are compared with brute force over the collection's snapshot. Source: docs/engines.md.
"""

import argparse
import json
import sys

from lineament import config
from lineament.app import build_services, choose_placement
from lineament.cli.arguments import writable
from lineament.cli.comparing import ways
from lineament.cli.move_report import bars, line, to_report
from lineament.cli.relocating import MEMORY, Outcome, Relocation
from lineament.cli.stopping import Stopped, stop_signals
from lineament.config import Settings
from lineament.context import Scope
from lineament.domain.celebrities import SCOPE as CELEBRITIES
from lineament.domain.collections import Collection
from lineament.domain.engine import EngineUnavailable
from lineament.errors import LineamentError
from lineament.gallery.milvus import NAME as MILVUS
from lineament.handlers.services import Services
from lineament.storage.housekeeping import living
from lineament.storage.placement import Placement
from lineament.storage.provision import connect
from lineament.storage.published import Published
from lineament.storage.snapshots import SnapshotStore, connect_snapshots

_QUERIES = 200
_MOST_QUERIES = 10_000
_COMPONENT_BYTES, _FACE_BYTES = 5, 33
"""What a component and a face take in a process's memory, at most: docs/scale.md."""
_MB = 1e6


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "Exit status: 0 it is there; 1 nothing was switched, or not all with --all, and the last "
        "lines say why; 2 a wrong call; 130 stopped.\nStopped at any moment, the collection is "
        "served from where it was; run the same command again within an hour to go on."
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("collection", metavar="COLLECTION", nargs="?", help="its CollectionId")
    which.add_argument(
        "--all", action="store_true", help="every collection of the deployment, one by one"
    )
    parser.add_argument("--to", required=True, choices=[MILVUS, MEMORY], help="where to")
    parser.add_argument("--account", help="whose collection; LINEAMENT_DEFAULT_ACCOUNT's if absent")
    parser.add_argument("--region", help="of the collection; LINEAMENT_REGION's if absent")
    parser.add_argument(
        "--compare",
        type=_queries,
        default=_QUERIES,
        metavar="N",
        help="queries to compare (%(default)d); 0, to memory only: ask the engine nothing",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", type=writable, metavar="FILE", help="write the report there")


def run(args: argparse.Namespace) -> int:
    """Move the collection, or all, and print what came of it."""
    if args.to == MILVUS and not args.compare:
        raise LineamentError("--compare 0 is for --to memory")
    settings = config.load()
    tables = connect(settings.table, settings.region)
    placement = choose_placement(settings)
    store = connect_snapshots(tables, settings.snapshot_bucket, settings.region)
    if placement.engine is None or store is None:
        raise LineamentError(
            "set LINEAMENT_MILVUS_URI and LINEAMENT_SNAPSHOT_BUCKET, for the servers as well"
        )
    services = build_services(settings, tables, placement=placement)
    chosen = list(living(tables)) if args.all else [_find(services, settings, args)]
    leaving = [each for each in chosen if not _is_there(store, placement, each, args.to)]
    if leaving:
        _tell_need(store, leaving, args.to)
        if not args.yes:
            _require_consent(leaving, args.to)
    outcomes: list[tuple[Collection, Outcome]] = []
    try:
        with stop_signals(), bars() as progress:
            mover = Relocation(tables, store, placement.engine, args.compare, progress)
            for collection in chosen:
                outcome = Outcome("already")
                outcomes.append((collection, outcome))
                if collection in leaving:
                    _move(mover, services, collection, outcome, args)
                progress.end()
                print(line(collection, outcome, args.to), flush=True)
    except (Stopped, KeyboardInterrupt):
        print(
            "Stopped: the collection at hand is served from where it was. Run the same command "
            "again within an hour to go on.",
            file=sys.stderr,
        )
        return 130
    finally:
        if args.json is not None:
            args.json.write_text(json.dumps(to_report(outcomes, args.to), indent=2) + "\n")
    if any(outcome.state == "moved" for _, outcome in outcomes):
        print(
            "Running servers and functions change over at their first call after a minute, without "
            "a restart"
            + (
                "; one without LINEAMENT_MILVUS_URI goes on from memory."
                if args.to == MILVUS
                else "; housekeeping drops what Milvus has after ten minutes."
            )
        )
    return 1 if any(outcome.state in {"differs", "failed"} for _, outcome in outcomes) else 0


def _queries(text: str) -> int:
    if not text.isdecimal() or int(text) > _MOST_QUERIES:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 to {_MOST_QUERIES}")
    return int(text)


def _find(services: Services, settings: Settings, args: argparse.Namespace) -> Collection:
    scope = Scope(args.account or settings.default_account, args.region or settings.region)
    if scope.account == CELEBRITIES.account:
        scope = CELEBRITIES
    collection = services.collections.find(scope, args.collection)
    if collection is None:
        raise LineamentError(
            f"account {scope.account} has no collection {args.collection} in {scope.region}"
        )
    return collection


def _is_there(store: SnapshotStore, placement: Placement, collection: Collection, to: str) -> bool:
    published = store.published(collection.generation) or Published()
    if published.engine:
        placement.require(published.engine)
    return (published.engine or MEMORY) == to


def _tell_need(store: SnapshotStore, leaving: list[Collection], to: str) -> None:
    if to != MEMORY:
        return
    needs = []
    for collection in leaving:
        head = store.newest_head(collection.generation)
        if head is not None:
            size = len(head.ids) * (_COMPONENT_BYTES * head.dimensions + _FACE_BYTES)
            needs.append(size)
            print(
                f"{collection.collection_id}: {len(head.ids):,} faces take {size / _MB:,.1f} MB of "
                "memory in each process that serves them"
            )
    if len(needs) > 1:
        print(f"together {sum(needs) / _MB:,.1f} MB")


def _require_consent(leaving: list[Collection], to: str) -> None:
    if not sys.stdin.isatty():
        raise LineamentError("there is nobody to ask; add --yes")
    what = leaving[0].collection_id if len(leaving) == 1 else f"{len(leaving)} collections"
    if input(f"Move {what} to {to}? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise LineamentError("nothing was done")


def _move(
    mover: Relocation,
    services: Services,
    collection: Collection,
    outcome: Outcome,
    args: argparse.Namespace,
) -> None:
    """Move one; with --all an error is the collection's own."""
    outcome.state = "stopped"  # Until it ends otherwise.
    model = services.models.of(collection.model_version)
    asks = ways(None if model is None else model.calibration)
    move = mover.to_engine if args.to == MILVUS else mover.to_memory
    try:
        move(collection, asks, outcome)
    except LineamentError as error:
        outcome.state = "failed"
        asked = args.to == MEMORY and isinstance(error, EngineUnavailable)
        hint = "; --compare 0 leaves it without asking it anything" if asked else ""
        if not args.all:
            raise LineamentError(f"{error}{hint}") from error
        print(f"{collection.collection_id}: {error}{hint}", file=sys.stderr)
