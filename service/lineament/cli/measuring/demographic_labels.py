"""Faces whose age, gender or expression is known, and what the networks say of them.

`labels/demographics.json` knows pictures by digest (16 hex digits of the sha256) and tells nothing
else of them; empty or null is not known, and ? is seen and not clear:

    {"labels": {"<digest>": ["f" or "m", age in years, "HAPPY" ...]}}

Ages are 2003 minus the year of birth, so they are off by up to two years; gender and expression are
what somebody saw in the picture.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lineament.cli.measuring.label_files import LabelsError, digest_of, read_labels_file
from lineament.cli.measuring.lfw import place_of, read_measuring_set, subject_of
from lineament.domain.attributes import AgeRange, Emotion, Gender
from lineament.vision.demographics import AgeGender, age_range, apparent_gender
from lineament.vision.engine import build_engine
from lineament.vision.expression import ExpressionReader, emotions

FIT, REST = "fit", "rest"
"""The halves of the people: one for fits, the other to measure on."""
_FIT_SHARE = 50
_SHIPPED = "labels/demographics.json"


@dataclass(frozen=True, slots=True)
class Observation:
    """A face: what is known of it, and what the networks say."""

    gender: str
    """f or m; empty where not known, ? behind it where not clear."""
    age: int | None
    expression: str
    """AWS's name, ? behind it where not clear; empty where not known."""
    years: float
    spread: float
    males: tuple[float, float]
    odds: NDArray[np.float64]
    """Shape (7,), see `ExpressionReader.look`."""

    @property
    def kind(self) -> str:
        """The expression, clear or not."""
        return self.expression.rstrip("?")

    @property
    def clear(self) -> bool:
        """Tell whether the expression was clear to the eye."""
        return self.expression != "" and not self.expression.endswith("?")

    @property
    def told_age(self) -> AgeRange:
        """What the service answers."""
        return age_range(self.years, self.spread)

    @property
    def told_gender(self) -> Gender:
        """What the service answers."""
        return apparent_gender(self.years, *self.males)

    @property
    def told_emotions(self) -> tuple[Emotion, ...]:
        """What the service answers."""
        return emotions(self.odds)


def half_of(person: str) -> str:
    """Return FIT or REST: all photos of a person are in one half."""
    return FIT if place_of(person) < _FIT_SHARE else REST


def observe(
    folder: Path, model_dir: Path, labels: Path | None = None, half: str = REST
) -> list[Observation]:
    """Look at the labelled faces of a folder in LFW's layout, with a progress bar.

    Args:
        folder: in LFW's layout.
        model_dir: where the models are installed.
        labels: in place of those that ship.
        half: of the people, FIT or REST.

    Raises:
        MeasuringSetError: not LFW's layout.
        LabelsError: the labels cannot be read, or the folder holds none of their pictures.
        ModelUnavailable: a model is not installed.
    """
    known = read_labels_file(labels, _SHIPPED, _to_labels)
    engine = build_engine(model_dir)
    demographics, reader = AgeGender(model_dir), ExpressionReader(model_dir)
    observed = []
    for picture in tqdm(read_measuring_set(folder).pictures(), unit="photo", mininterval=30):
        image = picture.read_bytes()
        label = known.get(digest_of(image))
        if label is None or half_of(picture.parent.name) != half:
            continue
        faces = engine.analyse(image)
        subject = subject_of(faces.faces)
        if subject is None:
            continue
        seen = faces.seen.of([subject])
        said = demographics.look(seen.pixels, seen.boxes, seen.points)
        (odds,) = reader.look(seen.pixels, seen.points)
        small, large = said.males[0]
        observed.append(
            Observation(
                *label,
                years=float(said.ages[0]),
                spread=float(said.spreads[0]),
                males=(float(small), float(large)),
                odds=odds,
            )
        )
    if not observed:
        raise LabelsError(f"{folder} holds none of the pictures that are labelled")
    return observed


def _to_labels(data: Any) -> dict[str, tuple[str, int | None, str]]:  # noqa: ANN401 - JSON
    return {
        str(digest): (str(gender), None if age is None else int(age), str(expression))
        for digest, (gender, age, expression) in data["labels"].items()
    }
