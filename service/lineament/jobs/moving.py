"""Moving a collection to another face model, beside the service that goes on using it."""

from collections.abc import Callable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lineament.domain.collections import Collection
from lineament.domain.faces import FaceEngine
from lineament.domain.ports import CollectionStore, FaceStore, ObjectStore
from lineament.domain.similarity import FaceModel
from lineament.errors import LineamentError
from lineament.jobs.carrying import Carrier
from lineament.jobs.looking import Found, Left, Pictures, look, together
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.entries import MAX_ADDED
from lineament.storage.living import LivingFaces
from lineament.storage.provision import Tables
from lineament.storage.staging import Stage, open_stage

_WORKERS = 2
_PICTURES_AT_ONCE = 32
"""What a crash loses at most, and one commit holds about."""
_SWITCHES = 100
"""Rounds of catching up after which a collection counts as too busy."""


@dataclass(slots=True)
class Outcome:
    """What a run does; filled while it goes on."""

    faces: int = 0
    """In the collection, when last looked at."""
    pictures: int = 0
    """Looked at by this run."""
    moved: int = 0
    """By this run; or that could be, where it is a rehearsal."""
    resumed: int = 0
    """Moved by an earlier run that did not come to its end."""
    left: dict[str, Left] = field(default_factory=dict)
    """By face id: those that cannot be moved."""
    switched: bool = False


@dataclass(frozen=True, slots=True)
class Mover:
    """What moving needs."""

    tables: Tables
    collections: CollectionStore
    faces: FaceStore
    objects: ObjectStore
    engine: Callable[[], FaceEngine]
    progress: Callable[[int, int], None] = lambda _done, _total: None
    """Told after each picture how many faces are done, and how many there are to do."""

    def rehearse(self, collection: Collection, outcome: Outcome) -> None:
        """Look at every picture and write nothing; no vector is made."""
        living = LivingFaces(DynamoChangeLog(self.tables), collection.generation)
        living.catch_up(collection)
        outcome.faces = len(living.ids)
        for each in self._look_at(collection, living.ids, Pictures(self.faces), None, outcome):
            outcome.moved += sum(len(found.records) for found in each)

    def move(
        self,
        collection: Collection,
        model: FaceModel,
        outcome: Outcome,
        *,
        drop_unknown: bool,
    ) -> None:
        """Make the collection's vectors anew, and switch its name once all faces are there.

        Faces that are indexed and deleted meanwhile, and users, are followed until the switch,
        which happens only if nothing has changed since. Where faces cannot be moved nothing is
        switched unless `drop_unknown`, and never if none can.

        Raises:
            StageLost: another run took over, or the collection was deleted.
            ServiceUnavailable: S3 or DynamoDB does not answer.
            LineamentError: the collection changes faster than it can be followed.
        """
        log = DynamoChangeLog(self.tables)
        stage = open_stage(self.tables, collection, model.version)
        living = LivingFaces(log, collection.generation)
        there = LivingFaces(log, stage.collection.generation)
        there.catch_up(stage.collection)
        outcome.resumed = len(there.ids)
        carrier = Carrier(stage, living, there)
        pictures = Pictures(self.faces)
        pictures.note(collection, there.ids)
        for _ in range(_SWITCHES):
            now = self._require_unmoved(collection)
            living.catch_up(now)
            outcome.faces = len(living.ids)
            outcome.left = {key: left for key, left in outcome.left.items() if key in living.ids}
            carrier.take_off()
            if gone := there.ids - living.ids:
                stage.remove(sorted(gone), there)
            todo = living.ids - there.ids - outcome.left.keys()
            for each in self._look_at(now, todo, pictures, model, outcome):
                outcome.moved += _write(stage, each, living)
            there.catch_up(stage.collection)
            carrier.put_on()
            if todo:
                continue  # Others may have come and gone while these were made.
            if outcome.left and not (drop_unknown and len(outcome.left) < outcome.faces):
                return
            if stage.switch(now):
                outcome.switched = True
                return
        raise LineamentError(
            f"{collection.collection_id} changes faster than it can be followed; run this again "
            "when less is indexed and deleted"
        )

    def _require_unmoved(self, collection: Collection) -> Collection:
        now = self.collections.find(collection.scope, collection.collection_id)
        if now is None or now.generation != collection.generation:
            raise LineamentError(f"{collection.collection_id} was deleted or moved meanwhile")
        return now

    def _look_at(
        self,
        collection: Collection,
        face_ids: Set[str],
        pictures: Pictures,
        model: FaceModel | None,
        outcome: Outcome,
    ) -> Iterator[list[Found]]:
        """Yield what was found of faces, some pictures at a time; `outcome` has the rest."""
        todo, lost = pictures.read(collection, face_ids)
        outcome.left |= {left.face_id: left for left in lost}
        done = outcome.faces - len(face_ids) + len(lost)
        region = collection.scope.region
        with ThreadPoolExecutor(_WORKERS) as pool:
            for start in range(0, len(todo), _PICTURES_AT_ONCE):
                batch = []
                part = todo[start : start + _PICTURES_AT_ONCE]
                for found in pool.map(
                    lambda one: look(one, region, self.objects, self.engine, model), part
                ):
                    batch.append(found)
                    outcome.pictures += 1
                    outcome.left |= {left.face_id: left for left in found.left}
                    done += len(found.records) + len(found.left)
                    self.progress(done, outcome.faces)
                yield batch


def _write(stage: Stage, batch: list[Found], living: LivingFaces) -> int:
    records, vectors = together(batch)
    for start in range(0, len(records), MAX_ADDED):
        part = slice(start, start + MAX_ADDED)
        # A face does not get younger by a move: it expires when it would have.
        indexed = [living.indexed[record.face_id] for record in records[part]]
        stage.add(records[part], vectors[part], indexed)
    return len(records)
