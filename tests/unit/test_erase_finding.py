"""Whom `lineament erase` finds in a collection where one person has very many faces."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lineament.cli.erasing.finding import Finder, Place
from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.faces import Vector
from lineament.domain.limits import DEFAULT_MATCHES
from lineament.domain.similarity import Calibration, FaceModel

MODEL = FaceModel("model-1", 4, Calibration.from_knots([-1.0, 1.0], [0.0, 100.0]), "own")


class Crowd:
    """A gallery's view in which every face is one person's."""

    membership = SimpleNamespace(owner=lambda _face_id: None)

    def __init__(self, faces: int) -> None:
        """Hold so many."""
        self.ids = [f"face-{number:05}" for number in range(faces)]

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, face_id: str) -> bool:
        return face_id in self.ids

    def vector(self, face_id: str) -> Vector | None:
        return np.eye(4, dtype=np.float32)[0] if face_id in self else None

    def search(self, _query: Vector, _lowest: float, limit: int) -> list[tuple[str, float]]:
        return [(face_id, 1.0) for face_id in self.ids[:limit]]


@pytest.mark.parametrize("faces", [1, DEFAULT_MATCHES + 5])
def test_all_faces_are_found_however_many(monkeypatch: pytest.MonkeyPatch, faces: int) -> None:
    """Lost: a receipt is signed for somebody of whom there were more faces than a search tells."""
    collection = Collection(Scope("123456789012", "us-east-1"), "people", "g", "model-1", 0.0)
    monkeypatch.setattr(Finder, "_collections", lambda _self: [collection])
    services: Any = SimpleNamespace(
        models=SimpleNamespace(of=lambda _version: MODEL),
        faces=SimpleNamespace(records=lambda _collection, _ids: {}),
    )
    crowd = Crowd(faces)
    erasing: Any = SimpleNamespace(view=lambda _collection: crowd)
    tables: Any = None
    finder = Finder(services, erasing, tables, Place("123456789012"), 99.0)
    assert sorted(match.face_id for match in finder.by_face("face-00000")) == crowd.ids
