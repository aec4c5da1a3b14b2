"""What every part of the bench gives: lines, figures, and panels of the picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lineament.cli.figures import Figure
from lineament.cli.measuring.lfw import MeasuringSetError
from lineament.vision.engine import Engine

Panel = Callable[[Any], None]
"""Draws onto one matplotlib Axes."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a part works with."""

    engine: Engine
    model_dir: Path
    folder: Path | None
    """The measuring set; parts that need one are not run without."""
    confirmed: Path | None
    rounds: int
    calls: int

    def require_folder(self) -> Path:
        """Return the measuring set.

        Raises:
            MeasuringSetError: none was given.
        """
        if self.folder is None:
            raise MeasuringSetError("this part measures on FOLDER, a set in LFW's layout")
        return self.folder


@dataclass(frozen=True, slots=True)
class Part:
    """What a part found."""

    lines: Sequence[str]
    figures: Sequence[Figure]
    panels: Sequence[Panel] = field(default=())


def draw(path: Path, panels: Sequence[Panel]) -> str:
    """Draw the panels into a PNG, two in a row, and return what to say of it."""
    if not panels:
        return "no picture: these parts draw none"
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415 - slow

    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    canvas = Canvas(figsize=(6.5 * columns, 4.5 * rows), layout="constrained")
    places = canvas.subplots(rows, columns, squeeze=False).flat
    for axes, panel in zip(places, panels, strict=False):
        panel(axes)
    for axes in list(canvas.axes)[len(panels) :]:
        axes.set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, dpi=100)
    return f"picture: {path}"
