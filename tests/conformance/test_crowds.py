"""CF03, CF08: a group photo of a hundred. Source: SPEC.md B.18, D.1."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests import pictures
from tests.conformance.album import Album
from tests.pictures import Pixels

COLUMNS, ROWS, TILE = 14, 8, 136
PEOPLE = 100
PLACES = (3, 40, 57, 99)
"""Where the searched person stands."""


def heads(c: Any, image: bytes) -> list[Pixels]:
    """Cut every face out of a picture, with some of what surrounds it, at one size."""
    whole = Image.open(io.BytesIO(image)).convert("RGB")
    cut = []
    for face in c.detect_faces(Image={"Bytes": image})["FaceDetails"]:
        box = face["BoundingBox"]
        x = (box["Left"] + box["Width"] / 2) * whole.width
        y = (box["Top"] + box["Height"] / 2) * whole.height
        half = box["Height"] * whole.height * 0.8
        square = tuple(round(side) for side in (x - half, y - half, x + half, y + half))
        head = whole.crop(square).resize((TILE, TILE), Image.Resampling.LANCZOS)
        cut.append(np.asarray(head))
    return cut


@pytest.fixture(scope="module")
def group(wire: Any, album: Album) -> bytes:
    """Return a photo of 1904 x 1088 with a hundred faces, four of them the searched person's."""
    c = wire.client("444455556666")
    others = [
        head for name in ("biden.jpg", "astronaut.png") for head in heads(c, album.read(name))
    ]
    others += heads(c, album.read("t1.jpg"))
    searched = [*heads(c, album.a2), *heads(c, album.a3)]
    canvas = np.full((ROWS * TILE, COLUMNS * TILE, 3), 96, np.uint8)
    for place in range(PEOPLE):
        who = searched if place in PLACES else others
        row, column = divmod(place, COLUMNS)
        canvas[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE] = who[
            place % len(who)
        ]
    return pictures.jpeg(canvas)


def test_cf03_one_person_among_a_hundred(c: Any, album: Album, group: bytes) -> None:
    """Lost: on a class photo somebody is not found, or a stranger is."""
    answer = c.compare_faces(SourceImage={"Bytes": album.a1}, TargetImage={"Bytes": group})
    assert len(answer["FaceMatches"]) + len(answer["UnmatchedFaces"]) == PEOPLE
    found = []
    for match in answer["FaceMatches"]:
        box = match["Face"]["BoundingBox"]
        column = int((box["Left"] + box["Width"] / 2) * COLUMNS)
        row = int((box["Top"] + box["Height"] / 2) * ROWS)
        found.append(row * COLUMNS + column)
    assert sorted(found) == list(PLACES)
    similarities = [match["Similarity"] for match in answer["FaceMatches"]]
    assert similarities == sorted(similarities, reverse=True)
