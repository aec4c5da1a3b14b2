"""What the levels of QualityFilter are worth: the error of the faces that pass, level by level.

The second photo of genuine pairs is made worse in every way and strength of `degrade.STRENGTHS`,
found and embedded by the service's own engine, and compared with the clean first photo. A pair
whose cosine does not reach the threshold is a false non-match: the error that a level is to keep
out of a collection.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lineament.cli.figures import Figure
from lineament.cli.measuring.degrade import STRENGTHS, Step, Subject, all_steps, degrade
from lineament.cli.measuring.lfw import read_measuring_set, subject_of
from lineament.domain.faces import Vector
from lineament.domain.quality import QualityLevel, passing_faces
from lineament.vision.engine import Engine
from lineament.vision.intake import decode
from lineament.vision.picture import Picture

LEVELS = tuple(QualityLevel)
"""NONE, LOW, AUTO, MEDIUM, HIGH."""
CLEAN = "clean"
_FALLING = len(LEVELS) - 1
_WORKERS = 2
_PERCENT = 100.0
_NEAR = 0.5
"""Of the face's height: a face found further than this from its place is another one."""
_SEED = 20
_CLEAN_DROPS = {
    QualityLevel.LOW: 0.3,
    QualityLevel.AUTO: 1.0,
    QualityLevel.MEDIUM: 5.0,
    QualityLevel.HIGH: 15.0,
}
"""Percent of the clean photos that a level may drop."""


@dataclass(frozen=True, slots=True)
class QualityCurve:
    """One row a photo: worse copies, and the clean ones."""

    kinds: NDArray[np.str_]
    """Shape (n,): a key of `STRENGTHS`, or `clean`."""
    strengths: NDArray[np.float64]
    """Shape (n,)."""
    found: NDArray[np.bool_]
    """Shape (n,): the detector found the face at all."""
    non_match: NDArray[np.bool_]
    """Shape (n,): it was found, and does not reach the threshold."""
    passed: NDArray[np.bool_]
    """Shape (n, 5): it passes each of `LEVELS`; never where it was not found."""
    threshold: float
    """The cosine that counts as a match."""

    def error(self, level: QualityLevel, kind: str | None = None) -> float:
        """Return the part of the faces that pass a level which are false non-matches.

        Args:
            level: of the filter.
            kind: one kind of degradation, or `clean`; all kinds of degradation by default.

        Returns:
            0 to 1, NaN where none passes.
        """
        rows = self.of_kind(kind) & self.passed[:, LEVELS.index(level)]
        return float(self.non_match[rows].mean()) if rows.any() else float("nan")

    def pass_rate(self, level: QualityLevel, kind: str | None = None) -> float:
        """Return the part of the faces that were found which pass a level, 0 to 1."""
        rows = self.of_kind(kind) & self.found
        return float(self.passed[rows, LEVELS.index(level)].mean()) if rows.any() else 0.0

    def missed(self, kind: str | None = None) -> float:
        """Return the part of the photos in which the face was not found, 0 to 1."""
        return float(1 - self.found[self.of_kind(kind)].mean())

    def rising(self, kind: str | None = None, least: int = 30) -> list[QualityLevel]:
        """Return the levels whose error is higher than that of the level before.

        Args:
            kind: as for `error`.
            least: levels that fewer faces pass are left out: one face would decide.
        """
        told = [
            level
            for column, level in enumerate(LEVELS)
            if (self.of_kind(kind) & self.passed[:, column]).sum() >= least
        ]
        errors = [self.error(level, kind) for level in told]
        return [told[at] for at in range(1, len(told)) if errors[at] > errors[at - 1]]

    def figures(self) -> list[Figure]:
        """Return the figures that `lineament bench vision` prints."""
        errors = [self.error(level) for level in LEVELS]
        falls = sum(after < before for before, after in pairwise(errors))
        return [
            *(
                Figure.plain(f"quality_error_{level.lower()}_percent", error * _PERCENT)
                for level, error in zip(LEVELS, errors, strict=True)
            ),
            Figure.at_least("quality_levels_that_lower_the_error", falls, _FALLING),
            *(
                Figure.at_most(
                    f"quality_clean_dropped_{level.lower()}_percent",
                    (1 - self.pass_rate(level, CLEAN)) * _PERCENT,
                    most,
                )
                for level, most in _CLEAN_DROPS.items()
            ),
            Figure.plain("quality_kinds_with_a_rise", sum(bool(self.rising(k)) for k in STRENGTHS)),
            Figure.plain("quality_not_found_percent", self.missed() * _PERCENT),
        ]

    def of_kind(self, kind: str | None) -> NDArray[np.bool_]:
        """Return which rows are of a kind; of every kind but `clean` where it is None."""
        return np.asarray(self.kinds != CLEAN if kind is None else self.kinds == kind)


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    strength: float
    found: bool
    non_match: bool
    passed: tuple[bool, ...]


_Job = tuple[tuple[Path, Path], list[tuple[Step, int]]]
"""A pair, and the steps for its second photo, each with a seed."""


