"""A collection as its log comes to, in plain dictionaries: a second opinion on `domain.users`."""

from collections import defaultdict
from dataclasses import dataclass, field

from lineament.storage.doctor.entry import Entry, is_useless

MAX_FACES = 100
"""Of a user. Source: AWS's quotas; not taken from domain/limits.py on purpose."""


@dataclass(slots=True)
class NaiveUser:
    """A user, at the number that the log was read to."""

    seq: int
    name: str
    faces: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Naive:
    """What a log comes to, and what is wrong with it."""

    faces: dict[str, bytes | None] = field(default_factory=dict)
    """The faces that are there, with their vectors; None where every entry has lost it."""
    added_at: dict[str, int] = field(default_factory=dict)
    """The last number that added each face that is there."""
    owners: dict[str, str] = field(default_factory=dict)
    users: dict[str, NaiveUser] = field(default_factory=dict)
    read_by_others: int = 0
    """Every number up to it was read by somebody: whoever erases has read all that came before."""
    useless: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    """Faces that were removed and whose vectors were there when they were read."""
    _holders: dict[str, bool] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _lengths: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def apply(self, entry: Entry) -> None:
        """Fold the next entry in."""
        for face_id, vector in entry.added:
            self._add(entry.seq, face_id, vector)
        for face_id in entry.removed:
            self._remove(entry.seq, face_id)
        if entry.action == "create":
            self._create(entry)
        elif entry.action == "delete":
            self._delete(entry)
        elif entry.action == "associate":
            self._associate(entry)
        elif entry.action == "disassociate":
            self._disassociate(entry)

    def odd_lengths(self) -> list[str]:
        """Return the faces whose vectors have another length than most."""
        usual = max(self._lengths, key=lambda size: len(self._lengths[size]), default=0)
        return [name for size, names in self._lengths.items() if size != usual for name in names]

    def stale_names(self) -> list[int]:
        """Return the numbers that hold a name of no user, or of one that another number made."""
        current = {user.seq for user in self.users.values()}
        return [seq for seq in self._names if seq not in current]

    def _add(self, seq: int, face_id: str, vector: bytes | None) -> None:
        if vector is None:
            self.faces.setdefault(face_id, None)
        else:
            self.faces[face_id] = vector
            self._holders[face_id] = True
            if is_useless(vector):
                self.useless.add(face_id)
            else:
                self._lengths[len(vector)].append(face_id)
        self.added_at[face_id] = seq

    def _remove(self, seq: int, face_id: str) -> None:
        if face_id not in self.faces or face_id in self.owners:
            return
        if self.faces.pop(face_id) is None:
            self.read_by_others = max(self.read_by_others, seq - 1)
        del self.added_at[face_id]
        if self._holders.pop(face_id, False):
            self.kept.add(face_id)

    def _create(self, entry: Entry) -> None:
        if entry.name:
            self._names[entry.seq] = entry.user
        if entry.user not in self.users:
            self.users[entry.user] = NaiveUser(entry.seq, entry.name)

    def _delete(self, entry: Entry) -> None:
        user = self.users.pop(entry.user, None)
        if user is None:
            return
        for face_id in user.faces:
            del self.owners[face_id]
        if not user.name:
            self.read_by_others = max(self.read_by_others, entry.seq - 1)

    def _associate(self, entry: Entry) -> None:
        user = self.users.get(entry.user)
        if user is None:
            return
        new: list[str] = []
        for face_id in entry.members:
            if face_id in self.faces and face_id not in self.owners and face_id not in new:
                new.append(face_id)
        if len(user.faces) + len(new) > MAX_FACES:
            return
        user.faces.extend(new)
        for face_id in new:
            self.owners[face_id] = entry.user

    def _disassociate(self, entry: Entry) -> None:
        user = self.users.get(entry.user)
        if user is None:
            return
        for face_id in entry.members:
            if self.owners.get(face_id) == entry.user:
                del self.owners[face_id]
                user.faces.remove(face_id)
