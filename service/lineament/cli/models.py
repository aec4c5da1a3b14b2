"""`lineament models`: install and list the models and photos."""

import argparse
from pathlib import Path

from lineament import config
from lineament.vision.install import install, is_installed, read_record
from lineament.vision.manifest import load_manifest


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    installing = actions.add_parser("install", help="fetch what is missing, with pip and npm")
    installing.add_argument("--force", action="store_true", help="fetch everything again")
    listing = actions.add_parser("list", help="show names, licences and what is installed")
    for action in (installing, listing):
        action.add_argument(
            "--dir", type=Path, help="the folder (default: LINEAMENT_MODEL_DIR)", dest="model_dir"
        )


def run(args: argparse.Namespace) -> int:
    """Do the action and return the exit status."""
    model_dir = args.model_dir or config.load().model_dir
    if args.action == "install":
        print(f"Models and photos go to {model_dir}", flush=True)
        install(model_dir, lambda line: print(line, flush=True), force=args.force)
        return 0
    _print_table(model_dir)
    return 0


def _print_table(model_dir: Path) -> None:
    record = read_record(model_dir)
    rows = [("NAME", "WHAT", "FROM", "LICENCE", "SOURCE", "INSTALLED")]
    rows += [
        (
            entry.name,
            entry.purpose,
            f"{package.manager} {package}",
            entry.licence,
            entry.source,
            "yes" if is_installed(model_dir, entry, record) else "no",
        )
        for package in load_manifest().packages
        for entry in package.files
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
