"""`lineament keys`: access keys for callers of this service.

Keys live in the table, where no secret is kept: it follows from the root key. `lineament keys root`
makes that one; LINEAMENT_ROOT_KEY or --root-key says where it is. With --file they live in a JSON
file, secrets included. A secret is printed once, by `create`. docs/keys.md tells the rest.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lineament import config
from lineament.access import read_root_keys
from lineament.auth.derivation import new_root_key
from lineament.auth.documents import ACCOUNT, KEY_ID, USER
from lineament.auth.issuing import Order
from lineament.auth.policies import Policy
from lineament.auth.policy_documents import PolicyError
from lineament.auth.policy_managed import MANAGED
from lineament.cli.keyring import telling
from lineament.cli.keyring.file_ring import FileRing
from lineament.cli.keyring.rings import Ring, TableRing
from lineament.errors import LineamentError
from lineament.storage.access_keys import DynamoAccessKeys
from lineament.storage.provision import connect, ensure_tables

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHORTEST, _LONGEST = 60, 366 * 86400


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "Exit status: 0 done; 1 not, and the last line says why; 2 a wrong call. A revoked key is "
        "refused within 5 seconds\nin every process, and stays refused."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    creating = actions.add_parser("create", help="make a key and print its secret, once")
    creating.add_argument("--account", required=True, type=_account, help="12 digits")
    creating.add_argument("--user", required=True, type=_user, help="whose key it is")
    creating.add_argument(
        "--policy",
        required=True,
        action="append",
        type=_policy,
        metavar="NAME|FILE",
        help=f"what the user may do; may be repeated: {', '.join(MANAGED)}, or a policy's file",
    )
    creating.add_argument(
        "--expires-in", type=_lifetime, metavar="TIME", help="make a temporary key: 90m, 12h, 7d"
    )
    creating.add_argument(
        "--json", action="store_true", help="print it as AWS's credential_process wants it"
    )
    creating.add_argument("--root-key", metavar="WHERE", help="file:/path, secretsmanager:NAME")
    listing = actions.add_parser("list", help="print the keys, without secrets")
    listing.add_argument("--account", type=_account, help="of this account only")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.add_argument("--root-key", metavar="WHERE", help="tell records that were altered")
    revoking = actions.add_parser("revoke", help="refuse a key from now on, or an account's")
    revoking.add_argument("--id", type=_key_id, metavar="KEY", help="this access key")
    revoking.add_argument("--account", type=_account, help="every key of this account")
    for each in (creating, listing, revoking):
        each.add_argument("--file", type=Path, metavar="FILE", help="in place of the table")
    actions.add_parser("root", help="print a new root key")


def run(args: argparse.Namespace) -> int:
    """Do the action and return the exit status."""
    if args.action == "root":
        return _root()
    if args.action == "create":
        return _create(args)
    if args.action == "list":
        return _list(args)
    return _revoke(args)


def _root() -> int:
    print(new_root_key())
    return 0


def _create(args: argparse.Namespace) -> int:
    order = Order(args.account, args.user, args.policy, args.expires_in)
    made = _ring(args, create=True).create(order, time.time())
    if args.json:
        print(telling.new_key_json(made))
    else:
        print("\n".join(telling.new_key_lines(made)))
        print(
            f"{args.user} of {args.account}: keep the secret, it is not shown again",
            file=sys.stderr,
        )
    return 0


def _list(args: argparse.Namespace) -> int:
    listed = list(_ring(args).keys(args.account))
    now = time.time()
    print(telling.as_json(listed, now) if args.json else "\n".join(telling.table(listed, now)))
    return 0


def _revoke(args: argparse.Namespace) -> int:
    ring = _ring(args)
    named: Sequence[str] = [args.id] if args.id else []
    if not named and not args.account:
        raise LineamentError("name a key with --id, or all of an account's with --account")
    if args.account:
        of_account = [each.key.access_key_id for each in ring.keys(args.account)]
        if args.id and args.id not in of_account:
            raise LineamentError(f"the account {args.account} has no key {args.id}")
        named = named or of_account
        if not named:
            raise LineamentError(f"the account {args.account} has no keys")
    done = {each: ring.revoke(each, time.time()) for each in named}
    for access_key_id, revoked in done.items():
        what = {True: "revoked", False: "was revoked before", None: "is not there"}[revoked]
        print(f"{access_key_id}: {what}")
    return 1 if None in done.values() else 0


def _ring(args: argparse.Namespace, *, create: bool = False) -> Ring:
    if args.file is not None:
        return FileRing(args.file)
    settings = config.load()
    tables = connect(settings.table, settings.region)
    where = getattr(args, "root_key", None) or settings.root_key
    roots = read_root_keys(where, settings.region) if where or create else ()
    if create:
        ensure_tables(tables)
    return TableRing(DynamoAccessKeys(tables), roots)


def _policy(text: str) -> str:
    """Return a managed policy's name, or the document in a file."""
    if text in MANAGED:
        return text
    if os.sep not in text and not Path(text).is_file():
        raise argparse.ArgumentTypeError(
            f"{text} is neither a file nor one of {', '.join(MANAGED)}"
        )
    try:
        document = Path(text).read_text()
        Policy.parse(document)
    except (OSError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(f"{text} cannot be read") from error
    except PolicyError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error
    return document.strip()


def _lifetime(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not _SHORTEST <= seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text} is no time from 60s to 366d, such as 90m or 12h")
    return seconds


def _account(text: str) -> str:
    return _matching(ACCOUNT, text, "an account of 12 digits")


def _user(text: str) -> str:
    return _matching(USER, text, "a user name of 1 to 64 letters, digits and + = , . @ _ -")


def _key_id(text: str) -> str:
    return _matching(KEY_ID, text, "an access key id")


def _matching(pattern: str, text: str, what: str) -> str:
    if not re.match(pattern, text):
        raise argparse.ArgumentTypeError(f"{text} is not {what}")
    return text
