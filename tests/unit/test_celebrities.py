"""RecognizeCelebrities where things change under it, on a picture and a gallery made by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lineament.context import CallContext, Principal, Scope
from lineament.domain.attributes import Attributes
from lineament.domain.binding import FaceModels
from lineament.domain.celebrities import COLLECTION_ID, SCOPE, Celebrity
from lineament.domain.collections import Collection
from lineament.domain.faces import DetectedFace, Pose, Quality, RatioBox
from lineament.domain.users import User
from lineament.errors import ResourceNotFoundException
from lineament.handlers.celebrities import recognize_celebrities
from tests.property.engine import MODEL

CALLER = Scope("123456789012", "us-east-1")
CALL = CallContext(CALLER, Principal("key", CALLER.account), "RecognizeCelebrities", "id", 0.0)
FIRST, SECOND = (np.eye(MODEL.dimensions, dtype=np.float32)[place] for place in (0, 1))
ANN = Celebrity("ann", "Ann")


class Picture:
    """Two faces, of the first and of the second vector."""

    width = height = 400

    def __init__(self, sharpness: float = 90.0) -> None:
        self.embedded: list[int] = []
        self.faces = tuple(
            DetectedFace(box, 99.9, (), Pose(0, 0, 0), Quality(60.0, sharpness))
            for box in (RatioBox(0, 0, 0.5, 0.5), RatioBox(0.5, 0, 0.4, 0.4))
        )

    def embed(self, indices: list[int], _recogniser: str) -> Any:
        self.embedded += indices
        return np.stack([FIRST, SECOND])[indices]

    def recognisability(self, _indices: list[int], _recogniser: str) -> None:
        return None

    def describe(self, indices: range, _wanted: frozenset[str]) -> list[Attributes]:
        return [Attributes() for _ in indices]


class Deployment:
    """What the handler asks of one: a gallery of Ann, who looks like the first vector."""

    models = FaceModels(MODEL)
    attributes_off = frozenset[str]()
    celebrity_threshold = 100.0

    def __init__(self, picture: Picture) -> None:
        self.gallery_item: Collection | None = Collection(
            SCOPE, COLLECTION_ID, "generation", MODEL.version, 0.0, 1
        )
        self.known = {"ann": ANN}
        self.purged = False
        self.collections = SimpleNamespace(find=lambda *_: self.gallery_item)
        self.celebrities = SimpleNamespace(
            find=lambda _, ids: {each: self.known[each] for each in ids if each in self.known}
        )
        self.gallery = SimpleNamespace(sync=self.sync)
        self.engine = lambda: SimpleNamespace(analyse=lambda _: picture)

    def sync(self, _: Collection) -> Any:
        if self.purged:
            raise ResourceNotFoundException("purged")
        users = {"key": User("key", "ann", 1, ("face",))}
        return SimpleNamespace(
            membership=SimpleNamespace(users=users, owners={"face": "key"}),
            search_users=lambda query, lowest, _: [
                ("key", float(FIRST @ query)) for _ in range(float(FIRST @ query) >= lowest)
            ],
        )


def names(deployment: Deployment) -> tuple[list[str], int]:
    """Return the names, and how many faces have none."""
    services: Any = deployment
    answer = recognize_celebrities(services, CALL, {"Image": {"Bytes": b"picture"}})
    return [face["Name"] for face in answer["CelebrityFaces"]], len(answer["UnrecognizedFaces"])


def test_a_similarity_that_equals_the_threshold_names() -> None:
    """Lost: the threshold means another thing here than elsewhere."""
    assert names(Deployment(Picture())) == (["Ann"], 1)


def test_no_face_is_embedded_without_a_gallery() -> None:
    """Lost: a deployment without celebrities loads a recogniser, and makes vectors of everybody."""
    picture = Picture()
    deployment = Deployment(picture)
    deployment.gallery_item = None
    assert names(deployment) == ([], 2)
    assert picture.embedded == []


@pytest.mark.parametrize("gone", ["gallery", "celebrity"])
def test_what_is_removed_meanwhile_names_nobody(gone: str) -> None:
    """Lost: an error that the operation does not have, or the name of who asked to be removed."""
    deployment = Deployment(Picture())
    deployment.purged = gone == "gallery"
    if gone == "celebrity":
        deployment.known = {}
    assert names(deployment) == ([], 2)


def test_blurred_faces_get_no_name() -> None:
    """Lost: a name on a face that nobody could recognise."""
    picture = Picture(sharpness=1.0)
    assert names(Deployment(picture)) == ([], 2)
    assert picture.embedded == []
