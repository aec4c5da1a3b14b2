"""`lineament accounts set|list|remove`: S3 buckets an account may name, and how often it may call.

Under LINEAMENT_AUTH=sigv4 an account that has no bucket here reads none. Servers and functions go
by a change within 2 s.
"""

import argparse
import re
from collections.abc import Callable
from dataclasses import replace

from marshmallow import ValidationError

from lineament import config
from lineament.auth.actions import OFFERED
from lineament.domain.grants import Grant, Rates, is_plain_bucket
from lineament.errors import LineamentError
from lineament.governance.throttle import read_rates, require_operations, write_rates
from lineament.storage.accounts import DynamoAccounts
from lineament.storage.provision import connect

_MOST = 200
"""Buckets, and rates, of an account: each is looked at in every call."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what can be done."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True, metavar="set|list|remove")
    change = actions.add_parser("set", help="grant this; what is not named stays as it is")
    change.add_argument("account", type=_account, metavar="ACCOUNT", help="12 digits")
    buckets = change.add_mutually_exclusive_group()
    buckets.add_argument(
        "--buckets",
        type=_buckets,
        metavar="NAME,...",
        help="the only buckets that it may read from; * and ? are allowed",
    )
    buckets.add_argument("--no-buckets", action="store_true", help="none")
    rates = change.add_mutually_exclusive_group()
    rates.add_argument(
        "--rate",
        action="append",
        type=_rates,
        metavar="OPERATION=RATE,...",
        help="calls a second, or none for no limit; the first that fits counts, and those of "
        "LINEAMENT_RATES after them. May be given several times",
    )
    rates.add_argument("--no-rates", action="store_true", help="those of LINEAMENT_RATES alone")
    actions.add_parser("list", help="print every account that is granted something")
    remove = actions.add_parser("remove", help="take everything back")
    remove.add_argument("account", type=_account, metavar="ACCOUNT", help="12 digits")


def run(args: argparse.Namespace) -> int:
    """Do it, and print what stands then."""
    settings = config.load()
    accounts = DynamoAccounts(connect(settings.table, settings.region))
    actions: dict[str, Callable[[DynamoAccounts, argparse.Namespace], None]] = {
        "set": _set,
        "list": _list,
        "remove": _remove,
    }
    actions[args.action](accounts, args)
    return 0


def _set(accounts: DynamoAccounts, args: argparse.Namespace) -> None:
    grant = accounts.find(args.account) or Grant()
    if args.buckets is not None or args.no_buckets:
        grant = replace(grant, buckets=args.buckets or ())
    if args.rate is not None or args.no_rates:
        given: list[Rates] = args.rate or []
        grant = replace(grant, rates=tuple(each for rates in given for each in rates))
    if max(len(grant.buckets), len(grant.rates)) > _MOST:
        raise LineamentError(f"an account has {_MOST} buckets and {_MOST} rates at most")
    accounts.put(args.account, grant)
    print(_line(args.account, grant))


def _list(accounts: DynamoAccounts, _args: argparse.Namespace) -> None:
    for account, grant in accounts.each():
        print(_line(account, grant))


def _remove(accounts: DynamoAccounts, args: argparse.Namespace) -> None:
    if not accounts.remove(args.account):
        raise LineamentError(f"nothing was granted to account {args.account}")
    print(f"{args.account}: nothing is granted")


def _line(account: str, grant: Grant) -> str:
    buckets = ",".join(grant.buckets) or "(none)"
    return f"{account}: buckets {buckets}; rates {write_rates(grant.rates) or '(those of all)'}"


def _account(text: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", text):
        raise argparse.ArgumentTypeError(f"{text} is no account: 12 digits")
    return text


def _buckets(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        # Wildcards stand for characters that a name may have; what matches is looked at again.
        if name.strip("*") and not is_plain_bucket(f"a{re.sub(r'[*?]', 'a', name)}a"):
            raise argparse.ArgumentTypeError(
                f"'{name}' is no bucket's name, nor a pattern of names"
            )
        if not name:
            raise argparse.ArgumentTypeError("a bucket has no name")
    return names


def _rates(text: str) -> Rates:
    try:
        rates = read_rates(text)
        require_operations(rates, OFFERED)
    except ValidationError as error:
        raise argparse.ArgumentTypeError(str(error.messages[0])) from error
    return rates
