"""`lineament suspend`: cut an account, an access key or a collection off, in every process.

Its callers get AccessDeniedException with the reason within 5 seconds. Nothing is deleted;
`lineament reinstate` lets it in again. Both are written into the audit trail.
"""

import argparse
import json
import time
from datetime import UTC, datetime

from lineament.access import connect_credentials
from lineament.auth.scope import account_of
from lineament.cli.operating import Operator, add_account, add_by
from lineament.domain.suspension import ACCOUNT, Suspension, collection_name, key_name
from lineament.errors import LineamentError
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.suspensions import DynamoSuspensions

_LONGEST_REASON = 512


class NothingNamed(LineamentError):
    """The options name nothing to suspend, or nothing is suspended under that name."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_what(parser)
    parser.add_argument("--reason", type=_reason, help="what its callers read")
    parser.add_argument(
        "--list", action="store_true", help="print what of the account is suspended"
    )
    parser.add_argument("--json", action="store_true", help="print that as JSON")


def add_what(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is meant."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--key", metavar="ID", help="an access key alone")
    what.add_argument("--collection", metavar="ID", help="a collection alone")
    what.add_argument("--whole-account", action="store_true", help="everything of the account")
    add_account(parser)
    add_by(parser)


def run(args: argparse.Namespace) -> int:
    """Suspend, or list, and return 0."""
    operator = Operator(args)
    operator.make_tables()
    suspensions = DynamoSuspensions(operator.tables)
    if args.list:
        _list(operator, suspensions, as_json=args.json)
        return 0
    account, name = named(args, operator)
    if not args.reason:
        raise NothingNamed("say why, with --reason: its callers read it")
    collection = args.collection or ""
    operator.record("Suspend", account, collection=collection, subjects=(name,), why=args.reason)
    new = Suspension(args.reason, operator.by, time.time())
    before = suspensions.suspend(account, name, new)
    how = "is suspended" if before is None else "was suspended already, and is now for"
    print(f"{told(account, name)} {how}: {args.reason}")
    if args.collection and _is_not_there(operator, args.collection):
        print("there is no such collection now: look whether account, region and id are right")
    return 0


def named(args: argparse.Namespace, operator: Operator) -> tuple[str, str]:
    """Return the account, and the name of what is meant of it.

    Raises:
        NothingNamed: the options name nothing, or a key of another account.
    """
    account = operator.scope.account
    if args.key:
        of_key = _account_of_key(args.key, operator)
        if args.account and of_key != args.account:
            raise NothingNamed(f"the access key {args.key} is of account {of_key}")
        return of_key, key_name(args.key)
    if args.collection:
        return account, collection_name(operator.scope.region, args.collection)
    if args.whole_account:
        return account, ACCOUNT
    raise NothingNamed("say what: --key ID, --collection ID or --whole-account")


def _account_of_key(access_key_id: str, operator: Operator) -> str:
    """Return whose a key is. Keys of a file may be of another account than their ids tell."""
    settings, found = operator.settings, None
    if settings.access_keys:
        known = connect_credentials(settings.access_keys, settings.root_key, operator.tables)
        found = known.find(access_key_id)
    return found.account if found else account_of(access_key_id, operator.scope.account)


def _is_not_there(operator: Operator, collection_id: str) -> bool:
    return DynamoCollectionStore(operator.tables).find(operator.scope, collection_id) is None


def told(account: str, name: str) -> str:
    """Return how people read the name of what is, or was, suspended."""
    kind, _, rest = name.partition("#")
    if kind == "KEY":
        return f"access key {rest} of account {account}"
    if kind == "COL":
        region, _, collection_id = rest.partition("#")
        return f"collection {collection_id} of account {account} in {region}"
    return f"account {account}"


def _list(operator: Operator, suspensions: DynamoSuspensions, *, as_json: bool) -> None:
    account = operator.scope.account
    found = sorted(suspensions.read(account).items())
    if as_json:
        rows = [
            {"name": name, "reason": each.reason, "by": each.by, "since": each.since}
            for name, each in found
        ]
        print(json.dumps(rows, indent=2))
        return
    for name, each in found:
        since = datetime.fromtimestamp(each.since, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        print(f"{told(account, name)}: since {since} by {each.by}: {each.reason}")
    if not found:
        print(f"nothing of account {account} is suspended")


def _reason(text: str) -> str:
    if not 1 <= len(text.strip()) <= _LONGEST_REASON or not text.isprintable():
        raise argparse.ArgumentTypeError(f"not 1 to {_LONGEST_REASON} printable characters")
    return text.strip()
