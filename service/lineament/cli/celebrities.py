"""`lineament celebrities`: the operator's own gallery of public figures for RecognizeCelebrities.

Nothing is shipped. A manifest names each celebrity, with images of the face; docs/celebrities.md
has its format, and what an operator answers for.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from lineament import config
from lineament.app import build_services
from lineament.cli.arguments import writable
from lineament.cli.celebrity.desk import Desk
from lineament.cli.celebrity.importing import Importer
from lineament.cli.celebrity.manifest import read_manifest
from lineament.cli.celebrity.removing import remove
from lineament.cli.celebrity.report import Outcome, to_json, to_lines
from lineament.config import Settings
from lineament.errors import LineamentError
from lineament.storage.provision import Tables, connect, ensure_tables


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "Exit status: 0 all is done, or would be; 1 something was rejected, or nothing was done, "
        "and the last\nlines say why; 2 a wrong call. Stopped at any moment, an import goes on "
        "when it is called again."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    importing = actions.add_parser("import", help="add and change celebrities by a manifest")
    importing.add_argument("manifest", type=Path, metavar="MANIFEST", help=".csv, .jsonl or .json")
    importing.add_argument(
        "--dry-run", action="store_true", help="look at every image, tell, and write nothing"
    )
    importing.add_argument("--json", type=writable, metavar="FILE", help="write the report there")
    actions.add_parser("list", help="print the celebrities: id, faces, gender, name, URLs")
    removing = actions.add_parser("remove", help="erase celebrities and their faces")
    removing.add_argument("ids", nargs="+", metavar="ID")
    dropping = actions.add_parser("drop", help="erase the whole gallery")
    dropping.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """Do the action and return the exit status."""
    settings = config.load()
    tables = connect(settings.table, settings.region)
    desk = Desk(build_services(settings, tables))
    if args.action == "import":
        return _import(args, desk, settings, tables)
    if args.action == "list":
        return _list(desk)
    if args.action == "remove":
        return _remove(desk, args.ids)
    return _drop(desk, yes=args.yes)


def _import(args: argparse.Namespace, desk: Desk, settings: Settings, tables: Tables) -> int:
    entries = read_manifest(args.manifest)
    ensure_tables(tables)
    outcome, started = Outcome(), time.monotonic()
    with _progress_bar(sum(len(entry.images) for entry in entries)) as progress:
        importer = Importer(desk, args.manifest, settings.region, progress, dry_run=args.dry_run)
        importer.run(entries, outcome)
    seconds = time.monotonic() - started
    if args.json is not None:
        report = to_json(outcome, seconds, dry_run=args.dry_run)
        args.json.write_text(json.dumps(report, indent=2) + "\n")
    for line in to_lines(outcome, seconds, dry_run=args.dry_run):
        print(line)
    return 1 if outcome.rejected else 0


@contextmanager
def _progress_bar(images: int) -> Iterator[Callable[[], None]]:
    quiet = not sys.stderr.isatty()
    with tqdm(total=images, unit="image", mininterval=30 if quiet else 0.2) as bar:
        yield bar.update


def _list(desk: Desk) -> int:
    gallery = desk.require()
    users = desk.services.gallery.sync(gallery).membership.users.values()
    faces = {user.user_id: len(user.faces) for user in users}
    told = desk.services.celebrities.find(gallery, faces.keys())
    for celebrity in sorted(told.values(), key=lambda each: (each.name, each.celebrity_id)):
        count = faces[celebrity.celebrity_id]
        fields = (celebrity.celebrity_id, str(count), celebrity.gender, celebrity.name)
        print("\t".join([*fields, *celebrity.urls]))
    print(f"{len(told)} celebrities, {gallery.model_version}", file=sys.stderr)
    return 0


def _remove(desk: Desk, celebrity_ids: list[str]) -> int:
    removed = remove(desk, celebrity_ids)
    for celebrity_id, faces in removed.items():
        print(f"{celebrity_id}: {'is not there' if faces is None else f'removed, {faces} faces'}")
    return 1 if None in removed.values() else 0


def _drop(desk: Desk, *, yes: bool) -> int:
    gallery = desk.require()
    faces = len(desk.services.gallery.sync(gallery))
    if not yes:
        if not sys.stdin.isatty():
            raise LineamentError("there is nobody to ask; add --yes")
        asked = f"Erase all celebrities, {faces} faces? [y/N] "
        if input(asked).strip().lower() not in {"y", "yes"}:
            raise LineamentError("nothing was done")
    desk.call("DeleteCollection", {})
    print(f"Nobody is recognised any more; housekeeping erases {faces} faces and their names.")
    return 0
