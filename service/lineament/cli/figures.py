"""The last lines of every `lineament bench`: one a figure, `NAME VALUE BAR ok|short`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and the bar it has to hold."""

    name: str
    value: float
    bar: str
    """Such as `<=1.5` or `>=99.4`; `-` for a figure without a bar."""
    ok: bool

    @classmethod
    def at_most(cls, name: str, value: float, bar: float) -> "Figure":
        """Return a figure that must not pass the bar."""
        return cls(name, value, f"<={bar:g}", value <= bar)

    @classmethod
    def at_least(cls, name: str, value: float, bar: float) -> "Figure":
        """Return a figure that must reach the bar."""
        return cls(name, value, f">={bar:g}", value >= bar)

    @classmethod
    def plain(cls, name: str, value: float) -> "Figure":
        """Return a figure without a bar."""
        return cls(name, value, "-", ok=True)


def report(figures: Sequence[Figure], json_path: Path | None = None) -> int:
    """Print the figures, keep them in `json_path`, and return 1 if one is short, else 0."""
    for figure in figures:
        print(f"{figure.name} {figure.value:.6g} {figure.bar} {'ok' if figure.ok else 'short'}")
    if json_path is not None:
        json_path.parent.mkdir(parents=True, exist_ok=True)
        json_path.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    return 0 if all(figure.ok for figure in figures) else 1
