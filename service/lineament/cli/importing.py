"""`lineament import COLLECTION SOURCE`: index many pictures into a collection.

SOURCE is a folder, a manifest (.csv or .jsonl with image, external_image_id, user_id),
s3://bucket/prefix, or the s3://bucket/.../manifest.json of an S3 Inventory. docs/import.md tells
more.
"""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tqdm import tqdm

from lineament import config
from lineament.app import build_services
from lineament.cli.arguments import writable
from lineament.cli.bulk import inventory
from lineament.cli.bulk.batches import in_batches
from lineament.cli.bulk.bucket import Prefix
from lineament.cli.bulk.crew import Crew
from lineament.cli.bulk.desk import CollectionDesk
from lineament.cli.bulk.examiner import Examiner, Options
from lineament.cli.bulk.folder import Folder
from lineament.cli.bulk.gate import Gate
from lineament.cli.bulk.inventory import Inventory
from lineament.cli.bulk.listed import Listed
from lineament.cli.bulk.naming import (
    EXTERNAL_IDS,
    USERS_FROM,
    Candidate,
    Item,
    Naming,
    PassedOver,
    Refused,
    Source,
)
from lineament.cli.bulk.parts import hand_out
from lineament.cli.bulk.places import S3Place
from lineament.cli.bulk.report import Outcome
from lineament.cli.bulk.target import Target
from lineament.cli.bulk.writer import Writer
from lineament.cli.operating import Operator, add_by
from lineament.context import Scope
from lineament.domain.celebrities import SCOPE as CELEBRITIES
from lineament.domain.limits import MAX_FACES_PER_IMAGE
from lineament.domain.quality import QualityLevel
from lineament.errors import LineamentError
from lineament.storage.consents import DynamoConsents
from lineament.storage.provision import connect, ensure_tables
from lineament.storage.queues import Queue
from lineament.trust import build_house

