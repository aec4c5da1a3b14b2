"""The pictures of SPEC.md F, from the installed photos."""

import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from tests import pictures
from tests.pictures import Pixels


@dataclass(frozen=True)
class Album:
    """SPEC.md F's fixtures, each as the bytes of a file.

    a1, a2, a3: three photos of one person, one face each. b1: another person. group: seven faces,
    the largest is of A, the others of six people. nobody: no face.
    """

    folder: Path

    def read(self, name: str) -> bytes:
        """Return an installed photo."""
        return (self.folder / name).read_bytes()

    def pixels(self, name: str) -> Pixels:
        """Return an installed photo's RGB pixels."""
        return np.asarray(Image.open(io.BytesIO(self.read(name))).convert("RGB"))

    @cached_property
    def a1(self) -> bytes:
        return self.read("obama.jpg")

    @cached_property
    def a2(self) -> bytes:
        return self.read("obama2.jpg")

    @cached_property
    def a3(self) -> bytes:
        return self.read("obama3.jpg")

    @cached_property
    def b1(self) -> bytes:
        return self.read("biden.jpg")

    @cached_property
    def nobody(self) -> bytes:
        return self.read("coffee.png")

    @cached_property
    def small(self) -> bytes:
        """One face in few pixels: quick to send and to look at."""
        return pictures.jpeg(self.small_pixels)

    @cached_property
    def small_pixels(self) -> Pixels:
        """A's head and shoulders, 240 x 300."""
        return pictures.scaled(self.pixels("obama.jpg")[0:750, 200:800], 0.4)

    @cached_property
    def group_pixels(self) -> Pixels:
        head = pictures.scaled(self.pixels("obama.jpg")[:1000], 0.55)
        return pictures.beside(head, self.pixels("t1.jpg"))

    @cached_property
    def group(self) -> bytes:
        return pictures.jpeg(self.group_pixels)

    @cached_property
    def crowd(self) -> bytes:
        """120 small faces of equal size."""
        row = np.concatenate([self.small_pixels[::2, ::2]] * 12, axis=1)
        return pictures.jpeg(np.concatenate([row] * 10, axis=0))


GROUP_FACES = 7
