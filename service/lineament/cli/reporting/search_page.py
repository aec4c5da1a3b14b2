"""The page of `lineament report one-to-many`."""

from html import escape

from lineament.cli.reporting.drawings import Line, draw_curves
from lineament.cli.reporting.one_to_many import PROBES
from lineament.cli.reporting.page import (
    Made,
    document,
    group_table,
    heading,
    paragraph,
    percent,
    point_of,
    rate_cell,
    table,
)
from lineament.cli.reporting.searched import PHOTOS_OF_2018, OneToMany

TITLE = "Searching people in a gallery of others"
_STORY = (
    f"In July 2018 the ACLU searched all {PROBES} members of the US Congress in {PHOTOS_OF_2018:,} "
    "public arrest photos with Amazon Rekognition at its default threshold of 80: 28 members, 5.2 "
    "%, were falsely matched, people of colour far out of proportion. Amazon answered that "
    "police should set it higher, and then named 99, which nothing in the service required."
)
_READ = (
    "Each probe is one independent person, so the intervals of the first column are exact "
    "(Clopper-Pearson, 95 %), for other people of the same kind in this very gallery. A larger "
    "gallery holds more people to be confused with: false matches grow about as it does."
)
_GROWN = (
    f"The last column asks what would come of {PROBES} people in a gallery of {PHOTOS_OF_2018:,} "
    "such photos, every photo being as likely to match as those that were here. It is an "
    "extrapolation, and says nothing of arrest photos, of other people, or of a gallery in which "
    "relatives are."
)
_HITS = (
    "People who are in the gallery and do not come back at a threshold, from another photo of "
    "theirs; those whose gallery photo could not be enrolled count as missed."
)


def search_page(report: OneToMany, made: Made) -> str:
    """Return the HTML."""
    return document(
        TITLE,
        [
            paragraph(_summary(report), "lead"),
            paragraph(_STORY),
            heading("People who are not in the gallery"),
            _false_matches(report),
            paragraph(_READ),
            paragraph(_GROWN),
            draw_curves(
                "Share of people not enrolled who match somebody, by threshold",
                "Similarity threshold",
                [
                    Line(
                        "people not enrolled who match somebody",
                        [point_of(rate) for rate in report.curve.falsely],
                    ),
                    Line(
                        "enrolled people who are missed",
                        [point_of(rate) for rate in report.curve.missed],
                    ),
                ],
                logarithmic=False,
            ),
            heading("People who are in the gallery"),
            paragraph(_HITS),
            _hits(report),
            *(
                part
                for column in report.columns
                for part in (
                    heading(f"By {column.name}"),
                    paragraph(f"Compared with the largest group, {column.reference}.", "note"),
                    group_table(
                        "People not enrolled who match somebody, worst group first",
                        column.falsely,
                        column.name,
                    ),
                )
            ),
        ],
        made,
    )


def _summary(report: OneToMany) -> str:
    searched = report.probes - report.not_searched
    lowest, highest = report.overall.falsely[0], report.overall.falsely[-1]
    failed = (
        f" {report.not_searched:,} probes could not be searched and {report.not_enrolled:,} photos "
        "of the gallery could not be enrolled."
        if report.not_searched or report.not_enrolled
        else ""
    )
    same = (
        f" {report.confirmed_same:,} matches are of one person under two names, as confirmed by "
        "hand, and do not count."
        if report.confirmed_same
        else ""
    )
    return (
        f"Of {searched:,} people who are not in a gallery of {report.gallery:,}, "
        f"{lowest.errors:,} match somebody at {lowest.threshold:g}, and {highest.errors:,} at "
        f"{highest.threshold:g}.{failed}{same}"
    )


def _false_matches(report: OneToMany) -> str:
    rows = []
    for rate, grown, matches in zip(
        report.overall.falsely, report.in_gallery_of_2018, report.matches, strict=True
    ):
        expected = [
            "?" if share is None else f"{share * PROBES:.1f}"
            for share in (grown.value, grown.low, grown.high)
        ]
        rows.append(
            [
                f"{rate.threshold:g}",
                rate_cell(rate),
                f"{matches:,}",
                f"{expected[0]} of {PROBES}<small>{expected[1]} to {expected[2]}</small>",
            ]
        )
    return table(
        f"False matches, by threshold; gallery of {report.gallery - report.not_enrolled:,} faces",
        ("Threshold", "People who match somebody", "Matches", f"In {PHOTOS_OF_2018:,} faces"),
        rows,
    )


def _hits(report: OneToMany) -> str:
    rows = [
        [
            f"{rate.threshold:g}",
            escape("not known" if rate.value is None else percent(1 - rate.value)),
            rate_cell(rate),
        ]
        for rate in report.overall.missed
    ]
    return table("Hits, by threshold", ("Threshold", "Found", "Missed"), rows)
