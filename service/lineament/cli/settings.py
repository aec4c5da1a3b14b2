"""`lineament settings`: what can be set, and how."""

import argparse

from lineament import config


def configure(parser: argparse.ArgumentParser) -> None:
    """Take no options."""
    del parser


def run(_args: argparse.Namespace) -> int:
    """Print a line a setting: variable, default, meaning."""
    for variable, default, meaning in config.describe():
        print(f"{variable}\n    {meaning}\n    default: {default or '(none)'}")
    return 0
