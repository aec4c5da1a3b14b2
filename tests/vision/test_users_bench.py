"""What `lineament bench vision --parts users` compares, and how it counts."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineament.cli.measuring.same_people import pair_key
from lineament.cli.measuring.user_rates import false_match_rates, found_at, found_rates
from lineament.cli.measuring.user_trials import (
    Looks,
    Trials,
    all_photos,
    by_best_face,
    by_every_face,
    by_luckiest_face,
    by_template,
    draw_trials,
    read_looks,
)
from lineament.cli.vision_bench import users
from lineament.domain.similarity import Calibration
from lineament.domain.templates import template
from lineament.vision.engine import Engine

PEOPLE, PHOTOS = 60, 8


@pytest.fixture
def looks() -> Looks:
    """Return noisy looks at people; the first photo of each shows most."""
    draws = np.random.default_rng(7)
    people = np.repeat(draws.normal(size=(PEOPLE, 16)), PHOTOS, axis=0)
    noise = np.tile(np.linspace(0.5, 1.2, PHOTOS), PEOPLE)[:, np.newaxis]
    rows = people + noise * draws.normal(size=people.shape)
    return Looks(
        (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32),
        np.repeat(np.arange(PEOPLE), PHOTOS),
        ~np.eye(PEOPLE, dtype=bool),
        (100 / noise[:, 0]).astype(np.float32),
    )


def test_nobody_is_searched_by_a_photo_that_stands_for_them(looks: Looks) -> None:
    """Lost: users find the very photos they are made of, and every figure is too good."""
    trials = draw_trials(looks, 5, draws=3)
    assert len(trials.person) == 3 * PEOPLE
    for user, rows in enumerate(trials.enrolled):
        rest = trials.searched[trials.searched[:, 0] == user, 1]
        both = np.concatenate([rows, rest])
        assert (len(rows), len(rest)) == (5, PHOTOS - 5)
        assert len(np.unique(both)) == PHOTOS
        assert set(looks.person[both]) == {trials.person[user]}
    assert len(draw_trials(looks, PHOTOS, draws=1).person) == 0
    assert [len(rows) for rows in all_photos(looks).enrolled] == [PHOTOS] * PEOPLE
    assert [len(rows) for rows in trials.first_faces(2).enrolled] == [2] * (3 * PEOPLE)


def test_ways_use_the_faces_that_they_say(looks: Looks) -> None:
    """Lost: a template that wins over a baseline which is not the one in the table."""
    trials = draw_trials(looks, 3, draws=1)
    best, every = by_best_face(looks, trials), by_every_face(looks, trials)
    luckiest = by_luckiest_face(looks, trials)
    for user, rows in enumerate(trials.enrolled):
        scores = looks.vectors[rows] @ looks.vectors.T
        rest = trials.searched[trials.searched[:, 0] == user, 1]
        assert best[user] == pytest.approx(scores[np.argmax(looks.merit[rows])], abs=1e-6)
        assert every[user] == pytest.approx(scores.max(axis=0), abs=1e-6)
        assert luckiest[user, rest].mean() == pytest.approx(scores[:, rest].mean(axis=1).max())


def test_gains_and_intervals_follow_who_is_better(looks: Looks) -> None:
    """Lost: a bench that judges the template ahead whatever it is compared with."""
    trials = draw_trials(looks, 3, draws=2)
    ways = {"template": by_template, "same": by_template, "best": by_best_face}
    found = found_rates(looks, trials, ways, (1e-2, 1e-3), rounds=50)
    for shares in found.values():
        assert shares["same"][1].low == shares["same"][1].high == 0
        assert shares["best"][1].low > 0
        assert shares["template"][0].low <= shares["template"][0].value
    worse = found_rates(looks, trials, dict(reversed(ways.items())), (1e-2,), rounds=50)
    assert worse[1e-2]["template"][1].high < 0


def test_found_share_is_at_the_rate_it_is_named_by(looks: Looks) -> None:
    """Lost: ways are compared at thresholds that let different shares of strangers through."""
    trials = draw_trials(looks, 3, draws=2)
    scores = by_template(looks, trials)
    strangers = scores[looks.apart[trials.person][:, looks.person]]
    threshold = np.sort(strangers)[::-1][int(1e-2 * strangers.size)]
    found = (scores[trials.searched[:, 0], trials.searched[:, 1]] > threshold).mean()
    shown = found_rates(looks, trials, {"template": by_template}, (1e-2,), rounds=1)
    assert shown[1e-2]["template"][0].value == pytest.approx(found)
    assert found_at(looks, trials, float(threshold), rounds=1).value == pytest.approx(found)


def test_one_person_under_two_names_is_no_stranger(looks: Looks) -> None:
    """Lost: a set's wrong names raise the false match rate, or hide in it."""
    twin = looks.vectors.copy()
    twin[PHOTOS : 2 * PHOTOS] = twin[:PHOTOS]
    known = looks.apart.copy()
    known[0, 1] = known[1, 0] = False
    one = template(twin[:PHOTOS])
    at_template, at_face = float(one @ one) - 1e-4, float((twin[:PHOTOS] @ one).max()) - 1e-4
    between, faces = [], []
    for apart in (looks.apart, known):
        spoilt = Looks(twin, looks.person, apart, looks.merit)
        everybody = all_photos(spoilt)
        between.append(false_match_rates(spoilt, everybody, at_template, rounds=1)[1].value)
        faces.append(false_match_rates(spoilt, everybody, at_face, rounds=1)[0].value)
    assert between == [pytest.approx(2 / (PEOPLE * (PEOPLE - 1))), 0]
    assert faces[0] > faces[1]


