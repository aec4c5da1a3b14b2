"""How well age, apparent gender and expression are told, on people the fits have not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament.cli.measuring.attributes_appearance import Rate
from lineament.cli.measuring.demographic_labels import REST, Observation, observe
from lineament.vision.expression import CONFUSED, KINDS

_DECADES = ((0, 20), (20, 30), (30, 40), (40, 50), (50, 60), (60, 70), (70, 100))
_BANDS = ((50, 80), (80, 95), (95, 99), (99, 99.9), (99.9, 100.001))
_EMOTION_BANDS = ((0, 50), (50, 70), (70, 90), (90, 97), (97, 100.001))


@dataclass(frozen=True, slots=True)
class AgeFigures:
    """Faces of one group; years."""

    name: str
    faces: int
    error: float
    """Mean distance of the range's middle from the age."""
    bias: float
    """Mean of middle minus age."""
    covered: Rate
    """Ranges that hold the age."""
    width: float
    """Mean of high minus low."""


@dataclass(frozen=True, slots=True)
class Band:
    """Answers whose confidence lies between two values."""

    low: float
    high: float
    stated: float
    """Mean confidence, percent."""
    right: Rate


@dataclass(frozen=True, slots=True)
class DemographicFigures:
    """All of it."""

    ages: tuple[AgeFigures, ...]
    """All faces, then by decade."""
    female: Rate
    """Faces seen as female that are told so."""
    male: Rate
    gender_bands: tuple[Band, ...]
    clear: Rate
    """Expressions that were clear to the eye and are told first."""
    all_expressions: Rate
    """With those that were not clear."""
    confusion: NDArray[np.int64]
    """Shape (8, 8): seen by told, in the order of KINDS, then CONFUSED; all expressions."""
    emotion_bands: tuple[Band, ...]


def measure(
    folder: Path, model_dir: Path, labels: Path | None = None, half: str = REST
) -> DemographicFigures:
    """Look and count; arguments and errors as for `demographic_labels.observe`."""
    return figures(observe(folder, model_dir, labels, half))


def figures(told: Sequence[Observation]) -> DemographicFigures:
    """Count."""
    aged = [answer for answer in told if answer.age is not None]
    groups = [("all", aged)]
    groups += [
        (f"{low}-{high - 1}", [one for one in aged if low <= (one.age or 0) < high])
        for low, high in _DECADES
    ]
    sexed = [answer for answer in told if answer.gender in ("f", "m")]
    female, male = (
        _rate([_gender_right(one) for one in sexed if one.gender == sex]) for sex in ("f", "m")
    )
    kinds = [*KINDS, CONFUSED]
    expressive = [answer for answer in told if answer.expression]
    confusion = np.zeros((len(kinds), len(kinds)), np.int64)
    for one in expressive:
        row = kinds.index(one.kind)
        confusion[row, kinds.index(one.told_emotions[0].kind)] += 1
    clear = [_emotion_right(one) for one in expressive if one.clear]
    return DemographicFigures(
        ages=tuple(_age_figures(name, faces) for name, faces in groups if faces),
        female=female,
        male=male,
        gender_bands=_bands(
            [one.told_gender.confidence for one in sexed],
            [_gender_right(one) for one in sexed],
            _BANDS,
        ),
        clear=_rate(clear),
        all_expressions=_rate([_emotion_right(one) for one in expressive]),
        confusion=confusion,
        emotion_bands=_bands(
            [one.told_emotions[0].confidence for one in expressive],
            [_emotion_right(one) for one in expressive],
            _EMOTION_BANDS,
        ),
    )


def lines(found: DemographicFigures) -> list[str]:
    """Return the tables that a person reads; intervals are 95 %."""
    kinds = [*KINDS, CONFUSED]
    table = [f"{'age':8}{'faces':>6}{'error':>7}{'bias':>7}{'covered %':>11}{'width':>7}   years"]
    table += [
        f"{group.name:8}{group.faces:>6}{group.error:>7.1f}{group.bias:>+7.1f}"
        f"{100 * group.covered.value:>11.1f}{group.width:>7.1f}"
        for group in found.ages
    ]
    table += [f"told female: {_spelled(found.female)}", f"told male: {_spelled(found.male)}"]
    table += _band_lines("gender", found.gender_bands)
    table.append(f"expression, clear to the eye: {_spelled(found.clear)}")
    table.append(f"expression, all: {_spelled(found.all_expressions)}; seen by told:")
    table.append(f"{'':10}" + "".join(f"{kind[:5]:>6}" for kind in kinds))
    table += [
        f"{kind:10}" + "".join(f"{count:>6}" for count in row)
        for kind, row in zip(kinds, found.confusion, strict=True)
    ]
    return table + _band_lines("expression", found.emotion_bands)


def _age_figures(name: str, faces: Sequence[Observation]) -> AgeFigures:
    truth = np.array([one.age for one in faces], np.float64)
    low = np.array([one.told_age.low for one in faces])
    high = np.array([one.told_age.high for one in faces])
    off = (low + high) / 2 - truth
    return AgeFigures(
        name,
        len(faces),
        float(np.abs(off).mean()),
        float(off.mean()),
        _rate([bool(held) for held in (low <= truth) & (truth <= high)]),
        float((high - low).mean()),
    )


def _gender_right(one: Observation) -> bool:
    return one.told_gender.value == ("Female" if one.gender == "f" else "Male")


def _emotion_right(one: Observation) -> bool:
    return one.told_emotions[0].kind == one.kind


def _rate(hits: Sequence[bool]) -> Rate:
    return Rate(sum(hits), len(hits))


def _bands(
    stated: Sequence[float], right: Sequence[bool], bounds: Sequence[tuple[float, float]]
) -> tuple[Band, ...]:
    values, hits = np.array(stated), np.array(right)
    inside = [(low, high, (values >= low) & (values < high)) for low, high in bounds]
    return tuple(
        Band(low, high, float(values[rows].mean()), _rate(hits[rows].tolist()))
        for low, high, rows in inside
        if rows.any()
    )


def _band_lines(name: str, bands: Sequence[Band]) -> list[str]:
    return [
        f"{name} told at {band.stated:.1f} on average: {_spelled(band.right)} right"
        for band in bands
    ]


def _spelled(rate: Rate) -> str:
    low, high = rate.interval
    share = f"{100 * rate.value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    return f"{rate.hits} of {rate.cases}, {share}"
