"""Impostor pairs that are none: one person whom a measuring set has under two names.

Such a pair is left out of a false match rate only where two recognisers, each by itself, put it
into their genuine range (at or above the median of their genuine scores). The report names the
pairs, so that a person can look, and tells the rate with them as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lineament.cli.lfw import embed_subjects
from lineament.domain.faces import FaceEngine
from lineament.domain.verification import Scores, pair_at

_MOST_SUSPECTS = 60
_GENUINE_SAMPLE = 150


@dataclass(frozen=True, slots=True)
class Suspect:
    """An impostor pair that may show one person."""

    place: int
    """In `verification.impostor_scores`."""
    pictures: tuple[Path, Path]
    cosines: dict[str, float]
    """By recogniser."""
    left_out: bool


def find_same_people(
    people: Sequence[Path],
    impostors: Scores,
    threshold: float,
    genuine: Sequence[tuple[Path, Path]],
    judges: Mapping[str, FaceEngine],
) -> list[Suspect]:
    """Judge the impostor pairs at or above a threshold, highest first.

    Args:
        people: a picture each.
        impostors: their scores, as `impostor_scores` orders them.
        threshold: cosine from which a pair is suspect.
        genuine: pairs of one person, to tell each judge's genuine range.
        judges: engines by recogniser; all must agree for a pair to be left out.
    """
    places = np.flatnonzero(impostors >= threshold)
    places = places[np.argsort(-impostors[places])][:_MOST_SUSPECTS]
    pairs = [
        (people[one], people[other])
        for one, other in (pair_at(len(people), int(place)) for place in places)
    ]
    sample = genuine[:_GENUINE_SAMPLE]
    pictures = sorted({path for pair in [*pairs, *sample] for path in pair})
    scores: dict[str, Sequence[float]] = {}
    bars: dict[str, float] = {}
    for name, engine in judges.items():
        vectors = embed_subjects(engine, pictures)
        scores[name] = vectors.pair_scores(pairs).tolist()
        bars[name] = float(np.median(vectors.pair_scores(sample)))
    return [
        Suspect(
            place=int(place),
            pictures=pair,
            cosines={name: scores[name][row] for name in judges},
            left_out=all(scores[name][row] >= bars[name] for name in judges),
        )
        for row, (place, pair) in enumerate(zip(places, pairs, strict=True))
    ]
