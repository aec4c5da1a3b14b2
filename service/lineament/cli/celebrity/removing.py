"""Taking celebrities out of the gallery: faces, vectors, names."""

from collections.abc import Sequence

from lineament.cli.celebrity.desk import Desk
from lineament.domain.celebrities import is_celebrity_id
from lineament.domain.collections import Collection
from lineament.domain.ports import GalleryView
from lineament.domain.users import User
from lineament.errors import ResourceNotFoundException

_PAGE = 1000


def remove(desk: Desk, celebrity_ids: Sequence[str]) -> dict[str, int | None]:
    """Remove celebrities, and tell how many faces each had; None for an unknown id.

    What is told of a celebrity goes last, so that a run that was stopped can be repeated.

    Raises:
        LineamentError: there is no gallery.
    """
    gallery = desk.require()
    wanted = [each for each in dict.fromkeys(celebrity_ids) if is_celebrity_id(each)]
    told = desk.services.celebrities.find(gallery, wanted)
    view = desk.services.gallery.sync(gallery)
    users = {user.user_id: user for user in view.membership.users.values()}
    loose = _loose_faces(desk, gallery, view)
    done: dict[str, int | None] = dict.fromkeys(celebrity_ids)
    for celebrity_id in wanted:
        user, left = users.get(celebrity_id), loose.get(celebrity_id, [])
        if user is None and not left and celebrity_id not in told:
            continue
        faces = [*_free(desk, user), *left]
        if faces:
            desk.call("DeleteFaces", {"FaceIds": faces})
        desk.services.celebrities.erase(gallery, [celebrity_id])
        done[celebrity_id] = len(faces)
    return done


def _free(desk: Desk, user: User | None) -> tuple[str, ...]:
    """Delete a user, and return the faces that belong to nobody then."""
    if user is None:
        return ()
    try:
        desk.call("DeleteUser", {"UserId": user.user_id})
    except ResourceNotFoundException:
        return user.faces  # Another run was faster.
    return user.faces


def _loose_faces(desk: Desk, gallery: Collection, view: GalleryView) -> dict[str, list[str]]:
    """Return the faces that stopped runs have left without a user, by celebrity id."""
    found: dict[str, list[str]] = {}
    after: str | None = None
    while page := view.page(after, _PAGE):
        loose = [face_id for face_id in page if view.membership.owner(face_id) is None]
        for record in desk.services.faces.records(gallery, loose).values():
            found.setdefault(record.external_image_id or "", []).append(record.face_id)
        after = page[-1]
    return found
