"""An HTML page of one file: no script, nothing fetched, no photo, no vector, no one's name."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

from lineament.cli.reporting.drawings import Point, Row
from lineament.cli.reporting.rates import MORE, TOO_SMALL, GroupRates, Rate

_MILLION = "per million"
_SMALL = 1e-4
"""Rates below are told per million."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Made:
    """How a report was made; told at its end."""

    version: str
    face_model: str
    when: str
    machine: str
    seconds: float
    options: str


def document(title: str, parts: Sequence[str], made: Made) -> str:
    """Return the page.

    Args:
        title: plain text.
        parts: HTML.
        made: how.
    """
    style = resources.files("lineament.cli.reporting").joinpath("page.css").read_text("utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>\n{style}</style></head>\n<body><main>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(part for part in parts if part)
        + "\n<h2>How this was made</h2>\n"
        + table(
            "Run",
            ("", ""),
            [
                ("Lineament", escape(made.version)),
                ("Face model", escape(made.face_model)),
                ("Options", escape(made.options)),
                ("When", escape(made.when)),
                ("Machine", escape(made.machine)),
                ("Time", f"{made.seconds:,.0f} s"),
            ],
        )
        + "\n</main></body></html>\n"
    )


def heading(text: str) -> str:
    """Return a heading of a section."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text; kind is `lead` or `note`."""
    return f"<p{f' class={kind}' if kind else ''}>{escape(text)}</p>"


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table.

    Args:
        caption: plain text.
        heads: of the columns, plain; none is shown where all are empty.
        rows: of HTML; the first cell of each is its heading.
    """
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>"
        + (f"<thead><tr>{head}</tr></thead>" if any(heads) else "")
        + f"<tbody>{body}</tbody></table></div>"
    )


def group_table(caption: str, groups: Sequence[GroupRates], head: str) -> str:
    """Return the table of a column's groups, as they are ordered; a column a threshold."""
    thresholds = [rate.threshold for rate in groups[0].rates]
    heads = [
        head,
        "People",
        *("" if each is None else f"at {each:g}" for each in thresholds),
    ]
    rows = [
        [
            escape(group.group),
            f"{group.people:,}",
            *(rate_cell(rate) for rate in group.rates),
        ]
        for group in groups
    ]
    return table(caption, heads, rows)


def rate_cell(rate: Rate) -> str:
    """Return a rate, its interval, its counts, and how it compares."""
    if rate.value is None:
        return "no pairs<small>nothing to judge</small>"
    lines = [span(rate), f"{rate.errors:,} of {rate.trials:,}"]
    compared = ""
    if rate.verdict:
        kind = ' class="more"' if rate.verdict == MORE else ""
        compared = f"<small{kind}>{_compared(rate)}</small>"
    shown = percent(rate.value) if rate.errors else "none seen"
    return shown + "".join(f"<small>{line}</small>" for line in lines) + compared


def _compared(rate: Rate) -> str:
    if rate.ratio is None and rate.ratio_low is None:
        return rate.verdict
    if rate.ratio_high is None:
        low = times(rate.ratio_low)
        return f"{rate.verdict}: at least {low} times" if rate.ratio_low else rate.verdict
    value = "" if rate.ratio is None else f"{times(rate.ratio)} times "
    return f"{rate.verdict}: {value}({times(rate.ratio_low)} to {times(rate.ratio_high)})"


def percent(rate: float | None) -> str:
    """Return a rate for people to read: in percent, or small ones per million."""
    if rate is None:
        return "not known"
    return f"{_figure(rate, _unit(rate))} {_unit(rate)}"


def span(rate: Rate) -> str:
    """Return a rate's interval, in the rate's unit."""
    low, high = rate.low, rate.high
    if low is None or high is None:
        return "not known"
    unit = _unit(rate.value or high)
    return f"{_figure(low, unit)} to {_figure(high, unit)} {unit}"


def _unit(rate: float) -> str:
    return _MILLION if 0 < rate < _SMALL else "%"


def _figure(rate: float, unit: str) -> str:
    return _short(rate * (1e6 if unit == _MILLION else 100))


def times(ratio: float | None) -> str:
    """Return a ratio."""
    return "no bound" if ratio is None else _short(ratio)


def interval_rows(groups: Sequence[GroupRates], place: int) -> list[Row]:
    """Return groups' rates at one threshold for a plot."""
    return [
        Row(
            group.group,
            point_of(group.rates[place]),
            faint=group.rates[place].verdict == TOO_SMALL,
        )
        for group in groups
    ]


def point_of(rate: Rate) -> Point:
    """Return a rate for a plot."""
    return Point(rate.threshold or 0.0, rate.value, rate.low, rate.high)


def _short(figure: float) -> str:
    """Return three digits without an exponent."""
    if figure <= 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(figure)))
    return f"{figure:.{places}f}"
