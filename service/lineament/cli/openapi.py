"""`lineament openapi`: write openapi.yaml, or check that the one on disk is fresh."""

import argparse
from pathlib import Path

from lineament.handlers.table import OPERATIONS
from lineament.wire.openapi import document, to_yaml


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--output", type=Path, default=Path("openapi.yaml"), help="the file")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")


def run(args: argparse.Namespace) -> int:
    """Write or check the file; 1 when a check finds it stale or missing."""
    text = to_yaml(document(OPERATIONS))
    path: Path = args.output
    if not args.check:
        path.write_text(text, encoding="utf-8")
        print(f"{path}: {len(OPERATIONS)} operations")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        print(f"{path}: fresh")
        return 0
    print(f"{path}: stale; run `lineament openapi`")
    return 1
