"""`lineament reindex` from end to end: real photos, models, S3 and DynamoDB of the emulator."""

import json
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from lineament import config
from lineament.app import Application, build_application
from lineament.cli.main import main
from lineament.vision.profiles import read_profile
from tests.conformance import transports
from tests.conformance.conftest import random_account
from tests.profiles import SECOND

PHOTOS = ("obama.jpg", "obama2.jpg", "biden.jpg")
VARIABLE = "LINEAMENT_COLLECTION_PROFILES"


@dataclass(frozen=True)
class Deployment:
    """A service that runs two models, and whose collection of three photos has the default one."""

    application: Application
    c: Any
    account: str
    s3: Any
    bucket: str
    photo_dir: Path
    profile: str
    faces: dict[str, str]
    """FaceId by ExternalImageId."""

    def reindex(self, *words: str) -> int:
        return main(["reindex", "people", "--account", self.account, *words])

    def photo(self, name: str) -> bytes:
        return (self.photo_dir / name).read_bytes()

    def search(self, name: str) -> dict[str, float]:
        """Return Similarity by ExternalImageId."""
        answer = self.c.search_faces_by_image(
            CollectionId="people", Image={"Bytes": self.photo(name)}, FaceMatchThreshold=80
        )
        return {
            match["Face"]["ExternalImageId"]: match["Similarity"] for match in answer["FaceMatches"]
        }

    def version(self) -> str:
        return str(self.c.describe_collection(CollectionId="people")["FaceModelVersion"])

    def listed(self) -> list[dict[str, Any]]:
        faces: list[dict[str, Any]] = self.c.list_faces(CollectionId="people")["Faces"]
        return faces


@pytest.fixture(scope="module")
def application(aws_endpoint: str, profile: str) -> Application:
    """Return the service; its engine keeps its models for the file."""
    assert aws_endpoint
    settings = replace(config.load(), table="reindex", collection_profiles=(("moved-*", profile),))
    application = build_application(settings)
    application.ready()
    return application


@pytest.fixture(scope="module")
def profile() -> str:
    return SECOND


@pytest.fixture
def deployment(
    application: Application,
    aws_endpoint: str,
    photo_dir: Path,
    profile: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Deployment:
    monkeypatch.setenv("LINEAMENT_TABLE", "reindex")
    monkeypatch.setenv(VARIABLE, f"moved-*={profile}")
    # The command would load the models once more, which is all it takes time for.
    engine = application._dispatcher.services.engine
    monkeypatch.setattr("lineament.app._lazy_engine", lambda *_: engine)
    account = random_account()
    c = transports.client(application.handle, None, account)
    s3 = boto3.client("s3", endpoint_url=aws_endpoint)
    bucket = f"b{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    c.create_collection(CollectionId="people")
    faces = {}
    for name in PHOTOS:
        s3.upload_file(str(photo_dir / name), bucket, name)
        answer = c.index_faces(
            CollectionId="people",
            Image={"S3Object": {"Bucket": bucket, "Name": name}},
            ExternalImageId=name,
        )
        (record,) = answer["FaceRecords"]
        faces[name] = record["Face"]["FaceId"]
    return Deployment(application, c, account, s3, bucket, photo_dir, profile, faces)


def _but_version(faces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in face.items() if name != "IndexFacesModelVersion"}
        for face in faces
    ]


