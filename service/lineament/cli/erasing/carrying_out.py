"""Erasing what was found, and looking whether it is gone."""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lineament.cli.erasing.finding import Match, Place
from lineament.cli.operating import Operator
from lineament.context import Scope
from lineament.errors import LineamentError
from lineament.storage.consents import DynamoConsents
from lineament.storage.erasing import Erased, Erasing
from lineament.storage.erasures import Erasure, Erasures, Target
from lineament.storage.placement import Placement
from lineament.storage.records import from_collection_item, from_garbage, from_staged
from lineament.storage.remains import Remains, Wanted, digest, look_for
from lineament.storage.snapshots import SnapshotStore

_ROUNDS = 3


class StillThere(LineamentError):
    """Something of the person is left; the message says what. No receipt is given."""


@dataclass(slots=True)
class Done:
    """What a run comes to."""

    erased: Erased = field(default_factory=Erased)
    consents: int = 0
    remains: Remains = field(default_factory=Remains)
    by_bytes: bool = True
    """Every vector was known, and its bytes were looked for; else FaceIds and digests alone."""


@dataclass(slots=True)
class Run:
    """One run of an erasure, which may go on with what an earlier one has begun."""

    operator: Operator
    erasing: Erasing
    store: SnapshotStore | None
    placement: Placement
    place: Place
    halves: set[bytes] = field(default_factory=set)
    """The vectors, for as long as this process lives."""

    def plan(self, matches: Iterable[Match], before: Erasure | None) -> Erasure:
        """Return the erasure of faces, and of those that an earlier run has found.

        Their vectors are read from the logs, as far as they are still there.
        """
        faces: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
        names: dict[tuple[str, str], None] = {}
        for match in matches:
            collection = match.collection
            region = collection.scope.region
            faces[region, collection.collection_id, collection.lineage].append(match.face_id)
            if match.external_image_id:
                names[region, match.external_image_id] = None
        targets = tuple(Target(*place, tuple(ids)) for place, ids in faces.items())
        found = Erasure(int(time.time()), self.operator.by, targets, frozenset(), tuple(names))
        whole = found if before is None else before.joined(found)
        for scope, item in self.place.items(self.operator.tables):
            living = from_collection_item(scope, item)
            if living is not None:
                self.halves |= self.erasing.halves(living.generation, living.seq, whole.face_ids)
        return replace(whole, digests=whole.digests | frozenset(map(digest, self.halves)))

    def carry_out(self, name: str, erasure: Erasure, why: str) -> Done:
        """Erase, and return once nothing is found any more.

        Args:
            name: under which it is kept until then.
            erasure: what to erase.
            why: for the audit trail.

        Raises:
            StillThere: something is left.
            NotRecorded: the audit trail does not take it; nothing was done.
            LineamentError: somebody does not answer; run it again.
        """
        account = self.place.account
        Erasures(self.operator.tables, account).keep(name, erasure)
        for target in erasure.targets:
            self.operator.record(
                "Erase", collection=target.collection_id, subjects=target.face_ids, why=why
            )
        done = Done(by_bytes=frozenset(map(digest, self.halves)) == erasure.digests)
        done.consents = self._withdraw(erasure)
        wanted = Wanted.of(erasure.face_ids, self.halves, erasure.digests)
        for _ in range(_ROUNDS):
            for target in erasure.targets:
                gone = self.erasing.take_out(Scope(account, target.region), target)
                done.erased = Erased(done.erased.faces + gone.faces, done.erased.users + gone.users)
            for _scope, item in self.place.items(self.operator.tables):
                self.erasing.empty(item, wanted)
            done.remains = self.look(wanted)
            if done.remains.nothing:
                return done
        raise StillThere(
            f"something is left, or has come again meanwhile: {done.remains}; run this again"
        )

    def look(self, wanted: Wanted) -> Remains:
        """Look through everything that is stored of the account's collections."""
        tables = self.operator.tables
        return look_for(wanted, self._generations(), tables, self.store, self.placement)

    def _generations(self) -> set[str]:
        found: set[str] = set()
        for scope, item in self.place.items(self.operator.tables):
            collection, staged = from_collection_item(scope, item), from_staged(item)
            found |= {garbage.generation for garbage in from_garbage(item)}
            found |= set() if collection is None else {collection.generation}
            found |= set() if staged is None else {staged.generation}
        return found

    def _withdraw(self, erasure: Erasure) -> int:
        consents = DynamoConsents(self.operator.tables)
        account, now = self.place.account, time.time()
        return sum(
            consents.withdraw(Scope(account, region), name, now) for region, name in erasure.names
        )
