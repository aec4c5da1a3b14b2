"""Plots as SVG texts for an HTML page: nothing is fetched, and a reader's software finds a title.

Colours come from the page's style, so that they follow light and dark and print well.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH = 720
_LEFT, _RIGHT, _TOP, _BOTTOM = 104, 16, 12, 44
_HEIGHT = 300
_ROW = 26
_LABEL = 190
_SMALLEST = 1e-7
"""Rates of none are drawn here, on a logarithmic axis."""
_SMALL = 1e-4
_KINDS = 4
"""Line and dot styles of the page's style sheet."""


@dataclass(frozen=True, slots=True)
class Point:
    """A figure at a place, with its interval; None is not known."""

    at: float
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """Points that belong together."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Row:
    """One group of a plot of intervals."""

    name: str
    point: Point
    faint: bool
    """Too small to judge."""


def draw_curves(title: str, across: str, lines: Sequence[Line], *, logarithmic: bool) -> str:
    """Draw rates by threshold, each with its band of 95 %."""
    drawn = [point for line in lines for point in line.points if point.value is not None]
    if not drawn:
        return ""
    places = [point.at for point in drawn]
    scale = _rate_axis(_rates(drawn), logarithmic=logarithmic)
    left, right = min(places), max(*places, min(places) + 1)

    def x(at: float) -> float:
        return _LEFT + (at - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT)

    def y(rate: float) -> float:
        return _TOP + (1 - scale.share(rate)) * (_HEIGHT - _TOP - _BOTTOM)

    parts = []
    for tick in scale.ticks:
        parts.append(_rule(_LEFT, y(tick), _WIDTH - _RIGHT, y(tick)))
        parts.append(_text(_LEFT - 6, y(tick) + 4, _percent(tick), "end"))
    for tick in range(math.ceil(left / 10) * 10, math.floor(right) + 1, 10):
        parts.append(_rule(x(tick), _HEIGHT - _BOTTOM, x(tick), _HEIGHT - _BOTTOM + 5))
        parts.append(_text(x(tick), _HEIGHT - _BOTTOM + 18, str(tick), "middle"))
    parts.append(_text(_WIDTH / 2, _HEIGHT - 6, across, "middle"))
    for number, line in enumerate(lines):
        known = [point for point in line.points if point.value is not None]
        kind = number % _KINDS
        band = [(x(p.at), y(p.high or 0)) for p in known]
        band += [(x(p.at), y(p.low or 0)) for p in reversed(known)]
        parts.append(f'<polygon class="band k{kind}" points="{_path(band)}"/>')
        path = _path([(x(p.at), y(p.value or 0)) for p in known])
        parts.append(f'<polyline class="line k{kind}" points="{path}"/>')
        parts.append(_key(number, line.name))
    return _svg(title, _HEIGHT + 22 * len(lines), parts)


def draw_intervals(title: str, across: str, rows: Sequence[Row], *, logarithmic: bool) -> str:
    """Draw a rate and its interval a row."""
    known = [row.point for row in rows if row.point.value is not None]
    if not known:
        return ""
    scale = _rate_axis(_rates(known), logarithmic=logarithmic)
    bottom = _TOP + _ROW * len(rows)

    def x(rate: float) -> float:
        return _LABEL + scale.share(rate) * (_WIDTH - _LABEL - _RIGHT - 20)

    parts = []
    for tick in scale.ticks:
        parts.append(_rule(x(tick), _TOP, x(tick), bottom))
        parts.append(_text(x(tick), bottom + 16, _percent(tick), "middle"))
    parts.append(_text((_LABEL + _WIDTH) / 2, bottom + 36, across, "middle"))
    for number, row in enumerate(rows):
        middle = _TOP + _ROW * (number + 0.5)
        parts.append(_text(_LABEL - 10, middle + 4, _short(row.name), "end"))
        point = row.point
        if point.value is None:
            continue
        faint = " faint" if row.faint else ""
        low, high = x(point.low or 0), x(1 if point.high is None else point.high)
        parts.append(f'<path class="whisker{faint}" d="M{low:.1f} {middle:.1f}H{high:.1f}"/>')
        parts.append(
            f'<circle class="dot{faint}" cx="{x(point.value):.1f}" cy="{middle:.1f}" r="5"/>'
        )
    return _svg(title, bottom + 46, parts)


@dataclass(frozen=True, slots=True)
class _Axis:
    share: Callable[[float], float]
    """From a rate to 0 ... 1 along the axis."""
    ticks: Sequence[float]


def _rate_axis(rates: Sequence[float], *, logarithmic: bool) -> _Axis:
    """Return an axis that holds the rates."""
    highest = max(*rates, 0.0)
    if not logarithmic:
        step = _step(highest or 1.0)
        top = math.ceil((highest or step) / step) * step
        return _Axis(
            lambda rate: min(rate, top) / top,
            [step * number for number in range(round(top / step) + 1)],
        )
    least = min((rate for rate in rates if rate > 0), default=_SMALLEST)
    first = math.floor(math.log10(max(least, _SMALLEST)))
    last = max(math.ceil(math.log10(max(highest, _SMALLEST))), first + 1)

    def share(rate: float) -> float:
        place = math.log10(max(rate, 10.0**first))
        return min((place - first) / (last - first), 1.0)

    return _Axis(share, [10.0**power for power in range(first, last + 1)])


def _step(highest: float) -> float:
    """Return a round step that gives an axis two to five parts."""
    power = 10.0 ** math.floor(math.log10(highest))
    return next(power * each for each in (0.2, 0.5, 1.0, 2.0) if highest <= power * each * 5)


def _rates(points: Sequence[Point]) -> list[float]:
    """Return the values and upper ends that an axis has to hold."""
    return [rate for point in points for rate in (point.value, point.high) if rate is not None]


def _percent(rate: float) -> str:
    """Return a tick: in percent, or small ones per million."""
    if 0 < rate < _SMALL:
        return f"{rate * 1e6:g} per million"
    return f"{rate * 100:.4g} %" if rate else "0"


def _short(name: str) -> str:
    longest = 26
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path class="rule" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _key(number: int, name: str) -> str:
    y = _HEIGHT + 22 * number + 8
    line = f'<path class="line k{number % _KINDS}" d="M{_LEFT} {y}h28"/>'
    return line + _text(_LEFT + 36, y + 4, name, "start")


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    """Return the picture; its figures stand in a table beside it, so one title tells enough."""
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )
