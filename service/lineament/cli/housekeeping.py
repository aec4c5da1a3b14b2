"""`lineament housekeeping`: erase what deletions and crashes left, once."""

import argparse

from lineament import config
from lineament.cli.arguments import seconds
from lineament.storage.housekeeping import housekeep, report
from lineament.storage.provision import connect
from lineament.storage.purge import DEFAULT_GRACE


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--grace",
        type=seconds,
        default=DEFAULT_GRACE,
        metavar="SECONDS",
        help="leave what is younger; keep the default where writers run (%(default)g)",
    )


def run(args: argparse.Namespace) -> int:
    """Purge every deleted collection, sweep every living one, and print what was erased."""
    settings = config.load()
    done = housekeep(connect(settings.table, settings.region), grace=args.grace, sweep_interval=0)
    print("\n".join(report(done)))
    return 1 if done.failed else 0
