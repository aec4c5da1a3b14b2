"""Impostor pairs that are none: one person whom a measuring set has under two names.

Such a pair is left out of a false match rate only where two recognisers, each by itself, put it
into their genuine range (what nine of ten genuine pairs reach), and somebody has looked, at the
names too, and confirmed it in a file, which knows pictures by digest. The report names the pairs
and tells the rate with them as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lineament.cli.measuring.label_files import digest_of, read_labels_file
from lineament.cli.measuring.lfw import Vectors
from lineament.domain.verification import Scores, pair_at

_MOST_SUSPECTS = 60
_GENUINE_PERCENTILE = 10
_SHIPPED = "confirmed_pairs.json"


@dataclass(frozen=True, slots=True)
class Suspect:
    """An impostor pair that may show one person."""

    place: int
    """In `verification.impostor_scores`."""
    pictures: tuple[Path, Path]
    cosines: dict[str, float]
    """By recogniser."""
    agreed: bool
    """All judges put it into their genuine range."""
    key: str
    """As the file of confirmed pairs has it."""
    reason: str
    """What was seen when somebody looked; empty where nobody has."""

    @property
    def left_out(self) -> bool:
        """Whether it does not count as a pair of two people."""
        return self.agreed and bool(self.reason)


def read_confirmed(path: Path | None) -> dict[str, str]:
    """Return what was seen, by pair, from a file or from the one that ships for lfw-dev.

    Raises:
        LabelsError: the file cannot be read or is no JSON object of texts.
    """
    return read_labels_file(path, _SHIPPED, _to_reasons)


def _to_reasons(data: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    return {str(key): str(reason) for key, reason in data.items()}


def genuine_bar(genuine: Scores) -> float:
    """Return the score from which a pair looks like one person: nine of ten genuine pairs do."""
    return float(np.percentile(genuine, _GENUINE_PERCENTILE))


def pair_key(pictures: tuple[Path, Path]) -> str:
    """Return the digests of two pictures' bytes, in order, as the file of confirmed pairs does."""
    digests = (digest_of(path.read_bytes()) for path in pictures)
    return " ".join(sorted(digests))


def find_same_people(  # noqa: PLR0913, PLR0917 - a set, its scores, and who judges them
    people: Sequence[Path],
    impostors: Scores,
    threshold: float,
    genuine: Sequence[tuple[Path, Path]],
    judges: Mapping[str, Vectors],
    confirmed: Mapping[str, str],
) -> list[Suspect]:
    """Judge the impostor pairs at or above a threshold, highest first.

    Args:
        people: a picture each.
        impostors: their scores, as `impostor_scores` orders them.
        threshold: cosine from which a pair is suspect.
        genuine: pairs of one person, to tell each judge's genuine range.
        judges: vectors by recogniser; all must agree for a pair to be left out.
        confirmed: see `read_confirmed`.
    """
    places = np.flatnonzero(impostors >= threshold)
    places = places[np.argsort(-impostors[places])][:_MOST_SUSPECTS]
    pairs = [
        (people[one], people[other])
        for one, other in (pair_at(len(people), int(place)) for place in places)
    ]
    scores = {name: vectors.pair_scores(pairs).tolist() for name, vectors in judges.items()}
    bars = {name: genuine_bar(v.pair_scores(genuine)) for name, v in judges.items()}
    return [
        Suspect(
            place=int(place),
            pictures=pair,
            cosines={name: scores[name][row] for name in judges},
            agreed=all(scores[name][row] >= bars[name] for name in judges),
            key=pair_key(pair),
            reason=confirmed.get(pair_key(pair), ""),
        )
        for row, (place, pair) in enumerate(zip(places, pairs, strict=True))
    ]
