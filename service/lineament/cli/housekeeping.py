"""`lineament housekeeping`: erase what deletions and crashes left, once."""

import argparse

from lineament import config
from lineament.app import choose_placement
from lineament.cli.arguments import seconds
from lineament.storage.housekeeping import housekeep, report
from lineament.storage.provision import connect
from lineament.storage.purge import DEFAULT_GRACE
from lineament.storage.snapshots import connect_snapshots


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
    """Purge every deleted collection, sweep and compact living ones, and print what was done."""
    settings = config.load()
    tables = connect(settings.table, settings.region)
    snapshots = connect_snapshots(tables, settings.snapshot_bucket, settings.region)
    done = housekeep(
        tables,
        grace=args.grace,
        sweep_interval=0,
        snapshots=snapshots,
        placement=choose_placement(settings),
    )
    print("\n".join(report(done)))
    return 1 if done.failed else 0
