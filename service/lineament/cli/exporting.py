"""`lineament export COLLECTION FILE`: write a collection's faces and users as JSON Lines.

The first line tells the collection, its model, and at which number of its log this is; then a line
a user and a line a face. docs/import.md has the members.
"""

import argparse
import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pybase64
from tqdm import tqdm

from lineament import config
from lineament.app import build_services
from lineament.cli.arguments import writable
from lineament.cli.bulk.desk import CollectionDesk
from lineament.cli.operating import Operator, add_by
from lineament.cli.stopping import Stopped, stop_signals
from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.engine import EngineUnavailable
from lineament.domain.faces import FaceRecord, Vector
from lineament.domain.ports import GalleryView
from lineament.errors import LineamentError
from lineament.handlers import shapes
from lineament.storage.provision import connect

_INTERRUPTED = 130
_PAGE = 1000
_HEADER = 2048
"""Bytes kept for the first line, which is known last; JSON allows spaces at its end."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "Exit status: 0 it is written; 1 it is not, and the last line says why."
    parser.add_argument("collection", metavar="COLLECTION", help="its CollectionId")
    parser.add_argument("file", type=writable, metavar="FILE", help="replaced when all is written")
    parser.add_argument("--account", help="whose collection; LINEAMENT_DEFAULT_ACCOUNT's if absent")
    parser.add_argument("--region", help="of the collection; LINEAMENT_REGION's if absent")
    parser.add_argument(
        "--vectors", action="store_true", help="with each face's vector: biometric data"
    )
    add_by(parser)


def run(args: argparse.Namespace) -> int:
    """Export, and tell how much."""
    settings = config.load()
    scope = Scope(args.account or settings.default_account, args.region or settings.region)
    services = build_services(settings, connect(settings.table, settings.region))
    desk = CollectionDesk(services, scope, args.collection)
    if args.vectors:
        print(
            f"{args.file} will hold vectors of faces: biometric data, by which people can be "
            "recognised. Keep it as you would keep their pictures.",
            file=sys.stderr,
        )
    try:
        with stop_signals(), _replacing(args.file) as file:
            why = "with vectors" if args.vectors else ""
            Operator(args).record("Export", collection=args.collection, why=why)
            header = export(desk, file, vectors=args.vectors)
    except Stopped:
        print(f"Stopped; {args.file} is as it was.", file=sys.stderr)
        return _INTERRUPTED
    print(f"{args.file}: {header['Faces']} faces, {header['Users']} users, seq {header['Seq']}")
    for count, what in (
        (header["DeletedMeanwhile"], "faces were deleted meanwhile and are left out"),
        (header["WithoutRecord"], "faces have lost their records; index their pictures again"),
    ):
        if count:
            print(f"{count} {what}", file=sys.stderr)
    return 0


def export(desk: CollectionDesk, file: BinaryIO, *, vectors: bool) -> dict[str, Any]:
    """Write a collection as it is at one number of its log, and return the first line.

    A face that is deleted while this goes on is left out: its record is erased, and it should not
    be kept here either.

    Args:
        desk: of the collection.
        file: empty, can be sought in.
        vectors: write them too.

    Raises:
        LineamentError: there is no such collection, or it was deleted or moved meanwhile.
    """
    collection = desk.find()
    if collection is None:
        raise LineamentError(
            f"account {desk.scope.account} has no collection {desk.collection_id} in "
            f"{desk.scope.region}"
        )
    view = desk.services.gallery.sync(collection)
    file.write(b" " * (_HEADER - 1) + b"\n")
    for user in view.membership.users.values():
        _write(file, {"User": shapes.user(user)})
    faces, missing = 0, []
    with tqdm(total=len(view), unit="face", disable=None) as bar:
        for page in _pages(view):
            records = desk.services.faces.records(collection, page)
            found = _vectors(desk, collection, view, list(records)) if vectors else {}
            for face_id in page:
                if face_id in records:
                    _write(file, _face(records[face_id], collection, view, found.get(face_id)))
                    faces += 1
                else:
                    missing.append(face_id)
            bar.update(len(page))
    now = desk.find()
    if now is None or now.generation != collection.generation:
        raise LineamentError(f"{desk.collection_id} was deleted or moved meanwhile")
    later = desk.services.gallery.sync(now)
    lost = sum(face_id in later for face_id in missing)
    header = {
        "Collection": collection.collection_id,
        "Account": desk.scope.account,
        "Region": desk.scope.region,
        "FaceModelVersion": collection.model_version,
        "Seq": view.seq,
        "Faces": faces,
        "Users": len(view.membership),
        "DeletedMeanwhile": len(missing) - lost,
        "WithoutRecord": lost,
        "Vectors": "base64 of little-endian float16" if vectors else None,
    }
    file.seek(0)
    file.write(json.dumps(header).encode())
    return header


def _pages(view: GalleryView) -> Iterator[list[str]]:
    after: str | None = None
    while page := view.page(after, _PAGE):
        yield page
        after = page[-1]


def _vectors(
    desk: CollectionDesk, collection: Collection, view: GalleryView, face_ids: list[str]
) -> dict[str, Vector]:
    try:
        return view.vectors(face_ids)
    except EngineUnavailable:  # It may have let go of what has changed since the view was taken.
        return desk.services.gallery.sync(desk.find() or collection).vectors(face_ids)


def _face(
    record: FaceRecord, collection: Collection, view: GalleryView, vector: Vector | None
) -> dict[str, Any]:
    face = shapes.stored_face(record, collection, view)
    told: dict[str, Any] = {"Face": {name: each for name, each in face.items() if each is not None}}
    if record.source is not None:
        told["S3Object"] = {"Bucket": record.source.bucket, "Name": record.source.key}
        if record.source.version is not None:
            told["S3Object"]["Version"] = record.source.version
    if vector is not None:
        told["Vector"] = pybase64.b64encode(vector.astype(np.dtype("<f2")).tobytes()).decode()
    return told


def _write(file: BinaryIO, told: dict[str, Any]) -> None:
    file.write(json.dumps(told).encode() + b"\n")


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a new file that only its owner can read; it becomes `path` if all goes well."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with open(os.open(beside, flags, 0o600), "wb") as file:  # noqa: PTH123
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
