"""`lineament review list|record|export|attest|reviewers`: what humans made of searches.

Every answered search under a use case stands in the audit trail, and in `list` until somebody who
is trained has recorded a verdict. Results leave by `export`, with verdicts and a caveat: they are
possible matches, and nothing may be decided by them alone. docs/rules.md
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from lineament.cli.arguments import writable
from lineament.cli.auditing.reading import add_filters
from lineament.cli.operating import Operator, add_account, add_by
from lineament.cli.reviewing.exporting import write
from lineament.cli.reviewing.searches import Search, Searches
from lineament.domain.authorisations import same
from lineament.domain.reviews import (
    CAVEAT,
    VERDICTS,
    NotReviewable,
    Review,
    Training,
    require_reviewable,
)
from lineament.storage.reviews import DynamoReviews

_UNFILTERED = {"since": None, "until": None, "collection": None, "principal": None}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with its options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="print the searches that nobody has reviewed")
    listing.add_argument("--json", action="store_true", help="as JSON Lines")
    export = actions.add_parser("export", help="write searches with their verdicts")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    export.add_argument("--out", type=writable, metavar="FILE", help="in place of stdout")
    export.add_argument(
        "--unreviewed", action="store_true", help="with those that nobody has reviewed, marked so"
    )
    for action in (listing, export):
        add_filters(action)
        action.set_defaults(region=None)
    _configure_record(actions.add_parser("record", help="record a verdict on a search"))
    attest = actions.add_parser("attest", help="attest that somebody is trained to review")
    attest.add_argument("name", metavar="NAME", help="the reviewer")
    attest.add_argument("--date", type=_day, required=True, help="of the training, 2026-11-28")
    attest.add_argument("--expires", type=_day, required=True, help="the day it ends to count")
    reviewers = actions.add_parser("reviewers", help="print who is trained, and until when")
    for action in (attest, reviewers):
        add_account(action)
    for action in (export, attest):
        add_by(action)


def _configure_record(record: argparse.ArgumentParser) -> None:
    record.add_argument("request_id", metavar="REQUEST_ID", help="as `list` prints it")
    record.add_argument("--verdict", choices=VERDICTS, required=True)
    record.add_argument("--rationale", required=True, help="what was compared, and what was seen")
    record.add_argument(
        "--corroboration",
        default="",
        help="evidence beside the search; needed for a possible match",
    )
    record.add_argument("--candidate", default="", help="the FaceId or UserId that it is about")
    record.add_argument("--again", action="store_true", help="in place of an earlier verdict")
    add_account(record)
    add_by(record)
    record.set_defaults(**_UNFILTERED, operation=None)


def run(args: argparse.Namespace) -> int:
    """Do it, and return 0."""
    operator = Operator(args)
    operator.make_tables()
    args.account = operator.scope.account
    actions: dict[str, Callable[[Operator, DynamoReviews, argparse.Namespace], None]] = {
        "list": _list,
        "record": _record,
        "export": _export,
        "attest": _attest,
        "reviewers": _reviewers,
    }
    actions[args.action](operator, DynamoReviews(operator.tables), args)
    return 0


def _list(_operator: Operator, reviews: DynamoReviews, args: argparse.Namespace) -> None:
    searches = Searches(reviews, args)
    count = 0
    for search in searches:
        if search.review is None:
            count += 1
            entry = search.entry
            print(json.dumps(entry.to_json()) if args.json else _line(search))
    searches.require_whole()
    if not args.json:
        print(f"{count} searches wait for review")


def _record(operator: Operator, reviews: DynamoReviews, args: argparse.Namespace) -> None:
    searches = Searches(reviews, args)
    found = next((each for each in searches if each.entry.request_id == args.request_id), None)
    if found is None:
        searches.require_whole()
        raise NotReviewable(
            f"the audit trail of account {operator.scope.account} has no search "
            f"{args.request_id} that needs a review"
        )
    review = Review(
        request_id=args.request_id,
        reviewer=operator.by,
        time=time.time(),
        verdict=args.verdict,
        rationale=args.rationale,
        corroboration=args.corroboration,
        candidate=args.candidate,
    )
    account, entry = operator.scope.account, found.entry
    require_reviewable(review, entry, reviews.training(account, operator.by))
    if found.review is not None and not args.again:
        raise NotReviewable(f"{found.review.reviewer} has reviewed it; --again replaces that")
    operator.record(
        "Review", collection=entry.collection, subjects=(args.request_id,), why=args.verdict
    )
    reviews.put(account, review, again=args.again)
    print(f"{args.request_id}: {args.verdict} by {operator.by}")


def _export(operator: Operator, reviews: DynamoReviews, args: argparse.Namespace) -> None:
    found = Searches(reviews, args)
    searches = list(found)
    found.require_whole()
    waiting = sum(each.review is None for each in searches)
    if waiting and not args.unreviewed:
        raise NotReviewable(
            f"{waiting} of {len(searches)} searches wait for review; --unreviewed writes them, "
            "marked so"
        )
    why = f"{len(searches)} searches, {waiting} of them unreviewed"
    operator.record("ReviewExport", collection=args.collection or "", why=why)
    if args.out is None:
        write(searches, args.format, sys.stdout)
    else:
        with args.out.open("w", encoding="utf-8", newline="") as out:
            write(searches, args.format, out)
    print(f"{why}. {CAVEAT}", file=sys.stderr)


def _attest(operator: Operator, reviews: DynamoReviews, args: argparse.Namespace) -> None:
    if not args.name.strip() or same(args.name, operator.by):
        raise NotReviewable("nobody attests their own training: --by somebody else")
    if args.expires <= args.date:
        raise NotReviewable("the training expires before it counts")
    why = f"trained {_date(args.date)}, until {_date(args.expires)}"
    operator.record("Attest", subjects=(args.name,), why=why)
    reviews.attest(
        operator.scope.account, Training(args.name, args.date, args.expires, operator.by)
    )
    print(f"{args.name}: {why}")


def _reviewers(operator: Operator, reviews: DynamoReviews, _args: argparse.Namespace) -> None:
    for each in reviews.trained(operator.scope.account):
        ended = " (expired)" if each.expires <= time.time() else ""
        print(
            f"{each.name}: trained {_date(each.trained)}, until {_date(each.expires)}{ended}, "
            f"says {each.by}"
        )


def _line(search: Search) -> str:
    entry = search.entry
    when = datetime.fromtimestamp(entry.time, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    where = f" in {entry.collection}" if entry.collection else ""
    return (
        f"{entry.request_id} {when} {entry.user or entry.access_key_id}: {entry.operation}{where}, "
        f"{entry.result_count} possible matches"
    )


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def _day(text: str) -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day such as 2026-11-28") from None
