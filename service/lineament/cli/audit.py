"""`lineament audit`: check, read and anchor the trail of who used face data, how, and what came.

The trail is in the trust table, a chain of signed blocks an account, with anchors in S3.
docs/audit.md says what an entry holds, what `verify` finds, and what it cannot.
"""

import argparse
import importlib

_ACTIONS = {
    "verify": ("verifying", "look whether any entry was altered, removed, moved or slipped in"),
    "export": ("exporting", "write entries as JSON Lines or CSV"),
    "report": ("reporting", "count who did what: searches, thresholds, repetitions, refusals"),
    "anchor": ("anchoring", "sign where every chain ends and put that in S3, now"),
    "public-key": ("public_key", "print the key that signatures are checked with"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with its options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (module_name, summary) in _ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary)
        module = importlib.import_module(f"lineament.cli.auditing.{module_name}")
        module.configure(action)
        action.set_defaults(act=module.run)


def run(args: argparse.Namespace) -> int:
    """Run the action and return its exit status."""
    return int(args.act(args))
