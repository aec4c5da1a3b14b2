"""Comparing what searches see with what the log comes to."""

from collections.abc import Iterator

import numpy as np

from lineament.domain.faces import Vector
from lineament.domain.ports import GalleryView
from lineament.domain.users import User
from lineament.storage.doctor.naive import Naive, NaiveUser

_CLOSE = 1e-3
"""Difference of two unit vectors' components: what 16-bit floats and a sum's order may make."""
_SHORT = 2e-3
"""Length of a mean that has no direction to compare."""


def disagreements(naive: Naive, view: GalleryView) -> Iterator[str]:
    """Yield what differs: the ids of faces and users, or the name of a count.

    Args:
        naive: the log's fold.
        view: of the same number, from a gallery.
    """
    members = view.membership
    units = {face_id: _unit(raw) for face_id, raw in naive.faces.items() if raw is not None}
    listed = _everything(view)
    yield from set(listed) ^ units.keys()
    if len(view) != len(listed) or listed != sorted(listed):
        yield "list-of-faces"
    directory = [user.key for user in view.user_page(None, len(naive.users) + 1)]
    yield from set(directory) ^ naive.users.keys()
    if not len(members) == len(directory) == len(naive.users):
        yield "count-of-users"
    yield from _unequal(dict(members.owners), naive.owners)
    for face_id, unit in units.items():
        if not _near(view.vector(face_id), unit):
            yield face_id
    for key, mine in naive.users.items():
        faces = [units[face_id] for face_id in mine.faces if face_id in units]
        if not (_same(members.find(key), mine, naive) and _stands_for(view.template(key), faces)):
            yield key


def _same(user: User | None, mine: NaiveUser, naive: Naive) -> bool:
    return (
        user is not None
        and (user.seq, user.user_id, list(user.faces)) == (mine.seq, mine.name, mine.faces)
        and set(mine.faces) <= naive.faces.keys()
    )


def _everything(view: GalleryView) -> list[str]:
    found: list[str] = []
    while page := view.page(found[-1] if found else None, 4096):
        found += page
    return found


def _unequal(first: dict[str, str], second: dict[str, str]) -> list[str]:
    return [name for name in first.keys() | second.keys() if first.get(name) != second.get(name)]


def _unit(raw: bytes) -> Vector:
    row = np.frombuffer(raw, "<f2").astype(np.float64)
    return np.asarray(row / np.sqrt((row * row).sum()), np.float32)


def _near(found: Vector | None, expected: Vector) -> bool:
    return (
        found is not None
        and found.shape == expected.shape
        and bool(np.abs(found - expected).max() < _CLOSE)
    )


def _stands_for(template: Vector | None, faces: list[Vector]) -> bool:
    """Tell whether a template points where the mean of its faces does, and is no longer than 1."""
    if not faces or template is None:
        return not faces and template is None
    mean = np.mean(np.stack(faces).astype(np.float64), axis=0)
    length = float(np.linalg.norm(mean))
    own = float(np.linalg.norm(template))
    if length < _SHORT:
        return 0 < own <= 1 + _CLOSE
    return 0 < own <= 1 + _CLOSE and _near(
        np.asarray(template / own, np.float32), np.asarray(mean / length, np.float32)
    )
