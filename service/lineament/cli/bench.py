"""`lineament bench WHAT`: each bench prints its table, then its figures with their bars."""

import argparse
import importlib

_BENCHES = {
    "recognition": "accuracy and false matches on a folder in LFW's layout",
    "storage": "a call's storage time at 100 and at 10,000 faces",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add one subcommand a bench."""
    benches = parser.add_subparsers(dest="bench", required=True, metavar="WHAT")
    for name, summary in _BENCHES.items():
        bench = benches.add_parser(name, help=summary, description=summary)
        module = importlib.import_module(f"lineament.cli.bench_{name}")
        module.configure(bench)
        bench.set_defaults(run_bench=module.run)


def run(args: argparse.Namespace) -> int:
    """Run the bench and return 1 when a figure is short of its bar."""
    return int(args.run_bench(args))
