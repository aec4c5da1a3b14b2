"""Where declared faces stand whose test does not care: side by side, the first the largest."""

import math
from collections.abc import Sequence

from lineament.domain.faces import RatioBox

_SHARE, _LEAST = 0.8, 0.6
"""Of its cell's sides that the first face takes, and that the last would."""


def columns_of(count: int) -> int:
    """Return how many faces stand in a row."""
    return max(1, math.ceil(math.sqrt(count)))


def seats(given: Sequence[tuple[float, float, float, float] | None]) -> list[RatioBox]:
    """Return a box for each face.

    Args:
        given: left, top, width and height, or None for a place in the grid.
    """
    columns = columns_of(len(given))
    rows = max(1, math.ceil(len(given) / columns))
    return [
        RatioBox(*box) if box is not None else _seat(index, len(given), columns, rows)
        for index, box in enumerate(given)
    ]


def _seat(index: int, count: int, columns: int, rows: int) -> RatioBox:
    share = _SHARE - (_SHARE - _LEAST) * index / count
    width, height = share / columns, share / rows
    left = (index % columns + 0.5) / columns - width / 2
    top = (index // columns + 0.5) / rows - height / 2
    return RatioBox(left, top, width, height)
