"""The photos behind false matches, for somebody to look at: labels are wrong as well as models."""

import csv
from collections.abc import Iterable
from pathlib import Path

from lineament.cli.measuring.same_people import pair_key
from lineament.cli.reporting.labelled import Photo


def write_review(path: Path, matches: Iterable[tuple[Photo, Photo, float]]) -> None:
    """Write a CSV, best match first.

    Args:
        path: of the file; it names the operator's images, and belongs where those are.
        matches: photos labelled as two people, and their Similarity.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("similarity", "first", "second", "digests"))
        for one, other, similarity in sorted(matches, key=lambda match: -match[2]):
            key = pair_key((one.path, other.path))
            writer.writerow((f"{similarity:.2f}", one.name, other.name, key))
