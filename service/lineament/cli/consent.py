"""`lineament consent add|import|withdraw|list`: who has consented that their face is indexed.

Collections with the rule consent=required (tag lineament:consent) take no face without an
ExternalImageId that is in this register of the account and region. docs/rules.md
"""

import argparse
import csv
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lineament.app import build_services
from lineament.cli.consented import find
from lineament.cli.operating import Operator, add_account, add_by
from lineament.domain.audit import KEPT
from lineament.domain.consent import Consent
from lineament.errors import LineamentError
from lineament.storage.consents import DynamoConsents, is_external_image_id

_COLUMN, _FOR = "external_image_id", "collection"


class NoSuchConsent(LineamentError):
    """The register, or a file for it, does not have what is asked for; the message names it."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with its options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="write down that people have consented")
    add.add_argument("ids", nargs="+", type=_id, metavar="ID", help="their ExternalImageIds")
    load = actions.add_parser("import", help="likewise, everybody of a list")
    load.add_argument(
        "file",
        type=Path,
        metavar="FILE.csv",
        help=f"with the columns {_COLUMN} and, if wanted, {_FOR}",
    )
    for each in (add, load):
        each.add_argument(
            "--collection",
            action="append",
            default=[],
            metavar="ID",
            help="for this collection only; may be given several times. All, where it is not",
        )
    withdraw = actions.add_parser(
        "withdraw", help="end a consent, and tell which faces are indexed under it"
    )
    withdraw.add_argument("id", type=_id, metavar="ID", help="the ExternalImageId")
    withdraw.add_argument("--erase", action="store_true", help="delete those faces")
    listing = actions.add_parser("list", help="print the register")
    listing.add_argument("--json", action="store_true", help="as JSON Lines")
    for each in (add, load, withdraw, listing):
        add_account(each)
    for each in (add, load, withdraw):
        add_by(each)


def run(args: argparse.Namespace) -> int:
    """Do it, and return the exit status."""
    operator = Operator(args)
    operator.make_tables()
    actions: dict[str, Callable[[Operator, DynamoConsents, argparse.Namespace], int]] = {
        "add": _add,
        "import": _import,
        "withdraw": _withdraw,
        "list": _list,
    }
    return actions[args.action](operator, DynamoConsents(operator.tables), args)


def _add(operator: Operator, register: DynamoConsents, args: argparse.Namespace) -> int:
    now, collections = time.time(), tuple(args.collection)
    _write(operator, register, [Consent(each, now, operator.by, collections) for each in args.ids])
    return 0


def _import(operator: Operator, register: DynamoConsents, args: argparse.Namespace) -> int:
    now = time.time()
    consents = []
    for line, (named, collection) in enumerate(_read(args.file), start=2):
        if not is_external_image_id(named):
            raise NoSuchConsent(f"{args.file} line {line}: {named[:64]!r} is no ExternalImageId")
        only = [collection] if collection else args.collection
        consents.append(Consent(named, now, operator.by, tuple(only)))
    _write(operator, register, consents)
    return 0


def _read(path: Path) -> list[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if _COLUMN not in (rows.fieldnames or ()):
                raise NoSuchConsent(f"{path} has no column {_COLUMN}")
            return [((row[_COLUMN] or "").strip(), (row.get(_FOR) or "").strip()) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise NoSuchConsent(f"{path} cannot be read as CSV: {error}") from error


def _write(operator: Operator, register: DynamoConsents, consents: Sequence[Consent]) -> None:
    """Write consents down, those of an entry of the trail after it."""
    for start in range(0, len(consents), KEPT):
        some = consents[start : start + KEPT]
        named = {collection for each in some for collection in each.collections}
        operator.record(
            "ConsentAdd",
            subjects=tuple(each.external_image_id for each in some),
            why=f"for {', '.join(sorted(named))}" if named else "",
        )
        for each in some:
            register.add(operator.scope, each)
    print(f"written into the register: {len(consents)}")


def _withdraw(operator: Operator, register: DynamoConsents, args: argparse.Namespace) -> int:
    if register.find(operator.scope, args.id) is None:
        raise NoSuchConsent(f"the register does not know {args.id}")
    operator.record("ConsentWithdraw", subjects=(args.id,))
    ended = register.withdraw(operator.scope, args.id, time.time())
    print(f"the consent of {args.id} {'is' if ended else 'was already'} withdrawn")
    faces = left = 0
    services = build_services(operator.settings, operator.tables)
    for found in find(services, operator.scope, args.id):
        collection = found.desk.collection_id
        for face_id, user_id in found.faces.items():
            print(f"{collection} {face_id}" + (f" of user {user_id}" if user_id else ""))
        faces += len(found.faces)
        if args.erase:
            operator.record("ConsentErase", collection=collection, subjects=tuple(found.faces))
            left += len(found.faces) - found.erase()
    if args.erase:
        print(f"{faces - left} of {faces} faces are deleted")
        return 1 if left else 0
    if faces:
        print(
            f"{faces} faces are still indexed and found by searches; delete them: the same "
            "command with --erase, or DeleteFaces"
        )
    return 0


def _list(operator: Operator, register: DynamoConsents, args: argparse.Namespace) -> int:
    empty = True
    for each in register.each(operator.scope):
        empty = False
        if args.json:
            told = {
                "external_image_id": each.external_image_id,
                "given": each.given,
                "by": each.by,
                "collections": each.collections,
                "withdrawn": each.withdrawn or None,
            }
            print(json.dumps(told))
            continue
        where = ", ".join(each.collections) or "all collections"
        ended = f"; withdrawn {_day(each.withdrawn)}" if each.withdrawn else ""
        print(f"{each.external_image_id}: {_day(each.given)} by {each.by}, for {where}{ended}")
    if empty and not args.json:
        print("the register is empty")
    return 0


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def _id(text: str) -> str:
    if not is_external_image_id(text):
        raise argparse.ArgumentTypeError(f"{text[:64]!r} is no ExternalImageId")
    return text
