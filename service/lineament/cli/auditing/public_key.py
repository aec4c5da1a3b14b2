"""`lineament audit public-key`."""

import argparse

from lineament.cli.auditing.opening import add_root_key, open_trail


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_root_key(parser)


def run(args: argparse.Namespace) -> int:
    """Print the public key, 64 hexadecimal digits."""
    print(open_trail(args).require_signer().public_key)
    return 0
