"""What a deployment holds that is asked anything: else every question ends at "not found"."""

import base64
import json
from dataclasses import dataclass

from tests.security.world import World

COLLECTION = "stock"


@dataclass(frozen=True)
class Stock:
    """Names of things that are there."""

    face_ids: list[str]
    picture: bytes
    arn: str


def fill(world: World, collection_id: str = COLLECTION) -> Stock:
    """Make a collection with faces and users."""
    picture = world.faces.picture("ada", "bob", "eve", width=320, height=240)
    made = world.call("CreateCollection", {"CollectionId": collection_id, "Tags": {"a": "b"}})
    image = {"Bytes": encoded(picture)}
    named = {"CollectionId": collection_id}
    told = json.loads(world.call("IndexFaces", {**named, "Image": image}).data)
    face_ids = [record["Face"]["FaceId"] for record in told["FaceRecords"]]
    for user_id, face_id in zip(("ada", "bob"), face_ids, strict=False):
        user = {**named, "UserId": user_id}
        assert world.call("CreateUser", user).status_code == 200
        assert world.call("AssociateFaces", {**user, "FaceIds": [face_id]}).status_code == 200
    return Stock(face_ids, picture, json.loads(made.data)["CollectionArn"])


def encoded(picture: bytes) -> str:
    """Return a picture as it stands in JSON."""
    return base64.b64encode(picture).decode()
