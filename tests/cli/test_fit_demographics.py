"""The fits behind age range, gender and expression, on cases whose answer is known."""

import json
from importlib import resources

import numpy as np
import pytest

from lineament.cli import fit_demographics
from lineament.cli.measuring.attributes_demographics import figures, lines
from lineament.cli.measuring.demographic_labels import Observation, observe
from lineament.cli.measuring.label_files import LabelsError
from lineament.vision.expression import CONFUSED, KINDS

RNG = np.random.default_rng(5)


def observation(**changes: object) -> Observation:
    """Return a calm man of 40 who is told as such, unless `changes` say else."""
    odds = np.zeros(len(KINDS))
    odds[0] = 20.0
    facts = {
        "gender": "m",
        "age": 40,
        "expression": "CALM",
        "years": 36.0,
        "spread": 8.0,
        "males": (5.0, 3.0),
        "odds": odds,
    }
    return Observation(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_quantile_holds_its_share(share: float) -> None:
    """A range said to hold four ages in five would hold three."""
    place = RNG.uniform(0, 10, 4000)
    values = 3 + 2 * place + RNG.exponential(1 + place)
    table = np.column_stack([np.ones(4000), place])
    factors = fit_demographics.fit_quantile(table, values, share)
    assert np.mean(values < table @ factors) == pytest.approx(share, abs=0.01)
    upper = place > 5
    assert np.mean(values[upper] < table[upper] @ factors) == pytest.approx(share, abs=0.03)


def test_gender_fit_trusts_the_network_that_knows() -> None:
    """A network that only guesses would weigh as much as one that is right."""
    faces = []
    for _ in range(600):
        male = bool(RNG.integers(2))
        knows = RNG.normal(3 if male else -3, 1.5)
        faces.append(
            observation(gender="m" if male else "f", males=(float(RNG.normal(0, 3)), float(knows)))
        )
    _, guesses, knows = fit_demographics.fit_gender(faces)
    assert abs(guesses) < 0.2
    assert knows > 1


def test_expression_fit_finds_what_the_odds_were_made_by() -> None:
    """Confidence would say more or less than how often an answer is right."""
    scaled = RNG.normal(0, 2, (3000, len(KINDS)))
    shares = np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True)
    seen = [RNG.choice(len(KINDS), p=row) for row in shares]
    odds = (scaled - np.array([1, -0.5, 0, 0, 0, 0, 0])) / 0.3
    faces = [
        observation(expression=KINDS[kind], odds=row) for kind, row in zip(seen, odds, strict=True)
    ]
    steepness, calm, happy = fit_demographics.fit_expression(faces)
    assert steepness == pytest.approx(0.3, abs=0.03)
    assert calm == pytest.approx(1, abs=0.2)
    assert happy == pytest.approx(-0.5, abs=0.2)


def test_figures_count_what_was_right() -> None:
    """The model card would state figures that nobody measured."""
    happy = np.zeros(len(KINDS))
    happy[1] = 20.0
    found = figures(
        [
            observation(),
            observation(age=None, gender="f", expression="HAPPY?", odds=happy),
            observation(age=90, gender="f?", expression=CONFUSED),
        ]
    )
    assert [(group.name, group.faces) for group in found.ages] == [
        ("all", 2),
        ("40-49", 1),
        ("70-99", 1),
    ]
    assert (found.ages[0].covered.hits, found.ages[0].covered.cases) == (1, 2)
    assert (found.female.hits, found.female.cases) == (0, 1)
    assert (found.male.hits, found.male.cases) == (1, 1)
    assert (found.clear.hits, found.clear.cases) == (1, 2)
    assert (found.all_expressions.hits, found.all_expressions.cases) == (2, 3)
    assert found.confusion[-1, 0] == 1
    assert any("told female: 0 of 1" in line for line in lines(found))


def test_shipped_labels_can_be_read() -> None:
    """`lineament bench vision` would stop at a slip in the file."""
    text = (
        resources.files("lineament.cli.measuring")
        .joinpath("labels/demographics.json")
        .read_text("utf-8")
    )
    labels = json.loads(text)["labels"]
    assert len(labels) > 2000
    for digest, (gender, age, expression) in labels.items():
        assert len(bytes.fromhex(digest)) == 8
        assert gender in ("", "f", "m", "f?", "m?")
        assert age is None or 10 < age < 100
        assert expression.rstrip("?") in ("", *KINDS, CONFUSED)


def test_broken_labels_are_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A slip in one's own labels would be a stack trace."""
    folder = tmp_path_factory.mktemp("labels")
    path = folder / "labels.json"
    path.write_text('{"labels": {"00": ["f"]}}')
    with pytest.raises(LabelsError, match="cannot be read"):
        observe(folder, folder, path)
