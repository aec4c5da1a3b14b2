"""The demo's picture: each photo with its faces, names and similarities, as one PNG."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image, ImageOps

from lineament.cli.demo_panels import Panel, Tag

_COLUMNS = 4
_CELL_INCHES = 3.6
_ASPECT = 1.1  # height of a photo's cell over its width
_TEXT_INCHES = 1.1  # a row's title and caption
_HEAD_INCHES = 0.5
_CAPTION_COLUMNS = 44
_FACE_SHARE = 0.3  # of a cropped photo's width


def draw(panels: Sequence[Panel], heading: str, output: Path) -> None:
    """Write the panels as a PNG, in order, row by row.

    Args:
        panels: a photo with more than one face takes two of a row's four cells.
        heading: above them all.
        output: the file; its folder is made.
    """
    rows = _rows(panels)
    width = _COLUMNS * _CELL_INCHES
    height = _HEAD_INCHES + len(rows) * (_CELL_INCHES * _ASPECT + _TEXT_INCHES)
    figure = Figure(figsize=(width, height), facecolor="white")
    figure.suptitle(heading, x=0.02, y=1 - 0.2 / height, ha="left", va="top", fontsize=15)
    grid = figure.add_gridspec(
        len(rows),
        _COLUMNS,
        left=0.02,
        right=0.98,
        top=1 - (_HEAD_INCHES + 0.3) / height,
        bottom=(_TEXT_INCHES - 0.3) / height,
        wspace=0.08,
        hspace=_TEXT_INCHES / (_CELL_INCHES * _ASPECT),
    )
    for row, members in enumerate(rows):
        column = 0
        for panel in members:
            span = _span(panel)
            axes = figure.add_subplot(grid[row, column : column + span])
            _draw_panel(axes, panel)
            column += span
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=100)


def _rows(panels: Sequence[Panel]) -> list[list[Panel]]:
    rows: list[list[Panel]] = []
    left = 0
    for panel in panels:
        if _span(panel) > left:
            rows.append([])
            left = _COLUMNS
        rows[-1].append(panel)
        left -= _span(panel)
    return rows


def _span(panel: Panel) -> int:
    return 2 if len(panel.tags) > 1 else 1


def _draw_panel(axes: Axes, panel: Panel) -> None:
    with Image.open(panel.photo) as opened:
        pixels = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    height, width = pixels.shape[:2]
    left, top, right, bottom = _window(width, height, panel.tags)
    axes.imshow(pixels, interpolation="antialiased")
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_anchor("NW")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(panel.title, fontsize=11, loc="left")
    caption = textwrap.fill(panel.caption, _CAPTION_COLUMNS * _span(panel))
    axes.set_xlabel(caption, fontsize=11, loc="left")
    colour = panel.tags[0].role.value if panel.tags else "#555555"
    axes.xaxis.label.set_color(colour)
    for tag in panel.tags:
        x, y = tag.box["Left"] * width, tag.box["Top"] * height
        size = tag.box["Width"] * width, tag.box["Height"] * height
        axes.add_patch(Rectangle((x, y), *size, fill=False, lw=2.5, ec=tag.role.value))
        if tag.label:
            axes.annotate(
                tag.label.replace("_", " "),
                (x + size[0] / 2, y),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=11,
                color="white",
                bbox={"boxstyle": "round,pad=0.25", "fc": tag.role.value, "ec": "none"},
            )


def _window(width: int, height: int, tags: Sequence[Tag]) -> tuple[float, float, float, float]:
    """Return (left, top, right, bottom) in pixels: a face large enough to see, or all of them."""
    if len(tags) > 1:
        return 0.0, 0.0, float(width), float(height)
    wide = min(float(width), height / _ASPECT)
    x, y = width / 2, height / 2
    for tag in tags:
        wide = min(wide, tag.box["Width"] * width / _FACE_SHARE)
        x = (tag.box["Left"] + tag.box["Width"] / 2) * width
        y = (tag.box["Top"] + tag.box["Height"] / 2) * height
    tall = wide * _ASPECT
    left = min(max(x - wide / 2, 0), width - wide)
    top = min(max(y - tall / 2, 0), height - tall)
    return left, top, left + wide, top + tall
