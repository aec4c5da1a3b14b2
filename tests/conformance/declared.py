"""The fourth way: the test kit's interception and declared engine, with the album declared.

What tests make of the album's pictures meanwhile (cut, blurred, turned) nobody has declared: such
a test needs eyes, and is skipped. checks.toml names the checks that lose all of their tests by it.
"""

from collections.abc import Callable

import pytest

from lineament.handlers.services import Services
from lineament.testing import Face, Faces, UndeclaredPicture
from lineament.testing.engine import DeclaredEngine, DeclaredPicture
from lineament.testing.intercept import Interception
from lineament.testing.service import declared_model, declaring
from tests.conformance import recording
from tests.conformance.album import Album

WAY = recording.DECLARED
ADDRESS = "https://rekognition.us-east-1.amazonaws.com"
"""AWS's own: the test kit answers in its place."""
DEFAULT = "default"
"""The profile whose calibration declared similarities have."""

EYES = pytest.mark.parametrize("wire", ["in-process", "http", "lambda"], indirect=True)
"""For tests of what only a deployment with models has: a second one, or celebrities imported."""


class BlindEngine(DeclaredEngine):
    """A declared engine that ends a test which shows it what only eyes could see."""

    def analyse(self, image: bytes) -> DeclaredPicture:
        try:
            return super().analyse(image)
        except UndeclaredPicture:
            pytest.skip("the picture is made by the test: only a real engine can see it")


def declare_album(album: Album) -> Faces:
    """Say what the photos show."""
    faces = Faces()
    faces.open()
    man = {"attributes": {"Gender": "Male"}}
    faces.declare(album.a1, person="A", **man)
    faces.declare(album.a2, person="A", similarity=99.9, **man)
    faces.declare(album.a3, person="A", similarity=99.85, **man)
    faces.declare(album.small, person="A", similarity=99.97, **man)
    faces.declare(album.b1, person="B", **man)
    faces.declare(album.read("astronaut.png"), person="C")
    guests = [
        Face("guest 0", attributes={"Gender": "Male"}),
        Face("guest 1", attributes={"Gender": "Male"}),
        Face("guest 2", attributes={"Gender": "Male"}),
        Face("guest 3"),
        Face("guest 4"),
        Face("guest 5", pose=(0, 65, 0)),
    ]
    for number, guest in enumerate(guests):
        faces.similarity("A", guest.person, 2 + number)
    faces.declare(album.read("t1.jpg"), *guests)
    faces.declare(album.group, Face("A", 99.95), *guests)
    faces.declare(album.crowd, *[Face("A", brightness=50 + n / 10) for n in range(120)])
    faces.declare(album.nobody)
    return faces


def blind_engine(album: Album) -> BlindEngine:
    """Return an engine that knows the album by what is said of it."""
    return BlindEngine(declare_album(album), declared_model(DEFAULT), "refuse")


def adaptation(engine: DeclaredEngine) -> Callable[[Services], Services]:
    """Return what makes an application ask that engine."""
    return declaring(engine, declared_model(DEFAULT))


class Standing:
    """An interception for the tests of this folder only: others of the process see none of it."""

    def __init__(self) -> None:
        self._interception: Interception | None = None
        self._on = False

    def begin(self, interception: Interception) -> None:
        self._interception = interception
        self.resume()

    def resume(self) -> None:
        if self._interception is not None and not self._on:
            self._interception.begin()
            self._on = True

    def pause(self) -> None:
        if self._interception is not None and self._on:
            self._interception.end()
            self._on = False


STANDING = Standing()
