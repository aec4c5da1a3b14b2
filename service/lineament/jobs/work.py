"""Jobs of the work queue. Each may be done twice, or be cut off anywhere and begun again."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from lineament.app import Application
from lineament.context import Scope
from lineament.domain.celebrities import SCOPE as CELEBRITIES
from lineament.domain.collections import Collection
from lineament.errors import ConflictException, LineamentError
from lineament.jobs import messages
from lineament.jobs.moving import Mover, Outcome
from lineament.jobs.refusals import BAD_REQUEST, OF_ONE_PICTURE
from lineament.storage.compaction import Due, compact
from lineament.storage.purge import purge
from lineament.storage.staging import StageLost
from lineament.vision.profiles import read_profile

Job = Mapping[str, Any]
Counts = Mapping[str, int]
_NOW = Due(interval=0, growth=1)
_TIME_IS_OVER = "the event's time is over"
_log = logging.getLogger(__name__)


class JobFailed(LineamentError):
    """A job that cannot be done, or not wholly; it comes again, and then is a dead letter."""


class Unfinished(LineamentError):
    """A part of a job is done, and stays so; the rest goes back to the queue.

    Attributes:
        rest: members of the job that are others when it goes on.
        counts: of what is done.
    """

    def __init__(self, reason: str, rest: Job, counts: Counts) -> None:
        """Keep what is told of the job; `reason` is logged where nobody takes the rest."""
        super().__init__(reason)
        self.rest = rest
        self.counts = counts


@dataclass(frozen=True, slots=True)
class Worker:
    """Does jobs over a deployment's application."""

    application: Application
    scope: Scope
    """Of jobs that name none."""
    out_of_time: Callable[[], bool]
    hand_on: Callable[[str], None] | None = None
    """Sends a job to the queue; None where the settings name none."""

    def take(self, body: str) -> Counts:
        """Do the job that a message holds, or a part of it and hand it on.

        Raises:
            LineamentError: see the classes above, and what DynamoDB, S3 and the API raise.
        """
        job = messages.read(body)
        try:
            counts = _JOBS[job["job"]](self, job)
        except Unfinished as part:
            if self.hand_on is None or job["turn"] >= messages.MAX_TURNS:
                raise
            self.hand_on(orjson.dumps({**job, **part.rest, "turn": job["turn"] + 1}).decode())
            return {"HandedOn": 1, **part.counts}
        return {"Done": 1, **counts}

    def purge(self, _job: Job) -> Counts:
        """Erase what deleted collections left."""
        app = self.application
        done = purge(
            app.tables, snapshots=app.snapshots, placement=app.placement, stop=self.out_of_time
        )
        counts = {"PurgedGenerations": done.generations}
        if done.stopped:
            raise Unfinished(_TIME_IS_OVER, {}, counts)
        if done.failed:
            raise JobFailed(f"{done.failed} deleted generations could not be purged")
        return counts

    def compact(self, job: Job) -> Counts:
        """Fold a collection's log into a snapshot, if anything has changed since the last one.

        A part of a snapshot is worth nothing: once begun, it is made or lost.
        """
        app = self.application
        self._require_time({}, {})
        if app.snapshots is None:
            raise JobFailed("there is no place for snapshots: set LINEAMENT_SNAPSHOT_BUCKET")
        collection = self._find(job)
        if collection is None:
            return {}
        made = compact(app.tables, app.snapshots, collection, _NOW, placement=app.placement)
        return {"Snapshots": int(made)}

    def reindex(self, job: Job) -> Counts:
        """Move a collection to another face model, as `lineament reindex` does."""
        app, outcome = self.application, Outcome()
        services = app.services
        model = read_profile(job["profile"], "profile").model
        if services.models.of(model.version) is None:
            raise JobFailed(
                "the deployment does not run that profile: it would lose the collection"
            )
        collection = self._find(job)
        if collection is None or collection.model_version == model.version:
            return {}
        if collection.scope.account == CELEBRITIES.account:
            raise JobFailed("celebrities move by a new import")
        mover = Mover(
            app.tables,
            services.collections,
            services.faces,
            services.objects,
            services.engine,
            lambda _done, _all: self._require_time({}, {}),
        )
        try:
            mover.move(collection, model, outcome, drop_unknown=job["drop_unknown"])
        except StageLost as error:
            _log.info("%s", error)  # Whoever took over brings it to its end.
            return {}
        if not outcome.switched:
            raise JobFailed(f"{len(outcome.left)} of {outcome.faces} faces cannot be moved")
        return {"MovedFaces": outcome.moved}

    def import_(self, job: Job) -> Counts:
        """Index pictures that are in S3, and let their faces belong to users.

        Those that cannot be imported hold up none of the others. They go back into the queue as a
        job of their own, which fails once none of them can be: the dead letters name them alone.
        """
        counts: Counter[str] = Counter()
        images: list[Job] = job["images"]
        left: list[Job] = []
        for place, picture in enumerate(images):
            self._require_time({"images": [*images[place:], *left]}, counts)
            try:
                counts.update(self._import(job, picture))
            except BAD_REQUEST as error:
                _log.warning("not imported, %s: %s", error.code, ascii(picture["image"]))
                counts["Rejected"] += 1
            except OF_ONE_PICTURE as error:
                _log.warning("not imported yet, %s: %s", error.code, ascii(picture["image"]))
                left.append(picture)
        reason = f"{len(left)} of {len(images)} pictures cannot be imported"
        if len(left) == len(images):
            raise JobFailed(reason)
        if left:
            raise Unfinished(reason, {"images": left}, counts)
        return counts

    def _import(self, job: Job, picture: Job) -> Counts:
        bucket, _, name = picture["image"].removeprefix("s3://").partition("/")
        request = {"Image": {"S3Object": {"Bucket": bucket, "Name": name}}}
        user_id = picture.get("user_id")
        only = {"MaxFaces": 1} if user_id else {}
        external = picture.get("external_image_id")
        named = {"ExternalImageId": external} if external else {}
        answer = self._call(job, "IndexFaces", {**request, **named, **only})
        faces = [each["Face"]["FaceId"] for each in answer["FaceRecords"]]
        if user_id and faces:
            with suppress(ConflictException):  # It is there already.
                self._call(job, "CreateUser", {"UserId": user_id})
            joined = self._call(job, "AssociateFaces", {"UserId": user_id, "FaceIds": faces})
            if joined.get("UnsuccessfulFaceAssociations"):
                _log.warning("imported, and not its user's: %s", ascii(picture["image"]))
                return {"Indexed": 1, "Faces": len(faces), "NotAssociated": 1}
        return {"Indexed": 1, "Faces": len(faces)}

    def _call(self, job: Job, operation: str, request: Job) -> dict[str, Any]:
        body = orjson.dumps({"CollectionId": job["collection"], **request})
        answer: dict[str, Any] = orjson.loads(
            self.application.call(operation, body, self._scope(job))
        )
        return answer

    def _find(self, job: Job) -> Collection | None:
        """Return the collection; None where it was deleted, and there is nothing to do any more."""
        found = self.application.services.collections.find(self._scope(job), job["collection"])
        if found is None:
            _log.info("the collection of a job %s is not there", job["job"])
        return found

    def _scope(self, job: Job) -> Scope:
        return Scope(job.get("account", self.scope.account), job.get("region", self.scope.region))

    def _require_time(self, rest: Job, done: Counts) -> None:
        if self.out_of_time():
            raise Unfinished(_TIME_IS_OVER, rest, done)


_JOBS: Mapping[str, Callable[[Worker, Job], Counts]] = {
    "purge": Worker.purge,
    "compact": Worker.compact,
    "reindex": Worker.reindex,
    "import": Worker.import_,
}
