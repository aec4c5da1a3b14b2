"""What handlers ask of the world. Adapters in vision/, storage/ and gallery/ answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from lineament.context import Scope
from lineament.domain.collections import Change, Collection, UserChange
from lineament.domain.faces import FaceRecord, Matrix, Vector
from lineament.domain.idempotency import Attempt
from lineament.domain.standing import Logged, Settled, Standing
from lineament.domain.users import Membership, User

Retagging = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Makes new tags of a resource's tags."""


class CollectionStore(Protocol):
    """Collections by name. Every method reads consistently."""

    def create(self, collection: Collection) -> None:
        """Store a new collection.

        Raises:
            ResourceAlreadyExistsException: the scope has a collection of that id.
        """
        ...

    def find(self, scope: Scope, collection_id: str) -> Collection | None:
        """Return the collection as of now, or None."""
        ...

    def latest(self, collection: Collection) -> int:
        """Return a collection's seq as of now; what it was where its generation is gone."""
        ...

    def count(self, scope: Scope) -> int:
        """Return how many collections the scope has."""
        ...

    def page(self, scope: Scope, after: str | None, limit: int) -> list[Collection]:
        """Return up to `limit` collections with id > `after`, by id in code point order."""
        ...

    def delete(self, collection: Collection) -> bool:
        """Drop the name in one conditional write; False if this generation was gone already."""
        ...

    def retag(self, collection: Collection, change: Retagging) -> None:
        """Replace a collection's tags by what `change` makes of those that it has.

        Whatever others do to them at the same moment, no change is lost.

        Args:
            collection: of any moment.
            change: may be called several times; what it raises leaves the tags as they are.

        Raises:
            ResourceNotFoundException: the collection was deleted (or made again) meanwhile.
            ThrottlingException: others changed the tags too often; these are as they were.
        """
        ...

    def rule(self, collection: Collection, change: Retagging) -> None:
        """Replace the operator's rules on a collection, as `retag` does with the tags."""
        ...


class FaceStore(Protocol):
    """The faces of a collection and the log that commits them."""

    def add(self, collection: Collection, faces: Sequence[FaceRecord], vectors: Matrix) -> int:
        """Commit up to 100 faces, all or none, and return the change's seq.

        When this returns, every process that syncs to the collection's seq sees the faces.

        Args:
            collection: as it was when the caller saw, in a view synced to it, that the faces are
                new; its generation must still be the live one.
            faces: at least one.
            vectors: shape (len(faces), d), float32.

        Raises:
            ResourceNotFoundException: the collection was deleted (or made again) meanwhile.
        """
        ...

    def restore(
        self, collection: Collection, faces: Sequence[FaceRecord], standing: Standing
    ) -> None:
        """Put back the records of committed faces that have lost theirs.

        A face that was removed since `collection` was read gets none.

        Args:
            collection: as for `add`.
            faces: up to 100.
            standing: the view that the faces were seen in.

        Raises:
            ResourceNotFoundException: as for `add`.
        """
        ...

    def locate(self, collection: Collection, faces: Sequence[FaceRecord]) -> None:
        """Keep the sources of faces whose records are there; a face that has none is passed over.

        Args:
            collection: of the faces.
            faces: each with a source.
        """
        ...

    def remove(
        self, collection: Collection, face_ids: Sequence[str], standing: Standing
    ) -> Settled:
        """Commit the removal of committed faces, then erase records and vectors of those removed.

        Args:
            collection: as for `add`.
            face_ids: at least one. One that belongs to a user when the removal's turn comes stays.
            standing: the view that they were seen in.

        Returns:
            The faces that were removed, as the effect's.

        Raises:
            ResourceNotFoundException: as for `add`.
        """
        ...

    def take_out(self, collection: Collection, face_ids: Sequence[str], standing: Standing) -> bool:
        """Remove faces whoever they belong to, with records and vectors.

        Args:
            collection: as for `add`.
            face_ids: any number.
            standing: the log's, see `GalleryView.log`.

        Returns:
            False where others have changed the collection since: look again, and try again.

        Raises:
            ResourceNotFoundException: as for `add`.
        """
        ...

    def records(self, collection: Collection, face_ids: Sequence[str]) -> dict[str, FaceRecord]:
        """Return the stored records by face id; ids without one are absent. Any number of ids."""
        ...


