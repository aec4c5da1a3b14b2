"""ImageId and FaceId."""

import re

from lineament.domain import ids

FACE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_ids_have_the_shapes_of_the_recordings() -> None:
    """Else clients that check ids against the model's pattern refuse ours."""
    assert FACE_ID.fullmatch(ids.face_id("gen", "image", None, 0))
    assert ids.image_id(b"picture")[14] == "3"


def test_a_repeated_call_names_the_same_faces() -> None:
    """Else a retried IndexFaces doubles the faces of a picture."""
    assert ids.face_id("gen", "image", "alice", 1) == ids.face_id("gen", "image", "alice", 1)
    assert ids.image_id(b"picture") == ids.image_id(b"picture")


def test_everything_that_makes_a_face_another_changes_its_id() -> None:
    """Else two faces share an id and one of them is lost."""
    given = [
        ("gen", "image", None, 0),
        ("gen2", "image", None, 0),
        ("gen", "image2", None, 0),
        ("gen", "image", "-", 0),
        ("gen", "image", "alice", 0),
        ("gen", "image", None, 1),
    ]
    assert len({ids.face_id(*parts) for parts in given}) == len(given)
