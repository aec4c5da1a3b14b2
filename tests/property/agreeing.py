"""What must hold of a collection's faces and users whenever nobody is changing it."""

from typing import Any


def everybody(c: Any, collection_id: str) -> list[dict[str, str]]:
    """Return all of ListUsers, by small pages."""
    pages = c.get_paginator("list_users").paginate(
        CollectionId=collection_id, PaginationConfig={"PageSize": 7}
    )
    return [user for page in pages for user in page["Users"]]


def owners(c: Any, collection_id: str) -> dict[str, str | None]:
    """Return every FaceId of ListFaces with its UserId, or None."""
    pages = c.get_paginator("list_faces").paginate(CollectionId=collection_id)
    return {face["FaceId"]: face.get("UserId") for page in pages for face in page["Faces"]}


def agree(clients: list[Any], collection_id: str) -> None:
    """Assert that all that can be asked about a collection tells the same, in every process.

    Args:
        clients: one of each process at least.
        collection_id: nobody changes it meanwhile.
    """
    told = [_tell(client, collection_id) for client in clients]
    assert all(each == told[0] for each in told[1:])


def _tell(c: Any, collection_id: str) -> Any:
    listed = everybody(c, collection_id)
    faces = owners(c, collection_id)
    statuses = {user["UserId"]: user["UserStatus"] for user in listed}
    assert len(statuses) == len(listed)
    described = c.describe_collection(CollectionId=collection_id)
    assert (described["UserCount"], described["FaceCount"]) == (len(listed), len(faces))
    of_user: dict[str, list[str]] = {user_id: [] for user_id in statuses}
    for face_id, user_id in sorted(faces.items()):
        if user_id is not None:
            of_user[user_id].append(face_id)  # KeyError: a face of a user who does not exist
    for user_id, mine in of_user.items():
        assert statuses[user_id] == ("ACTIVE" if mine else "CREATED")
        answer = c.list_faces(CollectionId=collection_id, UserId=user_id, MaxResults=4096)
        assert [face["FaceId"] for face in answer["Faces"]] == mine
        assert len(mine) <= 100
    found = _searched(c, collection_id, of_user, faces)
    return listed, faces, found


def _searched(
    c: Any, collection_id: str, of_user: dict[str, list[str]], faces: dict[str, str | None]
) -> list[Any]:
    """Assert that searches find all users with faces and no other, and return what they told."""
    asked: dict[str, Any] = {"CollectionId": collection_id, "UserMatchThreshold": 0}
    active = {user_id for user_id, mine in of_user.items() if mine}
    told = []
    for face_id in list(faces)[:4]:
        matches = c.search_users(**asked, FaceId=face_id)["UserMatches"]
        assert {match["User"]["UserId"] for match in matches} == active
        told.append(matches)
        others = c.search_faces(CollectionId=collection_id, FaceId=face_id, FaceMatchThreshold=0)
        assert {
            match["Face"]["FaceId"]: match["Face"].get("UserId") for match in others["FaceMatches"]
        } == {other: owner for other, owner in faces.items() if other != face_id}
    for user_id in list(of_user)[:4]:
        matches = c.search_users(**asked, UserId=user_id)["UserMatches"]
        if user_id in active:
            assert {match["User"]["UserId"] for match in matches} == active - {user_id}
        else:
            assert matches == []
        told.append(matches)
    return told
