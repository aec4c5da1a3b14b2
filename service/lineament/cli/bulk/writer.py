"""Storing the faces of a batch of pictures, and letting them belong to users."""

from collections import defaultdict
from contextlib import suppress
from functools import partial

import numpy as np

from lineament.cli.bulk.batches import Examined
from lineament.cli.bulk.examiner import Ready
from lineament.cli.bulk.patience import patiently
from lineament.cli.bulk.places import S3Place
from lineament.cli.bulk.report import Rejected, Taken
from lineament.cli.bulk.target import Target, user_of
from lineament.domain import ids
from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, Source, Vector
from lineament.domain.limits import FACES_PER_USER
from lineament.errors import ConflictException, ServiceQuotaExceededException
from lineament.handlers.faces import store_new

_KIND = "its face is in the collection, and not its user's"
"""It is left there, since it may have been there before."""


class Writer:
    """Writes to a collection; for one thread, which makes its counts exact."""

    def __init__(self, target: Target) -> None:
        """Write nothing yet."""
        self._target = target
        self._desk = target.desk

    def write(self, batch: list[Examined]) -> list[Taken | Rejected]:
        """Store what is ready of a batch, and tell what became of each picture.

        Raises:
            LineamentError: no other batch would fare better: DynamoDB does not answer, the quota
                of faces is reached, or the collection is gone.
        """
        ready = [each for each in batch if isinstance(each, Ready)]
        if not ready:
            return [each for each in batch if not isinstance(each, Ready)]
        collection, view = self._target.catch_up()
        records: dict[str, FaceRecord] = {}
        vectors: dict[str, Vector] = {}
        results: dict[int, Taken | Rejected] = {}
        for each in ready:
            mine = _records(collection, each)
            new = [r for r in mine if r.face_id not in records and r.face_id not in view]
            results[id(each)] = Taken(len(new), each.left_out)
            for record, vector in zip(mine, each.vectors, strict=True):
                records[record.face_id], vectors[record.face_id] = record, vector
        self._store(collection, list(records.values()), list(vectors.values()))
        results |= self._join(collection, [each for each in ready if each.item.user_id is not None])
        return [results[id(each)] if isinstance(each, Ready) else each for each in batch]

    def _store(
        self, collection: Collection, records: list[FaceRecord], vectors: list[Vector]
    ) -> None:
        numbered = dict(enumerate(records))
        patiently(
            lambda: store_new(
                self._desk.services,
                collection,
                numbered,
                lambda new: np.stack([vectors[number] for number in new]),
            ),
            self._target.stopped,
        )

    def _join(self, collection: Collection, ready: list[Ready]) -> dict[int, Rejected]:
        """Let stored faces belong to their users, and return the pictures whose do not."""
        by_user: defaultdict[str, list[Ready]] = defaultdict(list)
        for each in ready:
            by_user[each.item.user_id or ""].append(each)
        rejected: dict[int, Rejected] = {}
        for user_id, theirs in by_user.items():
            faces = {_records(collection, each)[0].face_id: each for each in theirs}
            try:
                give = partial(self._associate, user_id, [*faces])
                refused = patiently(give, self._target.stopped)
            except ServiceQuotaExceededException as error:
                refused = dict.fromkeys(faces, error.message)
            for each in theirs:
                reason = refused.get(_records(collection, each)[0].face_id)
                if reason is not None:
                    told = f"{_KIND}: {reason}"
                    rejected[id(each)] = Rejected(each.item.name, told, _KIND)
        return rejected

    def _associate(self, user_id: str, face_ids: list[str]) -> dict[str, str]:
        """Give faces to a user, who is made where there is none; return reasons by FaceId.

        Raises:
            ServiceQuotaExceededException: the collection has no room for the user.
        """
        collection, view = self._target.catch_up()
        user = view.membership.find(ids.user_key(collection.lineage, user_id))
        if user is None:
            with suppress(ConflictException):  # another run was faster
                self._desk.call("CreateUser", {"UserId": user_id})
        room = FACES_PER_USER - (0 if user is None else len(user.faces))
        todo = [face_id for face_id in face_ids if user_of(view, face_id) != user_id]
        full = f"{user_id} has {FACES_PER_USER} faces, the maximum"
        reasons = dict.fromkeys(todo[room:], full)
        if not todo[:room]:
            return reasons
        answer = self._desk.call("AssociateFaces", {"UserId": user_id, "FaceIds": todo[:room]})
        for refused in answer["UnsuccessfulFaceAssociations"]:
            told = ", ".join(refused["Reasons"])
            if refused.get("Confidence") is not None:
                told += f" (Similarity {refused['Confidence']:.1f} to the user's others)"
            reasons[refused["FaceId"]] = told
        return reasons


def _records(collection: Collection, ready: Ready) -> list[FaceRecord]:
    place, external = ready.item.place, ready.item.external_image_id
    source = Source(place.bucket, place.key) if isinstance(place, S3Place) else None
    return [
        FaceRecord(
            ids.face_id(collection.lineage, ready.image_id, external, index),
            ready.image_id,
            face.box,
            face.confidence,
            external,
            source,
        )
        for index, face in ready.faces
    ]
