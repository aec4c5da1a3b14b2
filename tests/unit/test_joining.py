"""Which faces join a user."""

import itertools

import numpy as np
import pytest

from lineament.domain.faces import Vector
from lineament.domain.joining import judge
from lineament.domain.similarity import Calibration
from lineament.domain.templates import template

LINEAR = Calibration.from_knots([-1.0, 1.0], [0.0, 100.0])


def at(degrees: float) -> Vector:
    radians = np.deg2rad(degrees)
    return np.array([np.cos(radians), np.sin(radians)], np.float32)


FACES = {"a": at(0), "b": at(10), "c": at(25), "stranger": at(160)}


def test_any_order_has_the_same_outcome() -> None:
    """Lost: who belongs to a user hangs on how a client sorts its list."""
    outcomes = set()
    for order in itertools.permutations(FACES):
        judged = judge([], {name: FACES[name] for name in order}, LINEAR, 90)
        assert list(judged.alike) == [name for name in order if name != "stranger"]
        assert list(judged.unlike) == ["stranger"]
        outcomes.add(round(judged.unlike["stranger"], 3))
    assert len(outcomes) == 1


def test_one_face_or_none() -> None:
    """Lost: nobody can be enrolled with one photo."""
    assert judge([], {"a": at(7)}, LINEAR, 100).alike == ("a",)
    assert judge([], {}, LINEAR, 100).alike == ()
    assert judge([at(0)], {}, LINEAR, 0).unlike == {}


def test_a_user_with_faces_decides_by_them() -> None:
    """Lost: many photos of another person in one call take a user over."""
    others = {"x": at(158), "y": at(160), "z": at(162)}
    judged = judge([at(0), at(4)], {**others, "a": at(2)}, LINEAR, 90)
    assert judged.alike == ("a",)
    expected = template(np.stack([at(0), at(4), at(2)]))
    for name, vector in others.items():
        assert judged.unlike[name] == pytest.approx(LINEAR.similarity(float(expected @ vector)))


def test_the_threshold_itself_is_enough() -> None:
    """Lost: UserMatchThreshold 100 refuses the same photo again."""
    assert judge([at(0)], {"again": at(0)}, LINEAR, 100).alike == ("again",)


def test_faces_come_in_as_the_user_grows() -> None:
    """Lost: photos between two poses do not lead from one to the other."""
    steps = {str(degrees): at(degrees) for degrees in range(0, 60, 10)}
    assert set(judge([at(0)], dict(reversed(steps.items())), LINEAR, 93).alike) >= set(steps) - {
        "50"
    }
    assert "50" not in judge([at(0)], {"50": at(50)}, LINEAR, 93).alike
