"""What stands on a page of `lineament report`, and how its figures are written."""

import re
from xml.etree import ElementTree

import pytest

from lineament.cli.reporting.drawings import (
    Line,
    Point,
    Row,
    draw_curves,
    draw_intervals,
)
from lineament.cli.reporting.page import group_table, percent, rate_cell, span
from lineament.cli.reporting.rates import MORE, REFERENCE, TOO_SMALL, GroupRates, Rate


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        (0.0, "0 %"),
        (0.052336, "5.23 %"),
        (0.5, "50.0 %"),
        (1.0, "100 %"),
        (0.0001, "0.0100 %"),
        (6.5e-6, "6.50 per million"),
        (4e-9, "0.00400 per million"),
        (None, "not known"),
    ],
)
def test_a_rate_is_written_without_powers_of_ten(rate: float | None, written: str) -> None:
    """Lost: 6.52e-06 is read as six."""
    assert percent(rate) == written


@pytest.mark.parametrize(
    ("value", "low", "high", "written"),
    [
        (4.9e-5, 0.0, 1.46e-4, "0 to 146 per million"),
        (0.0, 0.0, 2e-6, "0 to 2.00 per million"),
        (0.0, 0.0, 0.01, "0 to 1.00 %"),
        (0.002, 5e-5, 0.1, "0.00500 to 10.0 %"),
        (None, None, None, "not known"),
    ],
)
def test_an_interval_has_the_unit_of_its_rate(
    value: float | None, low: float | None, high: float | None, written: str
) -> None:
    """Lost: 49 per million, between 0 and 0.0146 %: nobody sees which is more."""
    assert span(Rate(80, 1, 10, value, low, high)) == written


def test_a_cell_says_what_can_be_said() -> None:
    """Lost: no error is written as a rate of 0, or a ratio without its interval."""
    none = Rate(80, 0, 500, 0.0, 0.0, 0.007, None, 0.0, None, TOO_SMALL)
    assert re.sub("<[^>]+>", "|", rate_cell(none)) == (
        "none seen|0 to 0.700 %||0 of 500||too small to judge|"
    )
    worse = Rate(80, 9, 500, 0.018, 0.01, 0.03, 3.1, 1.4, 7.0, MORE)
    assert "more errors: 3.10 times (1.40 to 7.00)" in rate_cell(worse)
    unbounded = Rate(80, 9, 500, 0.018, 0.01, 0.03, None, 1.5, None, MORE)
    assert "more errors: at least 1.50 times<" in rate_cell(unbounded)
    assert rate_cell(Rate(80, 0, 0, None, None, None)).startswith("no pairs")


def test_groups_stand_in_their_order_and_as_text() -> None:
    """Lost: a group's name becomes a part of the page, or the worst group is further down."""
    rate = Rate(80, 1, 10, 0.1, 0.0, 0.4, verdict=REFERENCE)
    groups = [GroupRates(name, 30, (rate,)) for name in ("<b>worst</b>", "other")]
    shown = group_table("caption", groups, "a & b")
    assert shown.index("&lt;b&gt;worst") < shown.index(">other<")
    assert "a &amp; b" in shown
    assert '<th scope="row">' in shown
    assert '<th scope="col">at 80</th>' in shown


EXTREMES = [
    [(0.0, 0.0, 0.0)],
    [(1.0, 1.0, 1.0)],
    [(0.0, 0.0, 1e-9), (0.5, 0.2, 0.9)],
    [(3e-6, 1e-7, 4e-5), (1e-8, 0.0, 1e-7)],
    [(0.0999999, 0.05, 0.1)],
]


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("figures", EXTREMES)
def test_plots_stay_within_their_frame(
    figures: list[tuple[float, float, float]], logarithmic: bool
) -> None:
    """Lost: a rate of none or of all ends the report, or is drawn beside the axis."""
    points = [Point(50.0 + 49 * n, *each) for n, each in enumerate(figures)]
    rows = [Row(f"g{n}", point, faint=n > 0) for n, point in enumerate(points)]
    curves = draw_curves("t & t", "x", [Line("l", points)], logarithmic=logarithmic)
    intervals = draw_intervals("t", "x", rows, logarithmic=logarithmic)
    for svg in (curves, intervals):
        picture = ElementTree.fromstring(svg)  # noqa: S314 - our own
        _, _, width, height = map(float, picture.attrib["viewBox"].split())
        assert picture.find("title") is not None
        for part in picture.iter():
            for name, most in (("x", width), ("y", height), ("cx", width), ("cy", height)):
                assert 0 <= float(part.attrib.get(name, 0)) <= most
            pairs = [pair.split(",") for pair in part.attrib.get("points", "").split()]
            assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in pairs)
    assert intervals.count("<circle") == len(rows)


def test_what_is_not_known_is_not_drawn() -> None:
    """Lost: a group without pairs has a dot at 0."""
    unknown = Point(80, None, None, None)
    assert draw_curves("t", "x", [Line("l", [unknown])], logarithmic=True) == ""
    rows = [Row("a", unknown, faint=False), Row("b", Point(80, 0.1, 0.0, 0.2), faint=False)]
    assert draw_intervals("t", "x", rows, logarithmic=False).count("<circle") == 1
