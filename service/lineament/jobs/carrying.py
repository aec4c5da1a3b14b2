"""Carrying the users of a collection over to its next generation, as `lineament reindex` does."""

from dataclasses import dataclass

from lineament.domain.collections import UserChange
from lineament.storage.living import LivingFaces
from lineament.storage.staging import Stage


@dataclass(frozen=True, slots=True)
class Carrier:
    """Makes the users of one generation those of another."""

    stage: Stage
    living: LivingFaces
    """The generation that is searched now, level with its log."""
    there: LivingFaces
    """The one in the making; follows each change made here."""

    def take_off(self) -> None:
        """Delete users that are no more, and take faces from users that do not have them any more.

        Before faces are removed and put on others: no face has two users, and none leaves that has.

        Raises:
            StageLost: another run took over, or the collection was deleted.
        """
        self.there.catch_up(self.stage.collection)
        for user in self.there.membership.users.values():
            now = self.living.membership.find(user.key)
            if now is None:
                self._change(UserChange("delete", user.key))
                continue
            left = set(user.faces).difference(now.faces)
            if left:
                self._change(UserChange("disassociate", user.key, face_ids=tuple(sorted(left))))

    def put_on(self) -> None:
        """Make the users that are missing, and give users the faces that they have by now.

        Faces that have not been moved are left out, and so are users without a name: a number that
        is not read yet deletes them, and they could be made again under the same key.

        Raises:
            StageLost: as for `take_off`.
        """
        for user in self.living.membership.users.values():
            if not user.user_id:
                continue
            there = self.there.membership.find(user.key)
            if there is None:
                self._change(UserChange("create", user.key, user.user_id))
            known = () if there is None else there.faces
            new = [i for i in user.faces if i in self.there.ids and i not in set(known)]
            if new:
                self._change(UserChange("associate", user.key, face_ids=tuple(new)))

    def _change(self, change: UserChange) -> None:
        self.stage.change_user(change, self.there)
        self.there.catch_up(self.stage.collection)
