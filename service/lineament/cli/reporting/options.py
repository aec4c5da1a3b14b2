"""The options of `lineament report`."""

import argparse
from pathlib import Path

from lineament.cli.arguments import writable
from lineament.cli.reporting.looking import CENTRAL, ESTIMATES, LARGEST
from lineament.cli.reporting.one_to_many import PROBES
from lineament.cli.reporting.pairing import FLOOR
from lineament.domain.quality import QualityLevel

ACCURACY, ONE_TO_MANY = "accuracy", "one-to-many"
_ACCURACY_AT = (80.0, 90.0, 95.0, 99.0)
_ONE_TO_MANY_AT = (80.0, 95.0, 99.0)
_INPUT = """\
the photos: a CSV manifest, or a folder.
  manifest  columns image (a path, relative to the manifest), person (any label), and any further
            columns of groups, such as "skin type" or "camera"; an empty cell is not known:
                image,person,skin type
                photos/1.jpg,p1,VI
  folder    FOLDER/PERSON/*.jpg|png, or FOLDER/images/PERSON/...; knows no groups
Pages and JSON hold figures and the names of groups: no photo, vector, path or person's label.
Models and settings are the deployment's (lineament settings)."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the reports and their options."""
    reports = parser.add_subparsers(dest="report", required=True, metavar="REPORT")
    accuracy = reports.add_parser(
        ACCURACY,
        help="FMR, FNMR and failures to enrol, by threshold and group, with intervals",
        description="Compare labelled photos with each other, as CompareFaces would.",
        epilog=_INPUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _common(accuracy, _ACCURACY_AT)
    accuracy.add_argument(
        "--pairs",
        type=Path,
        metavar="FILE",
        help="compare these alone: a CSV of first,second (images as the manifest names them), or "
        "LFW's pairs.txt; every two photos otherwise",
    )
    accuracy.add_argument(
        "--estimate",
        type=_estimates,
        default=(),
        metavar="LIST",
        help=f"also group by what the service itself estimates: {','.join(ESTIMATES)}; marked as "
        "such, and no substitute for labels",
    )
    accuracy.add_argument(
        "--face",
        choices=(LARGEST, CENTRAL),
        default=LARGEST,
        help="whom a photo of several shows: the largest, as searches take it, or the one nearest "
        "to the middle (%(default)s)",
    )
    one = reports.add_parser(
        ONE_TO_MANY,
        help="the test of 2018: people not enrolled, searched in a gallery of others",
        description="Enrol some people and search others, through the API of a service of its\n"
        "own in this process; nothing of the deployment's data is touched.",
        epilog=_INPUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _common(one, _ONE_TO_MANY_AT)
    one.add_argument(
        "--probes",
        type=int,
        metavar="N",
        help=f"people not enrolled, one photo each ({PROBES}, or a fifth of all if that is less)",
    )
    one.add_argument("--gallery", type=int, metavar="M", help="people enrolled (all others)")
    one.add_argument("--seed", type=int, default=1, help="of who is drawn (%(default)s)")


def _common(parser: argparse.ArgumentParser, thresholds: tuple[float, ...]) -> None:
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="a CSV manifest or a folder")
    parser.add_argument("--html", type=writable, metavar="FILE", help="write the page, one file")
    parser.add_argument("--json", type=writable, metavar="FILE", help="write the figures")
    parser.add_argument(
        "--review",
        type=writable,
        metavar="FILE",
        help="write a CSV of the photos behind false matches, to see whether labels are wrong; it "
        "names your images",
    )
    parser.add_argument(
        "--thresholds",
        type=_thresholds,
        default=thresholds,
        metavar="LIST",
        help=f"Similarities, {FLOOR} to 100 ({','.join(f'{each:g}' for each in thresholds)})",
    )
    parser.add_argument(
        "--quality-filter",
        choices=[level.value for level in QualityLevel],
        default=QualityLevel.AUTO.value,
        help="of IndexFaces: what it stops could not be enrolled (%(default)s)",
    )
    parser.add_argument(
        "--confirmed",
        type=Path,
        metavar="FILE",
        help="JSON: pairs of photos (digests, as --review has them) that show one person under two "
        'labels, {"DIGEST DIGEST": "what was seen"}; those people are no strangers',
    )


def _thresholds(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(each) for each in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(FLOOR <= each <= 100 for each in found):  # noqa: PLR2004 - a percentage
        raise argparse.ArgumentTypeError(f"{text}: thresholds are from {FLOOR} to 100")
    return tuple(sorted(set(found)))


def _estimates(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(each.strip() for each in text.split(",")))
    unknown = [word for word in words if word not in ESTIMATES]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"{unknown[0] or 'nothing'} cannot be estimated; known: {', '.join(ESTIMATES)}"
        )
    return words
