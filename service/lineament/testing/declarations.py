"""What a test says about its pictures. Only the standard library until it is asked for pixels."""

import hashlib
import os
import threading
from pathlib import Path
from typing import Any

from lineament.errors import InvalidParameterException
from lineament.testing.face import Face

_S3 = "s3://"


class DeclarationError(InvalidParameterException):
    """What a test declares, or has not, leaves a request without an answer.

    In the test's own process it is raised from the client's call; over HTTP the answer is an
    InvalidParameterException, which every operation that takes a picture declares.
    """


class UndeclaredPicture(DeclarationError):
    """A request shows a picture of which the test has not said what it holds."""


class Faces:
    """The declarations of the mock that is running. Safe to share between threads."""

    def __init__(self) -> None:
        """Begin with nothing, and no mock to declare for."""
        self._lock = threading.Lock()
        self._open = False
        self._clear()

    def _clear(self) -> None:
        with self._lock:
            self._by_name: dict[str, tuple[Face, ...]] = {}
            self._by_digest: dict[bytes, tuple[Face, ...]] = {}
            self._alike: dict[str, dict[str, float]] = {}
            self._drawn: dict[str, int] = {}

    def open(self) -> None:
        """Take declarations from now on, and none of before."""
        self._clear()
        self._open = True

    def close(self) -> None:
        """Take no declarations any more, and forget all."""
        self._open = False
        self._clear()

    def declare(
        self,
        picture: bytes | str | os.PathLike[str],
        *faces: Face,
        person: str | None = None,
        **about: Any,  # noqa: ANN401 - the fields of Face
    ) -> None:
        """Say which faces a picture holds.

        Args:
            picture: its bytes; the path of its file; `s3://bucket/key`; or a key in any bucket. A
                text is both a path, if there is such a file, and a key.
            faces: the faces; none, and no `person`, means that it holds none.
            person: short for one more `Face(person, ...)`.
            about: further fields of that Face.

        Raises:
            RuntimeError: no mock is running, so that it would be forgotten.
            ValueError: see `Face`.
            TypeError: fields of a Face were given without a person.
            FileNotFoundError: a Path has no file.
        """
        self._require_open()
        if person is not None:
            faces = (*faces, Face(person, **about))
        elif about:
            raise TypeError(f"{', '.join(sorted(about))}: of which person?")
        with self._lock:
            if isinstance(picture, bytes | bytearray):
                self._by_digest[_digest(picture)] = faces
                return
            if isinstance(picture, str):
                self._by_name[picture] = faces
            # os.path: a key of S3 may be longer than any file's name, which pathlib raises.
            if not isinstance(picture, str) or os.path.isfile(picture):  # noqa: PTH113
                self._by_digest[_digest(Path(picture).read_bytes())] = faces

    def similarity(self, one: str, other: str, percent: float) -> None:
        """Say how alike two people are: what CompareFaces and searches tell of them.

        The answers are `percent` or at most 0.05 above it. Who is not declared alike is a
        stranger, with a similarity of about 1.

        Raises:
            RuntimeError: no mock is running.
            ValueError: not from 0 to 100, or it is one person.
        """
        self._require_open()
        if not 0 <= percent <= 100:  # noqa: PLR2004 - a percentage
            raise ValueError(f"{percent} is not from 0 to 100")
        if one == other:
            raise ValueError(f"{one} is one person; Face.similarity tells of single photos")
        with self._lock:
            self._alike.setdefault(one, {})[other] = percent
            self._alike.setdefault(other, {})[one] = percent

    def picture(
        self,
        *people: str | Face,
        width: int | None = None,
        height: int | None = None,
        kind: str = "jpeg",
    ) -> bytes:
        """Return a small valid picture that is declared to hold these people's faces.

        Each call gives another picture; the nth of the same people is the same in every run.

        Args:
            people: whose faces, by label or as Faces; none for a picture without faces.
            width: in pixels; as much as the faces need by default.
            height: likewise.
            kind: jpeg or png.

        Raises:
            RuntimeError: no mock is running.
            ValueError: there is no such kind.
        """
        # Imported here: drawing takes numpy and a JPEG encoder.
        from lineament.testing.drawing import draw  # noqa: PLC0415

        self._require_open()
        held = tuple(each if isinstance(each, Face) else Face(each) for each in people)
        label = ", ".join(each.person for each in held) or "nobody"
        with self._lock:
            number = self._drawn[label] = self._drawn.get(label, 0) + 1
        image = draw(f"{label} #{number}", len(held), width, height, kind)
        self.declare(image, *held)
        return image

    def held_by(self, image: bytes, bucket: str = "", key: str = "") -> tuple[Face, ...] | None:
        """Return the faces that a picture was declared to hold, or None.

        What was said of its place in S3 counts before what was said of its bytes.
        """
        with self._lock:
            for name in (f"{_S3}{bucket}/{key}", key):
                if key and name in self._by_name:
                    return self._by_name[name]
            return self._by_digest.get(_digest(image))

    def similarities_of(self, person: str) -> dict[str, float]:
        """Return how alike somebody was said to be to others, by person."""
        with self._lock:
            return dict(self._alike.get(person, {}))

    def _require_open(self) -> None:
        if not self._open:
            raise RuntimeError(
                "Declare pictures while mock_rekognition is active: its end forgets them"
            )


def _digest(image: bytes | bytearray) -> bytes:
    return hashlib.sha256(image).digest()


faces = Faces()
"""Those of this process: mock_rekognition opens and closes them."""
