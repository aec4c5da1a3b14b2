"""Bringing a manifest's celebrities into the gallery.

Every step may be repeated: a FaceId follows from the image and the celebrity, so that the next run
goes on where one was stopped.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from lineament.cli.bulk.places import Unfit, locate, read_image
from lineament.cli.bulk.rows import ManifestError
from lineament.cli.celebrity.desk import Desk
from lineament.cli.celebrity.images import Seen, look
from lineament.cli.celebrity.manifest import Entry
from lineament.cli.celebrity.present import Present, named_by, require_alike
from lineament.cli.celebrity.report import Doubtful, Outcome, Rejected
from lineament.domain import ids
from lineament.domain.celebrities import COLLECTION_ID, Celebrity
from lineament.domain.faces import FaceRecord, Vector
from lineament.domain.similarity import FaceModel
from lineament.errors import ConflictException, LineamentError, ResourceAlreadyExistsException
from lineament.handlers.faces import store_new


class Importer:
    """Imports, or rehearses it: then nothing is written."""

    def __init__(
        self,
        desk: Desk,
        manifest: Path,
        region: str,
        progress: Callable[[], None] = lambda: None,
        *,
        dry_run: bool = False,
    ) -> None:
        """Take what importing needs.

        Args:
            desk: the gallery.
            manifest: paths of images are relative to its folder.
            region: of buckets.
            progress: called after each image.
            dry_run: look at everything and write nothing.

        Raises:
            LineamentError: the gallery is bound to a FaceModelVersion that is not run.
        """
        self._desk = desk
        self._services = desk.services
        self._manifest = manifest
        self._region = region
        self._progress = progress
        self._dry_run = dry_run
        self._model = self._choose_model()
        self._rehearsed: dict[str, list[Vector]] = {}
        """By celebrity id: faces that would be in the gallery, were this no rehearsal."""

    def run(self, entries: Sequence[Entry], outcome: Outcome) -> None:
        """Import every entry, and fill `outcome` on the way.

        Raises:
            ManifestError: an id that follows from a name is taken; nothing was written.
            WireError: S3 or DynamoDB does not answer, or a quota is reached; what is done stays.
        """
        self._require_no_collision(entries)
        if not self._dry_run and self._desk.find() is None:
            with suppress(ResourceAlreadyExistsException):  # another run was faster
                self._desk.call("CreateCollection", {})
        for entry in entries:
            self._tell(entry.celebrity, outcome)
            for image in entry.images:
                self._take(entry.celebrity, image, outcome)
                self._progress()

    def _choose_model(self) -> FaceModel:
        """Return the model of the gallery's vectors, or of those that it is going to have."""
        gallery, models = self._desk.find(), self._services.models
        if gallery is None:
            return models.for_new(COLLECTION_ID)
        model = models.of(gallery.model_version)
        if model is None:
            raise LineamentError(
                f"the gallery of celebrities is bound to FaceModelVersion {gallery.model_version} "
                f"and these settings run {', '.join(models.versions())}; name its profile in them, "
                "or `lineament celebrities drop` and import again"
            )
        return model

    def _require_no_collision(self, entries: Sequence[Entry]) -> None:
        gallery = self._desk.find()
        if gallery is None:
            return
        derived = {entry.celebrity.celebrity_id: entry for entry in entries if entry.named}
        there = self._services.celebrities.find(gallery, derived.keys())
        problems = [
            f"{derived[taken].where}: id: {taken}, which follows from the name, is that of "
            f"{other.name} in the gallery; give it an id"
            for taken, other in there.items()
            if other.name != derived[taken].celebrity.name
        ]
        if problems:
            raise ManifestError(problems)

    def _present(self) -> Present | None:
        gallery = self._desk.find()
        return None if gallery is None else Present(gallery, self._services.gallery.sync(gallery))

    def _tell(self, celebrity: Celebrity, outcome: Outcome) -> None:
        """Make the user that is the celebrity, and keep what it is called."""
        present = self._present()
        before = None
        if present is not None:
            told = self._services.celebrities.find(present.gallery, [celebrity.celebrity_id])
            before = told.get(celebrity.celebrity_id)
        if before == celebrity:
            outcome.unchanged += 1
        elif before is None:
            outcome.created += 1
        else:
            outcome.updated += 1
        if self._dry_run:
            return
        if present is None or present.user(celebrity.celebrity_id) is None:
            with suppress(ConflictException):  # another run was faster
                self._desk.call("CreateUser", {"UserId": celebrity.celebrity_id})
        if before != celebrity:
            # Last: where the gallery was dropped, its name is not put where nothing erases it.
            self._services.celebrities.put(self._desk.require(), celebrity)

    def _take(self, celebrity: Celebrity, image: str, outcome: Outcome) -> None:
        try:
            place = locate(image, self._manifest)
            content = read_image(self._services.objects, place, self._region)
            present = self._present()
            if present is not None and present.has(celebrity.celebrity_id, content):
                outcome.known += 1
                return
            seen = look(self._services, content, self._model.recogniser)
            doubts = self._judge(celebrity, present, seen.vector)
            if self._dry_run:
                self._rehearsed.setdefault(celebrity.celebrity_id, []).append(seen.vector)
            else:
                self._store(celebrity, seen)
        except Unfit as unfit:
            about = celebrity.celebrity_id, celebrity.name, image
            outcome.rejected.append(Rejected(*about, str(unfit), unfit.similarity))
            return
        outcome.added += 1
        outcome.doubtful += [
            Doubtful(celebrity.celebrity_id, celebrity.name, image, other, similarity)
            for other, similarity in doubts
        ]

    def _judge(
        self, celebrity: Celebrity, present: Present | None, vector: Vector
    ) -> list[tuple[str, float]]:
        """Return the other celebrities, with similarities, that the face would be taken for.

        Raises:
            Unfit: it is not like the celebrity's own faces.
        """
        others = list(self._rehearsed.get(celebrity.celebrity_id, ()))
        if present is not None:
            others += present.faces(celebrity.celebrity_id)
        require_alike(others, vector, self._model.calibration)
        threshold = self._services.celebrity_threshold
        named = named_by(present, self._rehearsed, vector, self._model.calibration, threshold)
        return [pair for pair in named if pair[0] != celebrity.celebrity_id]

    def _store(self, celebrity: Celebrity, seen: Seen) -> None:
        gallery = self._desk.require()
        face = seen.picture.faces[seen.index]
        record = FaceRecord(
            ids.face_id(gallery.lineage, seen.image_id, celebrity.celebrity_id, seen.index),
            seen.image_id,
            face.box,
            face.confidence,
            celebrity.celebrity_id,
        )
        vector = seen.vector[np.newaxis]
        store_new(self._services, gallery, {seen.index: record}, lambda _: vector)
        answer = self._desk.call(
            "AssociateFaces", {"UserId": celebrity.celebrity_id, "FaceIds": [record.face_id]}
        )
        for refused in answer["UnsuccessfulFaceAssociations"]:
            # Another run has changed the celebrity's faces since this one looked.
            self._desk.call("DeleteFaces", {"FaceIds": [record.face_id]})
            raise Unfit(", ".join(refused["Reasons"]), refused.get("Confidence"))
