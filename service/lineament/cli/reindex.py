"""`lineament reindex COLLECTION --profile NAME`: move a collection to another face model.

The vectors are made anew from the pictures in S3; FaceIds, ImageIds and ExternalImageIds stay. The
service goes on with the old vectors until the last one is there, and then has the new ones at once.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from tqdm import tqdm

from lineament import config
from lineament.app import build_services
from lineament.cli.arguments import writable
from lineament.context import Scope
from lineament.domain.celebrities import SCOPE as CELEBRITIES
from lineament.domain.collections import Collection
from lineament.domain.similarity import FaceModel
from lineament.errors import LineamentError
from lineament.handlers.services import Services
from lineament.jobs.moving import Mover, Outcome
from lineament.storage.provision import connect
from lineament.vision.deployment import VARIABLE
from lineament.vision.profiles import read_profile

_SHOWN = 20
"""Faces left that are printed one by one; --json has all."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "Exit status: 0 it is done, or would be; 1 nothing was switched, and the last lines say "
        "why; 2 a wrong call.\nStopped at any moment, the collection is as it was; run the same "
        "command again to go on."
    )
    parser.add_argument("collection", metavar="COLLECTION", help="its CollectionId")
    parser.add_argument(
        "--profile", required=True, help="where to: a profile that ships, or a JSON file's path"
    )
    parser.add_argument("--account", help="whose collection; LINEAMENT_DEFAULT_ACCOUNT's if absent")
    parser.add_argument("--region", help="of the collection; LINEAMENT_REGION's if absent")
    parser.add_argument(
        "--dry-run", action="store_true", help="look at every picture, tell, and write nothing"
    )
    parser.add_argument(
        "--drop-unknown",
        action="store_true",
        help="switch although faces cannot be moved; they are not in the collection any more then",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", type=writable, metavar="FILE", help="write the report there")


def run(args: argparse.Namespace) -> int:
    """Move the collection, and print what came of it."""
    settings = config.load()
    tables = connect(settings.table, settings.region)
    services = build_services(settings, tables)
    scope = Scope(args.account or settings.default_account, args.region or settings.region)
    if scope.account == CELEBRITIES.account:
        raise LineamentError("celebrities move by `lineament celebrities drop` and a new import")
    model = _require_served(services, args.profile)
    collection = services.collections.find(scope, args.collection)
    if collection is None:
        raise LineamentError(
            f"account {scope.account} has no collection {args.collection} in {scope.region}"
        )
    if collection.model_version == model.version:
        print(f"{args.collection} is bound to {model.version} already; nothing to do")
        return 0
    print(f"{args.collection}: {collection.model_version} -> {model.version}")
    if not (args.dry_run or args.yes):
        _require_consent(drop_unknown=args.drop_unknown)
    outcome = Outcome()
    started = time.monotonic()
    with _progress_bar() as progress:
        mover = Mover(
            tables,
            services.collections,
            services.faces,
            services.objects,
            services.engine,
            progress,
        )
        if args.dry_run:
            mover.rehearse(collection, outcome)
        else:
            mover.move(collection, model, outcome, drop_unknown=args.drop_unknown)
    seconds = time.monotonic() - started
    if args.json is not None:
        report = _to_report(collection, model, outcome, seconds, dry_run=args.dry_run)
        args.json.write_text(json.dumps(report, indent=2) + "\n")
    return _print_report(collection, outcome, seconds, args)


def _require_served(services: Services, profile: str) -> FaceModel:
    model = read_profile(profile, "--profile").model
    if services.models.of(model.version) is None:
        raise LineamentError(
            f"these settings run {', '.join(services.models.versions())} and not profile "
            f"{profile}: a service with them would refuse the collection. Name the profile in "
            f"LINEAMENT_PROFILE or {VARIABLE}, for the servers first and then here"
        )
    return model


def _require_consent(*, drop_unknown: bool) -> None:
    if not sys.stdin.isatty():
        raise LineamentError("there is nobody to ask; add --yes, or --dry-run to see what would be")
    gone = "; faces that cannot be moved are dropped" if drop_unknown else ""
    if input(f"Make its vectors anew{gone}? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise LineamentError("nothing was done")


@contextmanager
def _progress_bar() -> Iterator["_Progress"]:
    quiet = not sys.stderr.isatty()
    with tqdm(unit="face", mininterval=30 if quiet else 0.2) as bar:
        yield _Progress(bar)


class _Progress:
    """What Mover tells, as a bar with the rate of this run."""

    def __init__(self, bar: "tqdm[None]") -> None:
        self._bar = bar
        self._begun = False

    def __call__(self, done: int, total: int) -> None:
        if not self._begun:  # What an earlier run did does not count in the rate.
            self._bar.initial = self._bar.n = done - 1
            self._begun = True
        self._bar.total = total
        self._bar.update(done - self._bar.n)


def _to_report(
    collection: Collection, model: FaceModel, outcome: Outcome, seconds: float, *, dry_run: bool
) -> dict[str, object]:
    return {
        "collection": collection.collection_id,
        "account": collection.scope.account,
        "region": collection.scope.region,
        "from": collection.model_version,
        "to": model.version,
        "dry_run": dry_run,
        "switched": outcome.switched,
        "faces": outcome.faces,
        "pictures": outcome.pictures,
        "moved": outcome.moved,
        "moved_before": outcome.resumed,
        "left": [asdict(left) for left in outcome.left.values()],
        "seconds": round(seconds, 3),
    }


def _print_report(
    collection: Collection, outcome: Outcome, seconds: float, args: argparse.Namespace
) -> int:
    moved, left = outcome.moved, list(outcome.left.values())
    earlier = f", {outcome.resumed} by an earlier run" if outcome.resumed else ""
    verb = "can be moved" if args.dry_run else "made anew"
    rate = f"{moved / seconds:.1f} faces/s" if seconds > 0 else ""
    print(
        f"{outcome.faces} faces: {moved} {verb} from {outcome.pictures} pictures{earlier}, "
        f"{len(left)} cannot be; {seconds:.1f} s, {rate}"
    )
    for reason, count in Counter(each.reason for each in left).most_common():
        print(f"  {count} x {reason}")
    for each in left[:_SHOWN]:
        places = ", ".join(f"s3://{place.bucket}/{place.key}" for place in each.sources)
        print(f"  FaceId {each.face_id} ImageId {each.image_id} {places or 'no source'}")
    if len(left) > _SHOWN:
        print(f"  and {len(left) - _SHOWN} more; --json FILE has them all")
    if args.dry_run:
        print("Nothing was written.")
        return 1 if left else 0
    if outcome.switched:
        dropped = f"; {len(left)} faces were dropped" if left else ""
        print(f"{collection.collection_id} has the new model{dropped}.")
        return 0
    if len(left) == outcome.faces:
        print("Nothing was switched: no face at all can be moved.")
    else:
        print(
            "Nothing was switched. Index those faces again from S3 or delete them, or add "
            "--drop-unknown; what was made is kept for an hour."
        )
    return 1
