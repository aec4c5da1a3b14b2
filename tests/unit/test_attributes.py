"""What a request's list of attributes means, and how far answers are believed."""

import pytest

from lineament.domain.attributes import (
    ALL,
    LANDMARKS,
    Attributes,
    Emotion,
    EyeDirection,
    Gender,
    Judgement,
    doubted,
    requested,
)
from lineament.domain.faces import Quality
from lineament.domain.quality import legibility

TOLD = Attributes(
    judgements={"Beard": Judgement(value=True, confidence=90.0)},
    gender=Gender("Female", 98.0),
    emotions=(Emotion("HAPPY", 80.0), Emotion("CALM", 20.0)),
    eye_direction=EyeDirection(5.0, -3.0, 60.0),
)


def test_what_a_list_means() -> None:
    """Lost: models run that nobody asked for, or an answer lacks what was asked."""
    assert requested([]) == requested(["DEFAULT"]) == frozenset()
    assert requested(["DEFAULT", "ALL"]) == requested(["ALL", "SMILE"]) == ALL
    assert requested(["SMILE", "SMILE", "DEFAULT"]) == {"SMILE"}
    assert LANDMARKS not in requested(["BEARD"])


def test_clear_faces_are_believed() -> None:
    """Lost: every confidence is off on the photos that it was fitted on."""
    assert doubted(TOLD, 1.0) == TOLD


def test_faces_that_show_nothing_are_not() -> None:
    """Lost: a blurred face has a beard with 99 % confidence."""
    told = doubted(TOLD, 0.0)
    assert told.judgements["Beard"] == Judgement(value=True, confidence=50.0)
    assert told.gender == Gender("Female", 50.0)
    assert told.emotions == (Emotion("HAPPY", 50.0), Emotion("CALM", 50.0))
    assert told.eye_direction == EyeDirection(5.0, -3.0, 0.0)


def test_what_was_not_asked_for_stays_absent() -> None:
    """Lost: None becomes a judgement."""
    assert doubted(Attributes(), 0.5) == Attributes()


@pytest.mark.parametrize(
    ("sharpness", "brightness", "trust"),
    [(80, 50, 1), (38, 11, 1), (11, 50, 0), (80, 2.5, 0), (80, 98, 0), (24.5, 50, 0.5)],
)
def test_legibility(sharpness: float, brightness: float, trust: float) -> None:
    """Lost: poor pictures pass for good ones, or good ones for poor."""
    assert legibility(Quality(brightness, sharpness)) == pytest.approx(trust)
