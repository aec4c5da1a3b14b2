"""`lineament bench WHAT`: each bench prints its table, then its figures with their bars."""

import argparse
import importlib
from types import ModuleType

_BENCHES = {
    "recognition": "accuracy and false matches on a folder in LFW's layout",
    "vision": "times, start, load, crowds, accuracy, quality and attributes, against baselines",
    "gallery": "a million faces: search beside brute force, cold starts, and searches over HTTP",
    "kit": "calls through the test kit, beside calls that moto answers",
    "lambda": "a cold function's first answers, through AWS's runtime interface client",
    "audit": "what an entry of the audit trail costs a call, beside a plain write",
    "storage": "a call's storage time at 100 and at 10,000 faces",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Take the bench's name; its own options are read by `run`, which imports that bench only."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(f"  {name:12} {summary}" for name, summary in _BENCHES.items())
    parser.add_argument("bench", choices=_BENCHES, metavar="WHAT", help="one of those below")
    options = parser.add_argument(
        "options", nargs=argparse.REMAINDER, help="`lineament bench WHAT --help` lists them"
    )
    options.required = False  # else argparse asks for them where WHAT is missing


def run(args: argparse.Namespace) -> int:
    """Run the bench and return 1 when a figure is short of its bar."""
    bench: ModuleType = importlib.import_module(f"lineament.cli.bench_{args.bench}")
    parser = argparse.ArgumentParser(
        prog=f"lineament bench {args.bench}", description=_BENCHES[args.bench]
    )
    bench.configure(parser)
    return int(bench.run(parser.parse_args(args.options)))
