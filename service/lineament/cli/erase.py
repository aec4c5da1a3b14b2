"""`lineament erase`: remove a person from everything that an account has stored.

A face, or a picture, says who is meant. The faces that are like it are shown, and taken out of all
collections and users; their vectors and records are erased from logs, snapshots and engines at
once, and consents to their ExternalImageIds are withdrawn. A user without another face is deleted.
Then everything stored is looked through for what may be left, and only if that is nothing there is
a signed receipt. What was stopped goes on when it is run again.
"""

import argparse
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lineament.app import build_services, choose_placement
from lineament.cli.arguments import writable
from lineament.cli.erasing.carrying_out import Done, Run
from lineament.cli.erasing.checking import check
from lineament.cli.erasing.finding import Finder, Match, NobodyFound, Place
from lineament.cli.operating import Operator, add_by
from lineament.domain.receipts import OUT_OF_REACH, PURPOSE, seal
from lineament.errors import CannotStart, LineamentError, WireError
from lineament.storage.erasing import Erasing
from lineament.storage.erasures import Erasure, Erasures
from lineament.storage.snapshots import connect_snapshots
from lineament.trust import find_signer

_SURE = 99.0
_MOST = 100.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "Exit status: 0 erased, or the receipt is right; 1 not, and why."
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--face-id", metavar="ID", help="a face of the person, in any collection")
    who.add_argument("--image", type=Path, metavar="FILE", help="a picture; its largest face")
    who.add_argument(
        "--verify", type=Path, metavar="RECEIPT", help="check a receipt, erase nothing"
    )
    parser.add_argument(
        "--threshold", type=_similarity, default=_SURE, metavar="0..100", help="(%(default)g)"
    )
    parser.add_argument(
        "--account", metavar="ID", help="12 digits (default: LINEAMENT_DEFAULT_ACCOUNT)"
    )
    parser.add_argument("--region", help="in this one only (default: all)")
    parser.add_argument("--collection", metavar="ID", help="in this one only (default: all)")
    add_by(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--receipt", type=writable, metavar="FILE", help="write the receipt there")
    parser.add_argument("--json", action="store_true", help="print the receipt as JSON")
    parser.add_argument("--public-key", metavar="HEX", help="whose signature a receipt must have")


def run(args: argparse.Namespace) -> int:
    """Erase, or check a receipt, and return 0."""
    if args.verify is not None:
        return check(args.verify, args.public_key)
    operator = Operator(args)
    signer = find_signer(operator.settings)
    if signer is None:
        raise CannotStart("a receipt needs the root key: set LINEAMENT_ROOT_KEY")
    operator.make_tables()
    place = Place(operator.scope.account, args.region, args.collection)
    work, finder = _tools(operator, place, args.threshold)
    asked = _asked(args)
    kept = Erasures(operator.tables, place.account)
    name = hashlib.sha256(json.dumps([asked, args.region, args.collection]).encode()).hexdigest()
    before = kept.find(name)
    matches = _matches(finder, args)
    if before is not None:
        told = datetime.fromtimestamp(before.begun, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        faces = len(before.face_ids)
        print(f"Going on with what {before.by} began on {told}: {faces} faces.", file=sys.stderr)
    elif not matches:
        raise NobodyFound(f"no face of account {place.account} is meant by that")
    _show(matches, finder.passed_over)
    _ask(len(matches), yes=args.yes or not matches)
    erasure = work.plan(matches, before)
    done = work.carry_out(name, erasure, f"{asked['kind']}, threshold {args.threshold:g}")
    content = _content(operator, erasure, done, asked, finder)
    receipt = seal(content, signer.public_key, lambda text: signer.sign(PURPOSE, text))
    text = json.dumps(receipt, indent=2, ensure_ascii=False) + "\n"
    if args.receipt is not None:
        args.receipt.write_text(text)
    print(text if args.json else _told(content, args.receipt), end="")
    kept.forget(name)
    return 0


def _tools(operator: Operator, place: Place, threshold: float) -> tuple[Run, Finder]:
    settings, tables = operator.settings, operator.tables
    placement = choose_placement(settings)
    services = build_services(settings, tables, placement=placement)
    store = connect_snapshots(tables, settings.snapshot_bucket, settings.region)
    erasing = Erasing(tables, services.gallery, store, placement)
    work = Run(operator, erasing, store, placement, place)
    return work, Finder(services, erasing, tables, place, threshold)


def _asked(args: argparse.Namespace) -> dict[str, str]:
    if args.face_id is not None:
        return {"kind": "face-id", "face_id": args.face_id}
    try:
        return {"kind": "image", "sha256": hashlib.sha256(args.image.read_bytes()).hexdigest()}
    except OSError as error:
        raise NobodyFound(f"{args.image}: {error.strerror}") from error


def _matches(finder: Finder, args: argparse.Namespace) -> list[Match]:
    if args.face_id is not None:
        return finder.by_face(args.face_id)
    try:
        return finder.by_picture(args.image.read_bytes())
    except WireError as error:
        raise NobodyFound(f"{args.image}: {error.message}") from error


def _show(matches: list[Match], passed_over: list[str]) -> None:
    for match in sorted(matches, key=lambda each: -each.similarity):
        collection = match.collection
        where = f"{collection.scope.region}/{collection.collection_id}"
        told = [f"{match.similarity:7.3f}", where, match.face_id]
        told += [f"user {match.user_id}"] if match.user_id else []
        told += [match.external_image_id] if match.external_image_id else []
        print("  ".join(told), file=sys.stderr)
    for where in passed_over:
        print(f"{where} is of another face model and was not compared", file=sys.stderr)


def _ask(faces: int, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise LineamentError("there is nobody to ask; look at the faces above and add --yes")
    print(f"Erase {faces} faces for good? [y/N] ", end="", file=sys.stderr, flush=True)
    if input().strip().lower() not in {"y", "yes"}:
        raise LineamentError("nothing was done")


def _content(
    operator: Operator, erasure: Erasure, done: Done, asked: dict[str, str], finder: Finder
) -> dict[str, Any]:
    remains = done.remains
    return {
        "deployment": f"{operator.settings.table} in {operator.settings.region}",
        "account": finder.place.account,
        "by": operator.by,
        "asked": {**asked, "threshold": finder.threshold},
        "begun": _time(erasure.begun),
        "finished": _time(datetime.now(UTC).timestamp()),
        "collections": [
            {
                "region": target.region,
                "collection": target.collection_id,
                "face_ids": list(target.face_ids),
            }
            for target in erasure.targets
        ],
        "faces": len(erasure.face_ids),
        "users_deleted": done.erased.users,
        "consents_withdrawn": done.consents,
        "looked_for": "FaceIds, vectors' bytes, digests" if done.by_bytes else "FaceIds, digests",
        "looked_through": {
            "items": remains.looked_items,
            "snapshots": remains.looked_objects,
            "snapshot_bytes": remains.looked_bytes,
            "engine_rows": remains.looked_rows,
        },
        "found": 0,
        "not_compared": finder.passed_over,
        "not_reached": list(OUT_OF_REACH),
    }


def _told(content: dict[str, Any], file: Path | None) -> str:
    looked = content["looked_through"]
    where = "" if file is None else f" The receipt is {file}."
    return (
        f"{content['faces']} faces erased, {content['users_deleted']} users deleted, "
        f"{content['consents_withdrawn']} consents withdrawn. Nothing is left in {looked['items']} "
        f"items, {looked['snapshots']} snapshots and {looked['engine_rows']} rows of engines."
        f"{where} Not reached:\n" + "".join(f"  {each}\n" for each in content["not_reached"])
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


def _similarity(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= _MOST:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 to 100")
    return found
