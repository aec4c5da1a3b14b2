"""Which faces of a gallery have expired, though they are in the log until housekeeping has come.

For the fold of the log they live on, without a vector, as those do whose removal is still to come.
For whoever looks at the gallery they are gone, out of users too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rpds import HashTrieSet

from lineament.domain.expiry import FOR_EVER, Term
from lineament.domain.faces import Vector
from lineament.domain.users import Membership, User
from lineament.gallery.holdings import Holdings
from lineament.gallery.steps import Step, template_of


@dataclass(slots=True)
class Expiring:
    """The expired faces of one generation, for its one writer."""

    faces: "HashTrieSet[str]" = field(default_factory=HashTrieSet)
    """Those that the log still has."""
    term: Term = FOR_EVER
    """By which they have expired."""
    oldest: int = 0
    """No face that is left was indexed before: epoch seconds."""
    _of: Membership = field(default_factory=Membership)
    _left_out: "HashTrieSet[str]" = field(default_factory=HashTrieSet)
    _shown: Membership = field(default_factory=Membership)
    """`_of` without `_left_out`: worked out once for both."""

    def take_step(self, step: Step) -> None:
        """Take note of faces that were added, or removed from the log."""
        for face_id in step.gone:
            self.faces = self.faces.discard(face_id)
        for face_id in step.there:
            self.faces = self.faces.discard(face_id)
            self.oldest = min(self.oldest, step.indexed[face_id])

    def expire(self, now: Term, membership: Membership, holdings: Holdings) -> Membership:
        """Take expired faces out of holdings, as a step of its own, and out of their users.

        Args:
            now: what holds.
            membership: as the log has it.
            holdings: of the same number.

        Returns:
            The membership for the fold of the log to go on with.

        Raises:
            EngineUnavailable: vectors cannot be had now; nothing has changed.
        """
        if not 0 < now.upto >= self.oldest:
            return membership
        aged = holdings.aged(now.upto)
        faces = self.faces.update(aged)
        templates = _templates(aged, membership, faces, holdings)
        holdings.begin()
        for face_id in aged:
            holdings.remove(face_id)
        holdings.place(templates)
        self.faces, self.term, self.oldest = faces, now, holdings.oldest(now.upto)
        return replace(membership, erased=membership.erased.update(aged)) if aged else membership

    def shown(self, membership: Membership) -> Membership:
        """Return a membership without expired faces."""
        if not len(self.faces):
            return membership
        if membership is not self._of or self.faces is not self._left_out:
            self._of, self._left_out = membership, self.faces
            self._shown = _without(membership, self.faces)
        return self._shown


def _templates(
    aged: Iterable[str], membership: Membership, gone: "HashTrieSet[str]", holdings: Holdings
) -> Mapping[str, Vector | None]:
    """Return the templates of users that lose faces, made of those that stay."""
    keys = {membership.owners[face_id] for face_id in aged if face_id in membership.owners}
    users = [_rest(membership.users[key], gone) for key in keys]
    vectors = holdings.vectors([face_id for user in users for face_id in user.faces])
    return {user.key: template_of(user, vectors) for user in users}


def _without(membership: Membership, gone: "HashTrieSet[str]") -> Membership:
    users, owners = membership.users, membership.owners
    owned = [face_id for face_id in gone if face_id in owners]
    for key in {owners[face_id] for face_id in owned}:
        users = users.insert(key, _rest(users[key], gone))
    for face_id in owned:
        owners = owners.discard(face_id)
    return replace(membership, users=users, owners=owners)


def _rest(user: User, gone: "HashTrieSet[str]") -> User:
    return replace(user, faces=tuple(each for each in user.faces if each not in gone))
