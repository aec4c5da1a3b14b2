"""From a picture to the faces of it that are taken, with their vectors."""

from dataclasses import dataclass

from lineament.cli.bulk.gate import Gate
from lineament.cli.bulk.naming import Item, Refused
from lineament.cli.bulk.patience import BUSY, patiently
from lineament.cli.bulk.places import Unfit, read_image
from lineament.cli.bulk.report import Rejected, Taken
from lineament.cli.bulk.target import Target
from lineament.domain import ids
from lineament.domain.faces import DetectedFace, ImageFaces, Matrix
from lineament.domain.limits import MAX_FACES_PER_IMAGE
from lineament.domain.quality import QualityLevel, Selection, select_faces
from lineament.jobs.refusals import UNREADABLE

_NO_CONSENT = "the collection takes faces by consent only, and there is none"
_KINDS = {
    "ImageTooLargeException": "it is too large",
    "InvalidImageFormatException": "it is no JPEG or PNG that can be decoded",
    "InvalidParameterException": "it is too small",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How pictures are looked at."""

    max_faces: int = MAX_FACES_PER_IMAGE
    """Of a picture."""
    quality: str = QualityLevel.AUTO
    again: bool = False
    """Look at pictures of which the collection has faces, too."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """A picture whose faces can be stored."""

    item: Item
    image_id: str
    faces: tuple[tuple[int, DetectedFace], ...]
    """With their places in the picture."""
    vectors: Matrix
    """Shape (len(faces), d), float32."""
    left_out: int
    """Faces that did not pass the QualityFilter, or MaxFaces."""


class Examiner:
    """Looks at pictures. Safe to share between threads."""

    def __init__(self, target: Target, options: Options, gate: Gate) -> None:
        """Load no model yet."""
        self._gate = gate
        self._target = target
        self._services = target.desk.services
        self._options = options

    def examine(self, candidate: Item | Refused) -> Ready | Taken | Rejected:
        """Look at a picture; `Taken` says that there is nothing to store."""
        if isinstance(candidate, Refused):
            return Rejected(candidate.name, candidate.reason, candidate.kind)
        try:
            return self._examine(candidate)
        except Unfit as unfit:
            return Rejected(candidate.name, str(unfit), unfit.kind)

    def _examine(self, item: Item) -> Ready | Taken:
        self._require_consent(item)
        content = self._read(item)
        image_id = ids.image_id(content)
        again = self._options.again
        if not again and self._target.has(image_id, item.external_image_id, item.user_id):
            return Taken(0)
        try:
            picture = self._services.engine().analyse(content)
        except UNREADABLE as error:
            raise Unfit(error.message, kind=_KINDS.get(error.code, "")) from error
        chosen = self._choose(item, picture)
        kept, left_out = list(chosen.kept), len(chosen.dropped)
        if self._options.dry_run:
            return Taken(len(kept), left_out)
        vectors = picture.embed(kept, self._target.model.recogniser)
        faces = tuple((index, picture.faces[index]) for index in kept)
        return Ready(item, image_id, faces, vectors, left_out)

    def _require_consent(self, item: Item) -> None:
        target = self._target
        told = patiently(
            lambda: self._gate.refusal(
                target.desk.scope, target.collection, item.external_image_id
            ),
            target.stopped,
        )
        if told:
            raise Unfit(told, kind=_NO_CONSENT)

    def _read(self, item: Item) -> bytes:
        region = self._target.desk.scope.region
        try:
            return patiently(
                lambda: read_image(self._services.objects, item.place, region),
                self._target.stopped,
            )
        except BUSY as error:
            kind = "S3 is too busy or does not answer; import again"
            raise Unfit(f"{error.message} ({kind})", kind=kind) from error

    def _choose(self, item: Item, picture: ImageFaces) -> Selection:
        """Choose the faces to take.

        Raises:
            Unfit: there is none; or there are several, and the picture is of one user.
        """
        if not picture.faces:
            raise Unfit("it shows no face")
        options, recogniser = self._options, self._target.model.recogniser
        quality, most = self._gate.tighten(
            self._target.collection, options.quality, options.max_faces
        )
        chosen = select_faces(picture, quality, most, recogniser)
        if not chosen.kept:
            told = "; ".join(", ".join(reasons) for _, reasons in chosen.dropped)
            kind = f"no face passes the QualityFilter {quality}"
            raise Unfit(f"{kind}: {told}", kind=kind)
        if item.user_id is not None and len(chosen.kept) > 1:
            kind = "several faces pass the QualityFilter where one user's should"
            raise Unfit(f"{kind}: {len(chosen.kept)}; --max-faces 1 takes the best", kind=kind)
        return chosen
