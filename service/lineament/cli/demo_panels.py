"""What the demo's picture shows: each photo with what was done with it and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Role(Enum):
    """What a box says; the value is its colour."""

    INDEXED = "#1f6feb"
    MATCH = "#1a9850"
    STRANGER = "#d9480f"


@dataclass(frozen=True, slots=True)
class Tag:
    """A box with its label. `box` is the wire's BoundingBox: ratios of the upright photo."""

    box: Mapping[str, float]
    label: str
    role: Role


@dataclass(frozen=True, slots=True)
class Panel:
    """One photo, what was done with it, what came back, and where."""

    photo: Path
    title: str
    caption: str
    tags: tuple[Tag, ...]
