"""`lineament fit-attributes`: labels, regression and figures, where the answers are known."""

import json
from pathlib import Path

import numpy as np
import pytest

from lineament.cli.fit_attributes import draw
from lineament.cli.measuring.appearance_labels import (
    FOLDS,
    NO,
    UNCLEAR,
    UNSEEN,
    YES,
    LabelledFaces,
    fold_of,
    read_labels,
)
from lineament.cli.measuring.attributes_appearance import Rate, area_under_curve
from lineament.cli.measuring.label_files import LabelsError
from lineament.cli.measuring.regression import fit_logistic
from lineament.domain.attributes import BINARY
from lineament.vision.appearance import shipped_weights


def test_what_ships_covers_every_attribute() -> None:
    """A member would be missing from every answer."""
    labels = read_labels()
    assert set(labels.members) == set(shipped_weights().members) == set(BINARY.values())
    assert len(labels.seen) > 3000
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in labels.seen)


def test_labels_of_an_operator_are_read(tmp_path: Path) -> None:
    """An operator's own labels would be taken for others."""
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"members": ["Smile", "Beard"], "labels": {"0" * 16: "1?"}}))
    assert read_labels(path).seen == {"0" * 16: (YES, UNCLEAR)}


@pytest.mark.parametrize(
    "text", ['{"members": ["Smile"]}', "[", '{"members":["Smile"],"labels":{"a":"10"}}']
)
def test_broken_labels_are_told(tmp_path: Path, text: str) -> None:
    """An operator would see a stack trace, or a fit to labels that slipped by one."""
    path = tmp_path / "labels.json"
    path.write_text(text)
    with pytest.raises(LabelsError):
        read_labels(path)


def test_people_are_split_and_a_third_is_kept_out() -> None:
    """Figures would be measured on people that the weights know."""
    folds = [fold_of(f"person {number}") for number in range(4000)]
    assert 0.26 < np.mean(np.array(folds) < 0) < 0.34
    assert {fold for fold in folds if fold >= 0} == set(range(FOLDS))


def test_regression_finds_the_least_loss() -> None:
    """Fitted attributes would be worse than the labels allow."""
    random = np.random.default_rng(5)
    features = random.normal(size=(400, 30)).astype(np.float32)
    truth = features[:, 0] + 0.5 * random.normal(size=400) > 0.3
    weights = random.uniform(0.5, 2, 400)
    fitted = fit_logistic(features, truth, weights, ridge=0.5)
    chances = 1 / (1 + np.exp(-(features @ fitted.weights + fitted.bias)))
    slope = features.T @ (weights * (chances - truth)) + 0.5 * fitted.weights
    assert np.abs(slope).max() < 0.05
    assert abs((weights * (chances - truth)).sum()) < 0.05
    assert np.argmax(np.abs(fitted.weights)) == 0


def test_rates_have_wilsons_interval() -> None:
    """A rate of none in ten would be taken for never."""
    low, high = Rate(0, 10).interval
    assert low == pytest.approx(0)
    assert high == pytest.approx(0.2775, abs=1e-4)
    assert Rate(5, 10).interval == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_area_counts_ties_by_half() -> None:
    """A classifier that always says the same would look better than chance."""
    truth = np.array([True, False, True, False])
    assert area_under_curve(np.ones(4), truth) == 0.5
    assert area_under_curve(np.array([0.9, 0.2, 0.3, 0.5]), truth) == 0.75


def test_only_free_faces_are_drawn_on() -> None:
    """Faces to fit to would carry labels that contradict what is drawn on them."""
    values = np.array(
        [[NO, NO, NO]] * 3 + [[NO, NO, YES], [YES, NO, NO], [NO, UNSEEN, UNCLEAR]], np.int8
    )
    random = np.random.default_rng(1)
    crops = random.integers(60, 200, (6, 112, 112, 3), np.uint8)
    members = ("Sunglasses", "Eyeglasses", "FaceOccluded")
    faces = LabelledFaces(members, crops, values, np.zeros((6, 68, 2), np.float32), np.arange(6))
    made = draw(faces, random)
    assert sorted(made.folds) == [0, 1, 2]
    assert (made.values[:, 2] == YES).all()
    assert made.values[0].tolist() == [YES, NO, YES]
    for fold, crop in zip(made.folds, made.crops, strict=True):
        assert np.abs(crop.astype(int) - crops[fold]).mean() > 5
