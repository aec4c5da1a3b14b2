"""The page of `lineament report accuracy`."""

from collections.abc import Sequence
from html import escape

from lineament.cli.reporting.accuracy import Accuracy, Column
from lineament.cli.reporting.drawings import Line, draw_curves, draw_intervals
from lineament.cli.reporting.page import (
    Made,
    document,
    group_table,
    heading,
    interval_rows,
    paragraph,
    percent,
    point_of,
    rate_cell,
    span,
    table,
)
from lineament.cli.reporting.rates import FEWEST_EXPECTED, FEWEST_PEOPLE, GroupRates, Rate

TITLE = "Accuracy of face matching, by threshold and group"
_ABOUT = (
    "A false match takes two people for one; a false non-match takes one person for two. Both "
    "depend on the threshold, on the photos and on who is in them: these figures hold for photos "
    "such as these, and for comparing two photos. A search compares with everybody in a gallery: "
    "see lineament report one-to-many."
)
_INTERVALS = (
    "Intervals are 95 %. Photos of one person are alike, and one person stands in many pairs, so "
    "people are drawn anew (1,000 times, with all their photos), not pairs; where an exact "
    "(Clopper-Pearson) interval goes further, its end is shown. With no or few false matches that "
    "exact interval takes pairs as independent, which makes it look surer than it is. One in "
    "twenty intervals misses the truth: among many groups and thresholds, expect some that seem "
    "to differ and do not."
)
_GROUPS = (
    f"Groups are compared with the largest one. Below {FEWEST_PEOPLE} people, or where fewer than "
    f"{FEWEST_EXPECTED:g} errors would be expected at the largest group's rate and no difference "
    "shows, a group is too small to judge: its figures are shown, and say little. Pairs of "
    "strangers are of two people of one group, who are confused most easily. No difference shown "
    "is not the same as no difference."
)
_ESTIMATED = (
    "These groups are estimates of the service itself, not statements of the people shown. The "
    "models that find and match faces have helped to choose who is in which group, so a model "
    "that is wrong about somebody can hide it here, and somebody of whom no photo was enrolled is "
    "in no group. They cannot stand in for labels."
)


def accuracy_page(report: Accuracy, made: Made) -> str:
    """Return the HTML."""
    return document(
        TITLE,
        [
            paragraph(_summary(report), "lead"),
            paragraph(_ABOUT),
            _overall(report),
            *_curves(report),
            heading("Photos that could not be enrolled"),
            _failures(report),
            *(part for column in report.columns for part in _column(report, column)),
            *([] if report.columns else [paragraph(_NO_GROUPS)]),
            heading("How to read the figures"),
            paragraph(_INTERVALS),
            paragraph(_GROUPS),
        ],
        made,
    )


_NO_GROUPS = (
    "No groups were given: whether some people are wronged more often than others is not answered "
    "here. Add columns to the manifest."
)


def _summary(report: Accuracy) -> str:
    pairs = "the listed pairs" if report.listed else "every two photos"
    several = (
        f" {report.several_faces:,} photos show several faces, of which one was taken."
        if report.several_faces
        else ""
    )
    same = (
        f" {report.confirmed_same:,} pairs of names are confirmed to be one person, and left out."
        if report.confirmed_same
        else ""
    )
    return (
        f"{report.photos:,} photos of {report.people:,} people, {pairs} compared; "
        f"{report.people_with_pairs:,} people have photos that are compared with each other."
        f"{several}{same}"
    )


def _overall(report: Accuracy) -> str:
    errors = report.overall
    rows = [
        [f"{at:g}", *(rate_cell(rates[place]) for rates in (
            errors.false_match, errors.false_non_match, errors.missed_with_failures))]
        for place, at in enumerate(report.thresholds)
    ]  # fmt: skip
    return table(
        "All photos, by threshold",
        ("Threshold", "False matches (FMR)", "False non-matches (FNMR)", "with failures to enrol"),
        rows,
    )


def _curves(report: Accuracy) -> list[str]:
    def line(name: str, rates: Sequence[Rate]) -> Line:
        return Line(name, [point_of(rate) for rate in rates])

    return [
        heading("By threshold"),
        draw_curves(
            "False match rate by threshold, logarithmic, with its interval",
            "Similarity threshold",
            [line("False match rate (FMR), logarithmic", report.curve.false_match)],
            logarithmic=True,
        ),
        draw_curves(
            "False non-match rate by threshold with its interval",
            "Similarity threshold",
            [
                line("False non-match rate (FNMR)", report.curve.false_non_match),
                line("with photos that could not be enrolled", report.curve.missed_with_failures),
            ],
            logarithmic=False,
        ),
    ]


def _failures(report: Accuracy) -> str:
    rate = report.failure_to_enrol
    why = [(escape(reason), f"{count:,}") for reason, count in sorted(report.failures.items())]
    share = f"{percent(rate.value)} ({span(rate)})"
    return table(
        "Failures to enrol",
        ("", "Photos"),
        [("all", f"{rate.errors:,} of {rate.trials:,}<small>{share}</small>"), *why],
    )


def _column(report: Accuracy, column: Column) -> list[str]:
    unknown = (
        f"{column.unknown:,} photos have no such group and are in none of these figures. "
        if column.unknown
        else ""
    )
    last = len(report.thresholds) - 1

    def shown(
        what: str,
        groups: Sequence[GroupRates],
        place: int,
        at: str,
        *,
        logarithmic: bool,
    ) -> list[str]:
        return [
            group_table(f"{what}, worst group{at} first", groups, column.name),
            draw_intervals(
                f"{what}{at} by {column.name}, with intervals",
                f"{what}{at}",
                interval_rows(groups, place),
                logarithmic=logarithmic,
            ),
        ]

    lowest, highest = f" at {report.thresholds[0]:g}", f" at {report.thresholds[last]:g}"
    return [
        heading(f"By {column.name}"),
        paragraph(_ESTIMATED) if column.estimated else "",
        paragraph(f"{unknown}Compared with the largest group, {column.reference}.", "note"),
        *shown("False matches", column.false_match, 0, lowest, logarithmic=True),
        *shown("False non-matches", column.false_non_match, last, highest, logarithmic=False),
        group_table(
            f"False non-matches with failures to enrol, worst group{highest} first",
            column.missed_with_failures,
            column.name,
        ),
        *shown("Failures to enrol", column.failure_to_enrol, 0, "", logarithmic=False),
    ]