class UserStore(Protocol):
    """The users of a collection, in its log."""

    def commit(
        self, collection: Collection, standing: Standing, change: UserChange, attempt: Attempt
    ) -> Settled:
        """Commit a change of a user and tell what it did when its turn came.

        The UserId of a user that was there already is not kept a second time.

        Args:
            collection: its generation must still be the live one.
            standing: the view that the change was decided on.
            change: what to do.
            attempt: its `write` marks the change in the log.

        Raises:
            ResourceNotFoundException: the collection was deleted (or made again) meanwhile.
        """
        ...

    def recall(
        self, collection: Collection, attempt: Attempt, standing: Standing
    ) -> Settled | None:
        """Tell what another call of the same token did, or None if `standing` holds nothing of it.

        A view can be ahead of `collection`: it must be asked about before anything is judged by it.
        """
        ...

    def forget_name(self, collection: Collection, seq: int) -> None:
        """Erase the UserId at the number that made a user that is no more."""
        ...


class ChangeLog(Protocol):
    """The log as a gallery reads it."""

    def changes(self, generation: str, after: int, upto: int) -> list[Change]:
        """Return every change with after < seq <= upto, in order, void ones included.

        A number whose change does not appear within the grace time is voided by a conditional
        write, so that all readers agree for ever; its writer then takes a new number.
        """
        ...


class GalleryView(Protocol):
    """The faces and users of a collection at one seq. Immutable: later syncs do not change it.

    Faces that have expired are in none.
    """

    @property
    def log(self) -> Logged:
        """What the log has of them: for writers, never for an answer."""
        ...

    @property
    def seq(self) -> int:
        """The number up to which the log is in it."""
        ...

    @property
    def membership(self) -> Membership:
        """Its users, and whose its faces are."""
        ...

    def __len__(self) -> int:
        """Return the number of faces."""
        ...

    def __contains__(self, face_id: str) -> bool:
        """Tell whether the collection holds the face."""
        ...

    def vector(self, face_id: str) -> Vector | None:
        """Return the face's vector, or None."""
        ...

    def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of those faces that the collection holds, in one look for all."""
        ...

    def page(self, after: str | None, limit: int) -> list[str]:
        """Return up to `limit` face ids > `after`, ascending."""
        ...

    def search(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        """Find every nearest face exactly, as brute force would.

        Args:
            query: shape (d,), float32, length at most 1.
            min_score: keep faces whose cosine with `query` is at least this.
            limit: the number of faces to return at most, at least 1.

        Returns:
            (face id, cosine) by cosine descending, ties by face id ascending.
        """
        ...

    def template(self, key: str) -> Vector | None:
        """Return the vector that stands for a user's faces; None without user or faces."""
        ...

    def user_page(self, after: str | None, limit: int) -> list[User]:
        """Return up to `limit` users with key > `after`, by key."""
        ...

    def search_users(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        """Find the nearest templates exactly, by the keys of their users; as `search` for faces.

        Users without faces have no template and are never found.
        """
        ...


class Gallery(Protocol):
    """The galleries of this process."""

    def begin(self, collection: Collection) -> None:
        """Start to read a collection that is not held, while the caller does something else."""

    def sync(self, collection: Collection) -> GalleryView:
        """Catch up with the log to at least `collection.seq` and return the view."""

    def drop(self, collection: Collection) -> None:
        """Let go of the memory of a collection that was deleted."""


class ObjectStore(Protocol):
    """Reads images from S3."""

    def read(self, region: str, bucket: str, key: str, version: str | None, limit: int) -> bytes:
        """Return the object's bytes.

        Raises:
            InvalidS3ObjectException: missing, forbidden, or in another region.
            ImageTooLargeException: over `limit` bytes; the body is not read.
        """


class Secrets(Protocol):
    """Secrets that all processes of a deployment share."""

    def paging_key(self) -> bytes:
        """Return the key that signs page tokens: 32 bytes, made once per deployment."""
