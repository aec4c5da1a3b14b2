"""The entries of a trail that a command is asked for."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lineament.cli.auditing.opening import open_blocks
from lineament.domain.audit import Entry
from lineament.domain.audit_chain import BlockUnreadable, read


@dataclass(frozen=True, slots=True)
class Found:
    """An entry and where it stands."""

    block: int
    place: int
    """In the block, from 0."""
    entry: Entry


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which entries are wanted."""
    parser.add_argument("--account", help="of this account only")
    parser.add_argument(
        "--from",
        dest="since",
        type=_moment,
        metavar="TIME",
        help="from then on: 2026-11-28 or 2026-11-28T09:30, in UTC where no offset is given",
    )
    parser.add_argument("--to", dest="until", type=_moment, metavar="TIME", help="before then")
    parser.add_argument("--collection", metavar="ID", help="on this collection only")
    parser.add_argument(
        "--principal", metavar="WHO", help="by this access key or the user of that name"
    )
    parser.add_argument("--operation", help="of this operation only, such as SearchFaces")


class Wanted:
    """Reads the trail. What cannot be read is told on stderr and counted."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Take the options of `add_filters`."""
        self._args = args
        self.unreadable = 0

    def __iter__(self) -> Iterator[Found]:
        """Yield the entries, by account and in the order of its chain."""
        blocks = open_blocks()
        for account in [self._args.account] if self._args.account else blocks.accounts():
            for stored in blocks.read(account):
                try:
                    entries = read(stored.body).entries
                except BlockUnreadable:
                    self.unreadable += 1
                    print(f"{account} block {stored.number} cannot be read", file=sys.stderr)
                    continue
                for place, entry in enumerate(entries):
                    if self._wants(entry):
                        yield Found(stored.number, place, entry)

    def _wants(self, entry: Entry) -> bool:
        args = self._args
        return (
            (args.since is None or entry.time >= args.since)
            and (args.until is None or entry.time < args.until)
            and args.collection in {None, entry.collection}
            and args.principal in {None, entry.access_key_id, entry.user}
            and args.operation in {None, entry.operation}
        )


def _moment(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no time such as 2026-11-28T09:30") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