def measure(
    engine: Engine, folder: Path, threshold: float, pairs: int = 240, copies: int = 8
) -> QualityCurve:
    """Run the curve on a sample of pairs, the same each time.

    240 pairs in eight worse copies each are some 2,400 photos: about a minute on two cores.

    Args:
        engine: finds, judges and embeds, with its default recogniser.
        folder: a set in LFW's layout, with pairs.txt.
        threshold: the cosine from which two faces are one person's.
        pairs: how many genuine pairs, spread evenly over the folds.
        copies: how many worse copies of each pair's second photo.

    Raises:
        MeasuringSetError: the folder is not in that layout.
    """
    genuine = [pair for fold in read_measuring_set(folder).folds for pair in fold.genuine]
    draw = np.random.default_rng(_SEED)
    chosen = np.linspace(0, len(genuine) - 1, min(pairs, len(genuine)), dtype=int)
    steps = all_steps()
    deck = np.concatenate(
        [draw.permutation(len(steps)) for _ in range(-(-len(chosen) * copies // len(steps)))]
    )
    jobs = [
        (genuine[place], [(steps[at], int(place) * len(steps) + int(at)) for at in hand])
        for place, hand in zip(
            chosen, deck[: len(chosen) * copies].reshape(-1, copies), strict=True
        )
    ]
    rows = _run(lambda job: _pair_rows(engine, job[0], job[1], threshold), jobs)
    return QualityCurve(
        kinds=np.array([row.kind for row in rows]),
        strengths=np.array([row.strength for row in rows]),
        found=np.array([row.found for row in rows]),
        non_match=np.array([row.non_match for row in rows]),
        passed=np.array([row.passed for row in rows]),
        threshold=threshold,
    )


def _run(work: Callable[[_Job], list[_Row]], jobs: Sequence[_Job]) -> list[_Row]:
    with ThreadPoolExecutor(_WORKERS) as pool:
        done = tqdm(
            pool.map(work, jobs),
            total=len(jobs),
            unit="pair",
            mininterval=1 if sys.stderr.isatty() else 30,
        )
        return [row for rows in done for row in rows]


def _pair_rows(
    engine: Engine, pair: tuple[Path, Path], steps: Iterable[tuple[Step, int]], threshold: float
) -> list[_Row]:
    """Return a row for the clean second photo and one for each worse copy of it."""
    first, second = (engine.find_faces(decode(path.read_bytes())) for path in pair)
    here, there = subject_of(first.faces), subject_of(second.faces)
    if here is None or there is None:
        return []
    reference: Vector = first.embed([here])[0]
    left, top, right, bottom = (float(side) for side in second.seen.boxes[there])
    subject = Subject((left, top, right, bottom), second.points[there])
    rows = [_row(second, there, Step(CLEAN, 0.0), reference, threshold)]
    for step, seed in steps:
        copy = engine.find_faces(degrade(second.pixels, subject, step, seed))
        rows.append(_row(copy, _nearest(copy, subject), step, reference, threshold))
    return rows


def _row(
    picture: Picture, index: int | None, step: Step, reference: Vector, threshold: float
) -> _Row:
    if index is None:
        return _Row(step.kind, step.strength, False, False, (False,) * len(LEVELS))
    passed = tuple(bool(passing_faces(picture, level, among=[index])) for level in LEVELS)
    cosine = float(picture.embed([index])[0] @ reference)
    return _Row(step.kind, step.strength, True, cosine < threshold, passed)


def _nearest(picture: Picture, subject: Subject) -> int | None:
    """Return the face at the subject's place, or None."""
    boxes = picture.seen.boxes
    if not len(boxes):
        return None
    away = np.linalg.norm((boxes[:, :2] + boxes[:, 2:]) / 2 - subject.centre, axis=1)
    nearest = int(away.argmin())
    return nearest if away[nearest] < _NEAR * subject.height else None


def lines(curve: QualityCurve) -> list[str]:
    """Return the table of the error by kind and level, with how many faces pass."""
    names = "".join(f"{level.value:>13}" for level in LEVELS)
    table = [f"{'% missed (faces that pass)':28}{'not found':>10}{names}"]
    for kind in [None, *STRENGTHS, CLEAN]:
        cells = ""
        for column, level in enumerate(LEVELS):
            passing = int((curve.of_kind(kind) & curve.passed[:, column]).sum())
            cells += f"{curve.error(level, kind) * _PERCENT:6.1f} ({passing:4})"
        table.append(f"{kind or 'all kinds':28}{curve.missed(kind) * _PERCENT:9.1f}%{cells}")
    return table


def draw_errors(axes: Any, curve: QualityCurve) -> None:  # noqa: ANN401 - matplotlib's
    """Draw the error against the level, a line for each kind of degradation."""
    names = [level.value for level in LEVELS]
    for place, kind in enumerate([None, *STRENGTHS, CLEAN]):
        style = "o-" if place % 2 else "s--"
        width, label = (3.0, "all kinds") if kind is None else (1.2, kind)
        values = [curve.error(level, kind) * _PERCENT for level in LEVELS]
        axes.plot(names, values, style, label=label, markersize=4, linewidth=width)
    axes.set_ylabel("false non-matches among the faces that pass, %")
    axes.set_xlabel("QualityFilter")
    axes.set_ylim(0, 100)
    axes.legend(ncols=2, fontsize=7)


def draw_passing(axes: Any, curve: QualityCurve) -> None:  # noqa: ANN401 - matplotlib's
    """Draw how many of the faces pass each level."""
    names = [level.value for level in LEVELS]
    for kind, label in ((None, "worse copies"), (CLEAN, "clean photos")):
        values = [curve.pass_rate(level, kind) * _PERCENT for level in LEVELS]
        axes.plot(names, values, "o-", label=label)
    axes.set_ylabel("faces that pass, % of those found")
    axes.set_xlabel("QualityFilter")
    axes.set_ylim(0, 101)
    axes.legend()
