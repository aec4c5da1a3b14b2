"""`lineament models`: install, list and check the models and photos."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lineament import config
from lineament.config import Settings
from lineament.errors import CannotStart
from lineament.vision.deployment import VARIABLE, choose_deployment
from lineament.vision.install import install, is_installed, read_record
from lineament.vision.manifest import load_manifest
from lineament.vision.profiles import read_profile


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    installing = actions.add_parser("install", help="fetch what is missing, with pip and npm")
    installing.add_argument("--force", action="store_true", help="fetch everything again")
    listing = actions.add_parser("list", help="show names, licences and what is installed")
    checking = actions.add_parser("check", help="start the chosen detector and recognisers, once")
    for action in (installing, listing, checking):
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
    if args.action == "check":
        return _check(model_dir, config.load())
    _print_table(model_dir)
    return 0


def _check(model_dir: Path, settings: Settings) -> int:
    """Print for profiles, detector and recognisers whether a server starts with them."""
    # Imported here: they load DeepFace and the runtimes, which a list does without.
    from lineament.vision import registry  # noqa: PLC0415
    from lineament.vision.engine import require_detector  # noqa: PLC0415
    from lineament.vision.recognisers import require_recogniser  # noqa: PLC0415

    profile = read_profile(settings.profile)
    detector = settings.detector or profile.detector
    recogniser = settings.recognizer or profile.model.recogniser
    bound = [read_profile(name, VARIABLE) for _, name in settings.collection_profiles]
    recognisers = dict.fromkeys([recogniser, *(each.model.recogniser for each in bound)])
    registry.register(model_dir)
    chosen = settings.profile, settings.collection_profiles, detector, recogniser
    checks: list[tuple[str, str, Callable[[], object]]] = [
        ("detector", detector, lambda: require_detector(detector)),
        *(("recogniser", name, partial(require_recogniser, name)) for name in recognisers),
        ("profile", settings.profile, lambda: choose_deployment(*chosen)),
    ]
    failures = 0
    for kind, name, start in checks:
        try:
            start()
        except CannotStart as error:
            failures += 1
            print(f"{kind:<10}  {name}  no: {error}", flush=True)
        else:
            print(f"{kind:<10}  {name}  ok", flush=True)
    return 1 if failures else 0


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
