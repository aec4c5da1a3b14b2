"""Real operations with the trail behind them: what they leave in it, and what they must not."""

import random
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from lineament.admission import Admission
from lineament.dispatch import Dispatcher
from lineament.domain import ids
from lineament.domain.audit import Entry
from lineament.domain.audit_chain import read
from lineament.governance.audit_uses import USES
from lineament.storage.audit_blocks import AuditBlocks
from lineament.storage.provision import Tables
from tests.conformance import transports
from tests.property.conftest import build
from tests.property.engine import picture, unit
from tests.storage.auditing import check, trail
from tests.storage.conftest import on_the_faster

VECTORS = [[3, 1, 4, 1, 5, 9], [2, 7, 1, 8, 2, 8]]
PICTURE = picture(VECTORS, "a-face")
ID = "people"
pytestmark = on_the_faster


class World:
    """A deployment with a trail, and a client of an account of its own."""

    def __init__(self, tables: Tables, endpoint: str) -> None:
        whole = build(tables, endpoint)
        self.dispatcher = Dispatcher(
            whole.operations,
            whole.services,
            whole.rules,
            whole.identify,
            Admission(trail=trail(tables)),
        )
        self.tables = tables
        self.account = str(random.SystemRandom().randrange(10**11, 10**12))
        self.client = transports.client(self.dispatcher.handle, None, self.account)

    def entries(self) -> list[Entry]:
        assert check(self.tables, self.account).findings == ()
        blocks = AuditBlocks(self.tables.trust).read(self.account)
        return [each for block in blocks for each in read(block.body).entries]


@pytest.fixture
def world(tables: Tables, moto_endpoint: str) -> World:
    return World(tables, moto_endpoint)


def use_everything(client: Any) -> tuple[list[str], list[dict[str, Any]]]:
    """Make a call of every operation on faces, and return the FaceIds and all answers."""
    image = {"Bytes": PICTURE}
    client.create_collection(CollectionId=ID, Tags={"team": "a"})
    indexed = client.index_faces(CollectionId=ID, Image=image, ExternalImageId="photo-1")
    one, other = faces = [each["Face"]["FaceId"] for each in indexed["FaceRecords"]]
    client.create_user(CollectionId=ID, UserId="ada")
    answers = [
        client.associate_faces(CollectionId=ID, UserId="ada", FaceIds=[one, "0" * 8 + one[8:]]),
        client.search_faces(CollectionId=ID, FaceId=one, FaceMatchThreshold=1),
        client.search_faces_by_image(CollectionId=ID, Image=image, MaxFaces=1),
        client.search_users(CollectionId=ID, FaceId=one, UserMatchThreshold=50),
        client.search_users_by_image(CollectionId=ID, Image=image),
        client.compare_faces(SourceImage=image, TargetImage=image),
        client.detect_faces(Image=image, Attributes=["ALL"]),
        client.recognize_celebrities(Image=image),
        client.list_faces(CollectionId=ID, MaxResults=1),
        client.list_users(CollectionId=ID),
        client.disassociate_faces(CollectionId=ID, UserId="ada", FaceIds=[one]),
        client.delete_faces(CollectionId=ID, FaceIds=[other]),
    ]
    client.delete_user(CollectionId=ID, UserId="ada")
    client.list_collections()
    client.delete_collection(CollectionId=ID)
    return faces, answers


def test_each_use_is_told_as_it_was_answered(world: World) -> None:
    """Lost: the trail and the caller do not agree on who was found, at which similarity."""
    (one, other), answers = use_everything(world.client)
    told = {each.operation: each for each in world.entries()}
    assert sorted(each.operation for each in world.entries()) == sorted(
        set(USES) - {"TagResource", "UntagResource"}
    )
    assert all(each.outcome == "ok" for each in told.values())
    assert told["IndexFaces"].external_image_id == "photo-1"
    assert told["IndexFaces"].images == (ids.image_id(PICTURE),)
    assert told["IndexFaces"].results == ((one, None), (other, None))
    searches = ("SearchFaces", "SearchFacesByImage", "CompareFaces")
    for name, answer in zip(searches, (answers[1], answers[2], answers[5]), strict=True):
        entry, matches = told[name], answer["FaceMatches"]
        assert [each for each, _ in entry.results] == [
            match["Face"].get("FaceId", "") for match in matches
        ]
        assert [score for _, score in entry.results] == pytest.approx(
            [match["Similarity"] for match in matches], abs=1e-3
        )
        assert entry.result_count == len(matches) > 0
    assert told["SearchUsers"].results[0][0] == "ada"
    assert (told["SearchFaces"].threshold_asked, told["SearchFaces"].subjects) == (1.0, (one,))
    assert (told["ListFaces"].limit_asked, told["ListFaces"].result_count) == (1, 1)
    assert told["AssociateFaces"].results == ((one, None),)
    assert told["AssociateFaces"].subject_count == 3
    assert told["DeleteFaces"].results == ((other, None),)
    assert told["CreateCollection"].tags == (("team", "a"),)
    requests = [each["ResponseMetadata"]["RequestId"] for each in answers]
    assert {each.request_id for each in told.values()} >= set(requests)


def test_refusals_are_told(world: World) -> None:
    """Lost: that somebody looked for what is not there, which is how a search begins."""
    with pytest.raises(ClientError, match="ResourceNotFound"):
        world.client.search_faces(
            CollectionId="nobody", FaceId="0" * 8 + "-0000" * 3 + "-" + "0" * 12
        )
    (told,) = world.entries()
    assert (told.operation, told.outcome) == ("SearchFaces", "ResourceNotFoundException")
    assert (told.collection, told.results) == ("nobody", ())


def test_the_table_holds_no_picture_and_no_vector(world: World) -> None:
    """Lost: the one record that is never erased holds what erasure promises to take away."""
    use_everything(world.client)
    stored = "".join(map(repr, world.tables.trust.scan()))
    assert "SearchFacesByImage" in stored
    assert "a-face" not in stored
    for vector in unit(VECTORS):
        for raw in (vector.tobytes(), vector.astype(np.float64).tobytes()):
            assert repr(raw)[2:-1] not in stored
            assert raw.hex() not in stored
        for number in vector:
            assert f"{number:.5f}" not in stored
            assert str(float(number)) not in stored
