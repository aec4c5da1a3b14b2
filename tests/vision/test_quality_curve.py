"""The bench's curve of error against QualityFilter level, on three photos of one person."""

from pathlib import Path

import numpy as np
import pytest

from lineament.cli.measuring.degrade import STRENGTHS, Step, Subject, all_steps, degrade
from lineament.cli.measuring.quality_curve import (
    CLEAN,
    LEVELS,
    QualityCurve,
    draw_errors,
    draw_passing,
    lines,
    measure,
)
from lineament.cli.vision_bench.part import draw
from lineament.domain.quality import QualityLevel
from lineament.vision.engine import Engine
from tests import pictures
from tests.vision.conftest import Photo

SUBJECT = Subject(
    (60, 40, 140, 160), np.array([[85, 85], [115, 85], [100, 105], [87, 130], [113, 130]])
)


@pytest.mark.parametrize("kind", STRENGTHS)
def test_a_copy_is_worse_and_the_same_each_time(kind: str) -> None:
    """A curve on other pictures each time could not be compared with the last one."""
    pixels = pictures.scenery(200, 200)
    mild, strong = (Step(kind, STRENGTHS[kind][at]) for at in (0, -1))
    once, again, harder = (
        degrade(pixels, SUBJECT, step, seed=3).astype(int) for step in (mild, mild, strong)
    )
    assert np.array_equal(once, again)
    assert once.shape == pixels.shape
    assert not np.array_equal(once, pixels)
    if kind not in {"turned", "small"}:  # those move what is there
        assert 0 < np.abs(once - pixels).mean() < np.abs(harder - pixels).mean()


def test_another_seed_is_another_copy() -> None:
    """One noise pattern in all copies would be measured, not noise."""
    pixels = pictures.scenery(200, 200)
    drawn = [Step("noise", 10), Step("motion", 0.12), Step("patch", 0.2), Step("half", 0.4)]
    for step in drawn:
        copies = [degrade(pixels, SUBJECT, step, seed) for seed in range(4)]
        assert any(not np.array_equal(copies[0], copy) for copy in copies[1:])


@pytest.fixture(scope="module")
def curve(engine: Engine, photo: Photo, tmp_path_factory: pytest.TempPathFactory) -> QualityCurve:
    folder = tmp_path_factory.mktemp("set")
    person = folder / "images" / "Somebody"
    person.mkdir(parents=True)
    for number, name in enumerate(("obama.jpg", "obama2.jpg", "obama3.jpg"), 1):
        (person / f"Somebody_{number:04d}.jpg").write_bytes(photo(name))
    lines = ["1 2", "Somebody 1 2", "Somebody 2 3", *["Somebody 1 Somebody 2"] * 2]
    (folder / "pairs.txt").write_text("\n".join(lines))
    return measure(engine, folder, threshold=0.4, pairs=2, copies=33)


def test_every_kind_is_measured(curve: QualityCurve) -> None:
    """A kind that is left out hides what the filter does badly."""
    assert set(curve.kinds) == {*STRENGTHS, CLEAN}
    assert len(curve.kinds) == 2 + 2 * 33
    assert len(all_steps()) == len(set(all_steps())) <= 66


def test_a_level_passes_a_part_of_the_one_before(curve: QualityCurve) -> None:
    """The curve must be of the filter that IndexFaces runs."""
    assert np.array_equal(curve.passed[:, 0], curve.found)
    assert np.all(curve.passed[:, :-1] >= curve.passed[:, 1:])
    assert curve.passed[curve.kinds == CLEAN].all()
    rates = [curve.pass_rate(level) for level in LEVELS]
    assert rates[0] == 1
    assert rates[-1] < 0.7


def test_filtering_lowers_the_error(curve: QualityCurve) -> None:
    """A filter that drops faces at random costs recall and gains nothing."""
    assert not curve.non_match[~curve.found].any()
    assert curve.error(QualityLevel.NONE, CLEAN) == 0
    assert curve.error(QualityLevel.MEDIUM) < 0.5 * curve.error(QualityLevel.NONE)


def test_figures_and_drawing(curve: QualityCurve, tmp_path: Path) -> None:
    """`lineament bench vision` prints and draws what was measured."""
    values = {figure.name: figure.value for figure in curve.figures()}
    assert values["quality_error_none_percent"] == pytest.approx(
        100 * curve.error(QualityLevel.NONE)
    )
    assert values["quality_clean_dropped_auto_percent"] == 0
    assert len(lines(curve)) == len(STRENGTHS) + 3
    panels = [lambda axes: draw_errors(axes, curve), lambda axes: draw_passing(axes, curve)]
    draw(tmp_path / "curve.png", panels)
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
