"""`lineament reinstate`: let in again what `lineament suspend` has cut off."""

import argparse

from lineament.cli.operating import Operator
from lineament.cli.suspend import NothingNamed, add_what, named, told
from lineament.storage.suspensions import DynamoSuspensions


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = __doc__
    add_what(parser)
    parser.add_argument("--reason", default="", help="why, for the audit trail")


def run(args: argparse.Namespace) -> int:
    """Reinstate, and return 0."""
    operator = Operator(args)
    account, name = named(args, operator)
    suspensions = DynamoSuspensions(operator.tables)
    if name not in suspensions.read(account):
        raise NothingNamed(f"{told(account, name)} is not suspended")
    collection = args.collection or ""
    operator.record("Reinstate", account, collection=collection, subjects=(name,), why=args.reason)
    before = suspensions.reinstate(account, name)
    print(
        f"{told(account, name)} may be used again"
        + (f"; it was: {before.reason}" if before else "")
    )
    return 0