def test_table_and_figures_tell_every_size(looks: Looks) -> None:
    """Lost: the figures that are judged are not there."""
    line = Calibration.from_knots([-1, 0.6, 0.8, 1], [0, 80, 99, 100])
    result = users.measure(looks, line, rounds=3)
    names = [figure.name for figure in users._figures(result, "users")]
    assert len(names) == len(set(names))
    for wanted in ("users_fmr_at_80", "users_fmr_at_99", "users_of_5_reach_95_percent"):
        assert wanted in names
    judged = [figure for figure in users._figures(result, "users") if figure.bar == ">0"]
    assert len(judged) == 3 * 2
    assert all(figure.ok == (figure.value > 0) for figure in judged)
    assert any(line.startswith("all, 80") for line in users.table(result))


def test_photos_of_a_set_are_read_with_its_second_names(
    engine: Engine, model_dir: Path, tmp_path: Path
) -> None:
    """Lost: a second photo that shows somebody else counts as a false match of users."""
    for person, names in {
        "A": ("obama.jpg", "obama3.jpg"),
        "B": ("biden.jpg", "obama2.jpg"),
        "C": ("astronaut.png",),
    }.items():
        (tmp_path / "images" / person).mkdir(parents=True)
        for number, name in enumerate(names, start=1):
            image = Image.open(model_dir / "photos" / name).convert("RGB")
            image.thumbnail((400, 400))
            image.save(tmp_path / "images" / person / f"{person}_{number:04d}.jpg")
    (tmp_path / "pairs.txt").write_text("1 1\nA 1 2\nA 1 C 1\n")
    again = (tmp_path / "images/A/A_0001.jpg", tmp_path / "images/B/B_0002.jpg")
    other = (tmp_path / "images/A/A_0001.jpg", tmp_path / "images/C/C_0001.jpg")
    confirmed = tmp_path / "pairs.json"
    confirmed.write_text(json.dumps({pair_key(again): "one man", pair_key(other): "no"}))
    name = "lineament-sface"
    found = read_looks(engine, tmp_path, [name], confirmed)[name]
    assert found.person.tolist() == [0, 0, 1, 1, 2]
    assert found.apart.tolist() == [  # the recognisers do not agree to the other pair
        [False, False, True],
        [False, False, True],
        [True, True, False],
    ]
    assert ((found.merit > 0) & (found.merit <= 100)).all()
    trials = Trials(np.array([0]), [np.array([0, 1])], np.empty((0, 2), np.intp))
    assert by_template(found, trials)[0, 0] > by_template(found, trials)[0, 4]
