"""Faces that have expired and are still in the log, before a call that they would be in the way of.

Answers know nothing of them. But the log still has them, and their users: a picture indexed again
would bring a face back to its old user, and a user would be full of faces that nobody sees.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from lineament.domain.collections import Collection
from lineament.domain.ports import GalleryView
from lineament.errors import ThrottlingException
from lineament.handlers.services import Services

_TRIES = 12


def without_lapsed(
    services: Services, collection: Collection, named: Callable[[GalleryView], Iterable[str]]
) -> tuple[Collection, GalleryView]:
    """Return a collection and its view once the log has none of some faces that have expired.

    Args:
        services: the ports.
        collection: as it was a moment ago.
        named: returns the faces that the call is about; those that have not expired stay.

    Raises:
        ThrottlingException: others change the collection all the time.
        ResourceNotFoundException: it was deleted meanwhile.
    """
    for _ in range(_TRIES):
        view = services.gallery.sync(collection)
        lapsed = [face_id for face_id in named(view) if face_id in view.log.expired]
        if not lapsed:
            return collection, view
        services.faces.take_out(collection, lapsed, view.log)
        collection = replace(collection, seq=services.collections.latest(collection))
    raise ThrottlingException("The collection is changing too fast; nothing was stored. Try again")


def faces_of(key: str) -> Callable[[GalleryView], Iterable[str]]:
    """Return what names the faces that the log has of a user."""

    def named(view: GalleryView) -> Iterable[str]:
        user = view.log.membership.find(key)
        return () if user is None else user.faces

    return named
