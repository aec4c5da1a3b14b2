"""`lineament authorise request|approve|deny|revoke|list`: who may search for whom, by whose word.

Collections with the rule dual-control=required (tag lineament:dual-control) are searched under an
authorisation only; so are people in collections of a use case who were searched for too often in a
day. One person requests, another approves. --exigent may be used at once, and is overdue until
another person has judged it. Names are what operators say they are: docs/rules.md tells what that
proves.
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from lineament.cli.operating import Operator, add_account, add_by
from lineament.domain import ids
from lineament.domain.authorisations import (
    APPROVED,
    DENIED,
    FACE,
    IMAGE,
    LONGEST_DAYS,
    LONGEST_EXIGENT_HOURS,
    REQUESTED,
    REVOKED,
    USER,
    Authorisation,
    NotAllowed,
    same,
)
from lineament.storage.authorisations import DynamoAuthorisations

_HOUR, _DAY = 3600.0, 86400.0
_UNITS = {"m": 60.0, "h": _HOUR, "d": _DAY}
_MOST = 100
"""Of each kind that a record names: a search looks through them."""
_DECISIONS = {"approve": APPROVED, "deny": DENIED, "revoke": REVOKED}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with its options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    request = actions.add_parser("request", help="ask for one, and print its id")
    for name, metavar, summary in (
        ("--collection", "ID", "that is searched; at least one"),
        ("--face-id", "ID", "only for this face of it"),
        ("--user-id", "ID", "only for this user of it"),
        ("--image", "FILE", "only for this picture, sent as bytes"),
        ("--caller", "NAME", "the user of the access key that searches (default: who asks)"),
    ):
        request.add_argument(
            name,
            action="append",
            default=[],
            required=name == "--collection",
            metavar=metavar,
            help=f"{summary}; may be given several times",
        )
    for name in ("--reason", "--legal-basis"):
        request.add_argument(name, required=True, type=_text, help="in a sentence")
    request.add_argument(
        "--expires", type=_span, default=8 * _HOUR, metavar="8h", help="in 30m, 8h or 2d (8h)"
    )
    request.add_argument(
        "--exigent", action="store_true", help="use it at once; another judges it afterwards"
    )
    for name, summary in (
        ("approve", "agree to what another asks for, or has done in exigent circumstances"),
        ("deny", "refuse it"),
        ("revoke", "end one"),
    ):
        action = actions.add_parser(name, help=summary)
        action.add_argument("id", metavar="ID", help="as `request` printed it")
        action.add_argument("--reason", default="", help="why, for the audit trail")
    listing = actions.add_parser("list", help="print those of the last days, the oldest first")
    listing.add_argument("--days", type=int, default=LONGEST_DAYS, help="how many (%(default)s)")
    listing.add_argument("--overdue", action="store_true", help="only what nobody has judged")
    listing.add_argument("--json", action="store_true", help="as JSON Lines")
    for action in actions.choices.values():
        add_account(action)
        add_by(action)


def run(args: argparse.Namespace) -> int:
    """Do it, and return the exit status: 1 where `list` has something overdue."""
    operator = Operator(args)
    operator.make_tables()
    records = DynamoAuthorisations(operator.tables)
    actions: dict[str, Callable[[Operator, DynamoAuthorisations, argparse.Namespace], int]] = {
        "request": _request,
        "list": _list,
    }
    return actions.get(args.action, _decide)(operator, records, args)


def _request(operator: Operator, records: DynamoAuthorisations, args: argparse.Namespace) -> int:
    now = time.time()
    persons = (
        *(FACE + each for each in args.face_id),
        *(USER + each for each in args.user_id),
        *(IMAGE + ids.image_id(_bytes(each)) for each in args.image),
    )
    if max(map(len, (args.collection, persons, args.caller))) > _MOST:
        raise NotAllowed(f"one authorisation names {_MOST} at most")
    longest = LONGEST_EXIGENT_HOURS * _HOUR if args.exigent else LONGEST_DAYS * _DAY
    if args.expires > longest:
        raise NotAllowed(f"it may hold for {longest / _HOUR:g} hours at most")
    if args.exigent:
        _require_none_overdue(records.each(operator.scope.account), operator.by)
    wanted = Authorisation(
        identifier="",
        account=operator.scope.account,
        region=operator.scope.region,
        collections=tuple(args.collection),
        persons=persons,
        callers=tuple(args.caller) or (operator.by,),
        reason=args.reason,
        legal_basis=args.legal_basis,
        requester=operator.by,
        requested=now,
        until=now + args.expires,
        exigent=args.exigent,
    )
    _record(operator, "Request", wanted, f"{args.reason}; {args.legal_basis}")
    made = records.add(wanted)
    print(made.identifier)
    return 0


def _require_none_overdue(found: Iterable[Authorisation], by: str) -> None:
    """Refuse another emergency to who has had one that nobody has judged."""
    for each in found:
        if each.is_overdue() and same(each.requester, by):
            raise NotAllowed(
                f"{each.identifier}, exigent, was not judged yet; have it judged first"
            )


def _decide(operator: Operator, records: DynamoAuthorisations, args: argparse.Namespace) -> int:
    found = records.find(operator.scope.account, args.id)
    if found is None:
        raise NotAllowed(f"account {operator.scope.account} has no authorisation {args.id}")
    now, state = time.time(), _DECISIONS[args.action]
    found.require_decidable(operator.by, now, state)
    _record(operator, args.action.title(), found, args.reason)
    decided = records.decide(found, state, operator.by, now)
    print(_line(decided, now))
    return 0


def _record(operator: Operator, what: str, about: Authorisation, why: str) -> None:
    named = [each.partition("=")[2] for each in about.persons]
    operator.record(
        f"Authorise{what}",
        collection=", ".join(about.collections),
        subjects=tuple(filter(None, (about.identifier, *named))),
        why=why,
    )


def _list(operator: Operator, records: DynamoAuthorisations, args: argparse.Namespace) -> int:
    now = time.time()
    overdue = 0
    # Whatever is overdue is shown, however old it is.
    for each in records.each(operator.scope.account):
        overdue += each.is_overdue()
        if not each.is_overdue() and (args.overdue or each.requested < now - args.days * _DAY):
            continue
        print(json.dumps(asdict(each)) if args.json else _line(each, now))
    return 1 if overdue else 0


def _line(made: Authorisation, now: float) -> str:
    state = made.state
    if made.is_overdue():
        state = "OVERDUE for review" + (", still usable" if made.is_usable(now) else "")
    elif state in {REQUESTED, APPROVED} and now >= made.until:
        state += ", expired"
    decided = f" by {made.decider}" if made.decider else ""
    kind = "exigent, " if made.exigent else ""
    whom = ", ".join(made.persons) or "anybody"
    until = datetime.fromtimestamp(made.until, UTC).strftime("%Y-%m-%d %H:%MZ")
    return (
        f"{made.identifier} {kind}{state}{decided}: {', '.join(made.callers)} for {whom} in "
        f"{', '.join(made.collections)} until {until}; asked by {made.requester}: {made.reason} "
        f"({made.legal_basis})"
    )


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise NotAllowed(f"{path} cannot be read: {error.strerror}") from error


def _span(text: str) -> float:
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is no time such as 30m, 8h or 2d")
    return int(found[1]) * _UNITS[found[2]]


def _text(text: str) -> str:
    if not 1 <= len(text.strip()) <= 512 or not text.isprintable():  # noqa: PLR2004
        raise argparse.ArgumentTypeError("not 1 to 512 printable characters")
    return text.strip()
