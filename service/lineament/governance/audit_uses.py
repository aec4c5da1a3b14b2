"""Which operations use face data, and where in their parameters and answers an entry looks.

What is not named here cannot get into an entry. Operations without a line (DescribeCollection,
ListCollections, ListTagsForResource, GetCelebrityInfo) tell of no caller's faces or users.
"""

from dataclasses import dataclass

from lineament.domain.limits import (
    DEFAULT_MATCHES,
    DEFAULT_PAGE,
    DEFAULT_THRESHOLD,
    DEFAULT_USERS,
    MAX_FACES_PER_IMAGE,
    USER_MATCH_THRESHOLD,
)

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """A list of the answer; each of its elements has an id, a similarity, both or neither."""

    member: str
    identifier: Path | None = None
    """Where in an element; () is the element itself."""
    similarity: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """Where an entry looks."""

    results: Results | None = None
    threshold: tuple[str, float] | None = None
    """The parameter, and what counts where it is absent."""
    limit: tuple[str, int] | None = None
    most: int | None = None
    """That count of `limit`, where the wire lets a caller ask for more."""
    subjects: tuple[str, ...] = ()
    """Parameters that are, or list, FaceIds and UserIds."""
    images: tuple[str, ...] = ()


_FACE = ("Face", "FaceId")
_FACE_MATCHES = Results("FaceMatches", _FACE, "Similarity")
_USER_MATCHES = Results("UserMatches", ("User", "UserId"), "Similarity")
_THRESHOLD = ("FaceMatchThreshold", DEFAULT_THRESHOLD)
_USER_THRESHOLD = ("UserMatchThreshold", DEFAULT_THRESHOLD)
_FACES = ("MaxFaces", DEFAULT_MATCHES)
_USERS = ("MaxUsers", DEFAULT_USERS)
_IMAGE = ("Image",)

USES: dict[str, Use] = {
    "AssociateFaces": Use(
        Results("AssociatedFaces", ("FaceId",)),
        ("UserMatchThreshold", USER_MATCH_THRESHOLD),
        subjects=("UserId", "FaceIds"),
    ),
    "CompareFaces": Use(
        Results("FaceMatches", similarity="Similarity"),
        ("SimilarityThreshold", DEFAULT_THRESHOLD),
        images=("SourceImage", "TargetImage"),
    ),
    "CreateCollection": Use(),
    "CreateUser": Use(subjects=("UserId",)),
    "DeleteCollection": Use(),
    "DeleteFaces": Use(Results("DeletedFaces", ()), subjects=("FaceIds",)),
    "DeleteUser": Use(subjects=("UserId",)),
    "DetectFaces": Use(Results("FaceDetails"), images=_IMAGE),
    "DisassociateFaces": Use(
        Results("DisassociatedFaces", ("FaceId",)), subjects=("UserId", "FaceIds")
    ),
    "IndexFaces": Use(
        Results("FaceRecords", _FACE),
        limit=("MaxFaces", MAX_FACES_PER_IMAGE),
        most=MAX_FACES_PER_IMAGE,
        images=_IMAGE,
    ),
    "ListFaces": Use(
        Results("Faces", ("FaceId",)),
        limit=("MaxResults", DEFAULT_PAGE),
        subjects=("UserId", "FaceIds"),
    ),
    "ListUsers": Use(Results("Users", ("UserId",)), limit=("MaxResults", DEFAULT_USERS)),
    "RecognizeCelebrities": Use(
        Results("CelebrityFaces", ("Id",), "MatchConfidence"), images=_IMAGE
    ),
    "SearchFaces": Use(_FACE_MATCHES, _THRESHOLD, _FACES, subjects=("FaceId",)),
    "SearchFacesByImage": Use(_FACE_MATCHES, _THRESHOLD, _FACES, images=_IMAGE),
    "SearchUsers": Use(_USER_MATCHES, _USER_THRESHOLD, _USERS, subjects=("UserId", "FaceId")),
    "SearchUsersByImage": Use(_USER_MATCHES, _USER_THRESHOLD, _USERS, images=_IMAGE),
    "TagResource": Use(),
    "UntagResource": Use(),
}