_S3 = "s3://"
_INTERRUPTED = 130
_MOST_WORKERS = 32
"""Connections to S3 and to DynamoDB that a client keeps."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "Exit status: 0 every picture is in the collection, or would be; 1 some were rejected, or "
        "the import\nended early, and the last lines say why; 2 a wrong call; 130 stopped by "
        "Ctrl-C. Stopped at any moment,\nrun the same command again: what is there is passed by."
    )
    parser.add_argument("collection", metavar="COLLECTION", help="its CollectionId")
    parser.add_argument("source", metavar="SOURCE", help="folder, manifest or s3://bucket/prefix")
    parser.add_argument("--create", action="store_true", help="make the collection if absent")
    parser.add_argument("--account", help="whose collection; LINEAMENT_DEFAULT_ACCOUNT's if absent")
    parser.add_argument("--region", help="of collection and bucket; LINEAMENT_REGION's if absent")
    parser.add_argument(
        "--external-id",
        choices=EXTERNAL_IDS,
        default="stem",
        help="ExternalImageId of pictures of a folder or prefix: the file's name without suffix "
        "(stem), its path with : for / (path), or none. Default: stem",
    )
    parser.add_argument(
        "--user-from",
        choices=USERS_FROM,
        default="none",
        help="folder: the folder that a picture is in is the UserId that its face belongs to",
    )
    parser.add_argument(
        "--max-faces",
        type=_number(MAX_FACES_PER_IMAGE),
        default=MAX_FACES_PER_IMAGE,
        metavar="N",
        help="of a picture, as IndexFaces's MaxFaces",
    )
    parser.add_argument(
        "--quality",
        choices=[level.value for level in QualityLevel],
        default=QualityLevel.AUTO.value,
        help="as IndexFaces's QualityFilter. Default: AUTO",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="look at pictures of which the collection has faces, too; with other options they "
        "may have more",
    )
    parser.add_argument(
        "--workers",
        type=_number(_MOST_WORKERS),
        default=min(os.cpu_count() or 1, _MOST_WORKERS),
        metavar="N",
        help="pictures at once. Default: one for each processor",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="look at every picture, tell, and write nothing"
    )
    parser.add_argument(
        "--queue",
        metavar="URL",
        help="hand the pictures out to functions: send them, which must be in S3, to the queue of "
        "lambdas.worker, and look at none here",
    )
    parser.add_argument("--json", type=writable, metavar="FILE", help="write the report there")
    add_by(parser)


def run(args: argparse.Namespace) -> int:
    """Import, and print what came of it."""
    settings = config.load()
    scope = Scope(args.account or settings.default_account, args.region or settings.region)
    if scope.account == CELEBRITIES.account:
        raise LineamentError("celebrities are imported by `lineament celebrities import`")
    if args.queue is not None and _not_handed_out(args):
        raise LineamentError(f"--queue goes without {_not_handed_out(args)}")
    source = _source(args, scope.region)
    tables = connect(settings.table, settings.region)
    desk = CollectionDesk(build_services(settings, tables), scope, args.collection)
    options = Options(args.max_faces, args.quality, args.again, args.dry_run)
    started = time.monotonic()
    with _stop_signals() as stopped, Outcome() as outcome:
        target = Target(desk, stopped)
        if args.create:
            ensure_tables(tables)
        target.open(create=args.create, dry_run=args.dry_run)
        if args.queue is not None:
            return _hand_out(args, source, Queue(args.queue, settings.region), scope, outcome)
        gate = Gate(build_house(settings), DynamoConsents(tables))
        if not args.dry_run:
            Operator(args).record("Import", collection=args.collection, why=args.source)
        try:
            _import(target, Examiner(target, options, gate), source, args.workers, outcome)
        finally:
            _tell(args, scope, outcome, time.monotonic() - started)
        if stopped.is_set():
            print("Stopped. The same command goes on from here.", file=sys.stderr)
            return _INTERRUPTED
        return 1 if outcome.rejected else 0


def _not_handed_out(args: argparse.Namespace) -> str:
    asked = {
        "--max-faces": args.max_faces != MAX_FACES_PER_IMAGE,
        "--quality": args.quality != QualityLevel.AUTO.value,
        "--again": args.again,
        "--dry-run": args.dry_run,
        "--json": args.json is not None,
    }
    return ", ".join(name for name, given in asked.items() if given)


def _source(args: argparse.Namespace, region: str) -> Source:
    naming = Naming(args.external_id, args.user_from)
    if args.source.startswith(_S3):
        bucket, _, prefix = args.source.removeprefix(_S3).partition("/")
        if not bucket:
            raise LineamentError(f"{args.source} names no bucket")
        kind: type[Inventory] | type[Prefix]
        kind = Inventory if prefix.rpartition("/")[2] == inventory.NAME else Prefix
        return kind(S3Place(bucket, prefix), region, naming)
    path = Path(args.source)
    if path.is_dir():
        return Folder(path, naming)
    if args.user_from != "none":
        raise LineamentError("a manifest names users in its user_id column, not by --user-from")
    return Listed(path)


def _hand_out(
    args: argparse.Namespace, source: Source, queue: Queue, scope: Scope, outcome: Outcome
) -> int:
    images, parts = hand_out(source, queue, scope, args.collection, outcome)
    print(f"{images} pictures handed out in {parts} jobs, {outcome.rejected} rejected")
    for each in outcome.first:
        print(f"  rejected  {each.name}: {each.reason}")
    return 1 if outcome.rejected else 0


def _import(
    target: Target, examiner: Examiner, source: Source, workers: int, outcome: Outcome
) -> None:
    crew = Crew(examiner.examine, workers, target.stopped)
    # What was looked at is stored, also after Ctrl-C: this event is never set.
    writing = Crew(Writer(target).write, 1, threading.Event(), handed_out=2)
    with tqdm(unit="picture", smoothing=0.1, disable=None) as bar:  # none without a terminal
        if not bar.disable:
            counting = threading.Thread(target=_count, args=(source, bar, target.stopped))
            counting.daemon = True
            counting.start()
        examined = crew.work_through(_meant(source, outcome))
        for results in writing.work_through(in_batches(examined)):
            for each in results:
                outcome.count(each)
            bar.update(len(results))


def _meant(source: Iterable[Candidate], outcome: Outcome) -> Iterator[Item | Refused]:
    for candidate in source:
        if isinstance(candidate, PassedOver):
            outcome.passed_over[candidate.what] += 1
        else:
            yield candidate


def _count(source: Source, bar: "tqdm[None]", stopped: threading.Event) -> None:
    """Find out beside the work how many pictures there are, for the bar."""
    total = 0
    try:
        for candidate in source:
            if stopped.is_set():
                return
            total += not isinstance(candidate, PassedOver)
    except LineamentError:
        return  # The import meets it as well, and tells it.
    bar.total = total


def _tell(args: argparse.Namespace, scope: Scope, outcome: Outcome, seconds: float) -> None:
    if args.json is not None:
        about = {
            "collection": args.collection,
            "account": scope.account,
            "region": scope.region,
            "source": args.source,
            "dry_run": args.dry_run,
        }
        outcome.write(args.json, about, seconds)
    for line in outcome.to_lines(seconds, dry_run=args.dry_run):
        print(line)


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Let SIGTERM and Ctrl-C set the event; what is in work comes to its end."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not stopped.is_set():
            stopped.set()
            print("stopping after the pictures in work", file=sys.stderr)

    chosen = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, stop) for each in chosen]
    try:
        yield stopped
    finally:
        for each, handler in zip(chosen, before, strict=True):
            signal.signal(each, handler)


class _number:  # noqa: N801 - a type of argparse, which prints its name
    """A whole number from 1 up to a limit."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() else 0
        if not 1 <= number <= self._most:
            raise argparse.ArgumentTypeError(f"{text} is no number from 1 to {self._most}")
        return number