def test_collection_moves_and_finds_the_same_faces(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: whoever wants the better model has to index everything again under new FaceIds."""
    new = read_profile(deployment.profile).model.version
    before, described = deployment.listed(), deployment.c.describe_collection(CollectionId="people")
    found = deployment.search("obama3.jpg")
    report = tmp_path / "report.json"
    assert deployment.reindex("--profile", deployment.profile, "--yes", "--json", str(report)) == 0
    assert "has the new model" in capsys.readouterr().out
    told = json.loads(report.read_text())
    assert (told["faces"], told["moved"], told["left"]) == (3, 3, [])
    assert told["switched"]
    assert told["to"] == deployment.version() == new

    after = deployment.listed()
    assert _but_version(after) == _but_version(before)
    assert {face["IndexFacesModelVersion"] for face in after} == {new}
    now = deployment.c.describe_collection(CollectionId="people")
    assert now["CreationTimestamp"] == described["CreationTimestamp"]
    again = deployment.search("obama3.jpg")
    assert set(again) == set(found) == {"obama.jpg", "obama2.jpg"}
    assert again != found  # other vectors
    assert deployment.search("biden.jpg")["biden.jpg"] > 99.9  # the picture itself

    # A repeated IndexFaces still doubles nothing.
    pointer = {"S3Object": {"Bucket": deployment.bucket, "Name": "biden.jpg"}}
    answer = deployment.c.index_faces(
        CollectionId="people", Image=pointer, ExternalImageId="biden.jpg"
    )
    assert answer["FaceRecords"][0]["Face"]["FaceId"] == deployment.faces["biden.jpg"]
    assert len(deployment.listed()) == 3

    assert deployment.reindex("--profile", deployment.profile, "--yes") == 0
    assert "bound to" in capsys.readouterr().out
    assert deployment.reindex("--profile", "default", "--yes") == 0  # and back
    assert deployment.search("obama3.jpg") == pytest.approx(found, abs=1e-3)
    assert _but_version(deployment.listed()) == _but_version(before)
    deployment.c.delete_collection(CollectionId="people")


def test_faces_without_a_picture_are_told_and_dropped_only_on_request(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: faces disappear from a collection without a word."""
    old = deployment.version()
    answer = deployment.c.index_faces(
        CollectionId="people", Image={"Bytes": deployment.photo("obama3.jpg")}
    )
    by_bytes = answer["FaceRecords"][0]["Face"]["FaceId"]
    deployment.s3.upload_file(
        str(deployment.photo_dir / "obama3.jpg"), deployment.bucket, "obama2.jpg"
    )
    deployment.s3.delete_object(Bucket=deployment.bucket, Key="biden.jpg")
    report = tmp_path / "report.json"
    to = ("--profile", deployment.profile)

    assert deployment.reindex(*to, "--dry-run", "--json", str(report)) == 1
    assert "Nothing was written" in capsys.readouterr().out
    told = {left["face_id"]: left for left in json.loads(report.read_text())["left"]}
    assert set(told) == {
        by_bytes,
        deployment.faces["obama2.jpg"],
        deployment.faces["biden.jpg"],
    }
    assert "not indexed from S3" in told[by_bytes]["reason"]
    assert "another picture" in told[deployment.faces["obama2.jpg"]]["reason"]
    assert "no such object" in told[deployment.faces["biden.jpg"]]["reason"]
    assert told[deployment.faces["biden.jpg"]]["sources"] == [
        {"bucket": deployment.bucket, "key": "biden.jpg", "version": None}
    ]

    assert deployment.reindex(*to, "--yes") == 1
    printed = capsys.readouterr().out
    assert "Nothing was switched" in printed
    assert "--drop-unknown" in printed
    assert by_bytes in printed
    assert deployment.version() == old
    assert len(deployment.listed()) == 4

    pointer = {"S3Object": {"Bucket": deployment.bucket, "Name": "obama2.jpg"}}
    again = deployment.c.index_faces(CollectionId="people", Image=pointer)  # the same picture
    assert again["FaceRecords"][0]["Face"]["FaceId"] == by_bytes

    assert deployment.reindex(*to, "--yes", "--drop-unknown") == 0
    assert "2 faces were dropped" in capsys.readouterr().out
    assert deployment.version() != old
    kept = sorted([deployment.faces["obama.jpg"], by_bytes])
    assert [face["FaceId"] for face in deployment.listed()] == kept


def test_wrong_calls_are_told_in_a_sentence(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a collection is moved to a model that no server runs, or without anybody's consent."""
    to = ("--profile", deployment.profile)

    def refusal(*words: str) -> str:
        assert deployment.reindex(*words) == 1
        return capsys.readouterr().err

    assert "--profile=acurate names no profile" in refusal("--profile", "acurate")
    assert "add --yes" in refusal(*to)  # nobody to ask
    assert "has no collection people" in refusal(*to, "--account", "000000000000")
    with pytest.raises(SystemExit):  # before anything is switched
        deployment.reindex(*to, "--yes", "--json", "/nowhere/report.json")
    assert "there is no folder /nowhere" in capsys.readouterr().err
    assert "celebrities drop" in refusal(*to, "--account", "celebrities")
    monkeypatch.delenv(VARIABLE)
    assert VARIABLE in refusal(*to, "--yes")
    assert deployment.version() == read_profile("default").model.version
