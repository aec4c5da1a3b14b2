"""A collection with faces to make users of."""

from dataclasses import dataclass
from typing import Any

from tests.conformance.album import Album

UNKNOWN = "00000000-0000-4000-8000-000000000000"
"""A FaceId that no collection has."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A collection of two faces of A and one of B that starts without users."""

    c: Any
    id: str
    a: tuple[str, str]
    """FaceIds of a2 and a3."""
    b: str

    def create(self, *user_ids: str) -> None:
        """Create users."""
        for user_id in user_ids:
            self.c.create_user(CollectionId=self.id, UserId=user_id)

    def associate(self, user_id: str, *face_ids: str, **more: Any) -> dict[str, Any]:
        """Call AssociateFaces."""
        answer: dict[str, Any] = self.c.associate_faces(
            CollectionId=self.id, UserId=user_id, FaceIds=list(face_ids), **more
        )
        return answer

    def disassociate(self, user_id: str, *face_ids: str, **more: Any) -> dict[str, Any]:
        """Call DisassociateFaces."""
        answer: dict[str, Any] = self.c.disassociate_faces(
            CollectionId=self.id, UserId=user_id, FaceIds=list(face_ids), **more
        )
        return answer

    def users(self) -> dict[str, str]:
        """Return each user's status by UserId, in the order of ListUsers."""
        listed = self.c.list_users(CollectionId=self.id)["Users"]
        assert all(set(user) == {"UserId", "UserStatus"} for user in listed)
        return {user["UserId"]: user["UserStatus"] for user in listed}

    def owners(self) -> dict[str, str]:
        """Return the UserId of each associated face by FaceId."""
        listed = self.c.list_faces(CollectionId=self.id)["Faces"]
        return {face["FaceId"]: face["UserId"] for face in listed if "UserId" in face}


def enrol(c: Any, collection_id: str, album: Album) -> Enrolled:
    """Index a2, a3 and b1, with A, A and B as ExternalImageIds."""
    a2, a3, b1 = (
        index(c, collection_id, image, name)[0]
        for image, name in ((album.a2, "A"), (album.a3, "A"), (album.b1, "B"))
    )
    return Enrolled(c, collection_id, (a2, a3), b1)


def index(c: Any, collection_id: str, image: bytes, name: str) -> list[str]:
    """Index a picture, and return the FaceIds, of the largest face first."""
    answer = c.index_faces(CollectionId=collection_id, Image={"Bytes": image}, ExternalImageId=name)
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def members(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer's own members."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
