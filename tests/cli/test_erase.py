"""`lineament erase` from end to end: real photos, the emulator's S3 and DynamoDB."""

import io
import json
import uuid
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest

from lineament import config
from lineament.app import Application, build_application
from lineament.cli.erasing.carrying_out import Run
from lineament.cli.main import main
from lineament.context import Scope
from lineament.domain.consent import Consent
from lineament.domain.faces import FaceEngine
from lineament.storage.compaction import Due, compact
from lineament.storage.consents import DynamoConsents
from lineament.storage.erasing import Erased, Erasing
from lineament.storage.erasures import Target
from tests.conformance import transports
from tests.conformance.conftest import random_account

A1, A2, B = "obama.jpg", "obama2.jpg", "biden.jpg"
REGIONS = ("us-east-1", "eu-west-1")


@dataclass(frozen=True)
class Deployment:
    """Ada, by A1 and A2, and bob, by B, in a collection in each of two regions, and elsewhere."""

    application: Application
    account: str
    other: str
    """Of another account, which has A1 too."""
    photo_dir: Path
    bucket: str

    def c(self, region: str = REGIONS[0], account: str = "") -> Any:
        return transports.client(self.application.handle, None, account or self.account, region)

    def faces(self, region: str = REGIONS[0], account: str = "") -> dict[str, str]:
        """Return FaceId by ExternalImageId."""
        listed = self.c(region, account).list_faces(CollectionId="people")["Faces"]
        return {face["ExternalImageId"]: face["FaceId"] for face in listed}

    def bytes(self) -> list[bytes]:
        """Return everything that is stored of the deployment."""
        found: list[bytes] = []
        for table in (
            self.application.tables.control,
            self.application.tables.faces,
            self.application.tables.trust,
        ):
            found += [repr(item).encode() for item in table.scan()]
            for item in table.scan():
                for block in item.get("vectors", {}).get("L", []):
                    found += [block["B"]] if "B" in block else []
        store = self.application.snapshots
        assert store is not None
        s3 = store._objects._clients.client(REGIONS[0])
        for key in store.objects():
            found.append(s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        return found


@pytest.fixture
def deployment(
    aws_endpoint: str,
    engine: FaceEngine,
    photo_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Deployment:
    table, bucket = f"t{uuid.uuid4().hex[:12]}", f"b{uuid.uuid4().hex[:12]}"
    boto3.client("s3", endpoint_url=aws_endpoint).create_bucket(Bucket=bucket)
    root = tmp_path / "root.key"
    root.touch(0o600)
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert main(["keys", "root"]) == 0
    root.write_text(printed.getvalue())
    for name, value in {
        "TABLE": table,
        "SNAPSHOT_BUCKET": bucket,
        "AUDIT": "on",
        "ROOT_KEY": f"file:{root}",
    }.items():
        monkeypatch.setenv(f"LINEAMENT_{name}", value)
    monkeypatch.setattr("lineament.app._lazy_engine", lambda *_: lambda: engine)
    application = build_application(config.load())
    application.make_tables()
    made = Deployment(application, random_account(), random_account(), photo_dir, bucket)
    for region in REGIONS:
        c = made.c(region)
        c.create_collection(CollectionId="people")
        for name, photo in (("ada-1", A1), ("ada-2", A2), ("bob", B)):
            _index(c, photo_dir / photo, name)
        c.create_user(CollectionId="people", UserId="ada")
        faces = made.faces(region)
        c.associate_faces(
            CollectionId="people", UserId="ada", FaceIds=[faces["ada-1"], faces["ada-2"]]
        )
    elsewhere = made.c(account=made.other)
    elsewhere.create_collection(CollectionId="people")
    _index(elsewhere, photo_dir / A1, "ada-1")
    collection = application.services.collections.find(Scope(made.account, REGIONS[0]), "people")
    assert collection is not None
    assert application.snapshots is not None
    assert compact(application.tables, application.snapshots, collection, Due(0, 1))
    consent = Consent("ada-1", 1.0, "ada", (), 0.0)
    DynamoConsents(application.tables).add(Scope(made.account, REGIONS[0]), consent)
    return made


def _index(c: Any, photo: Path, name: str) -> None:
    answer = c.index_faces(
        CollectionId="people", Image={"Bytes": photo.read_bytes()}, ExternalImageId=name
    )
    assert len(answer["FaceRecords"]) == 1


def vectors(deployment: Deployment) -> list[bytes]:
    """Return ada's vectors, as the log keeps them."""
    found = []
    for photo in (A1, A2):
        seen = deployment.application.services.engine().analyse(
            (deployment.photo_dir / photo).read_bytes()
        )
        model = deployment.application.services.models.default
        found.append(seen.embed([0], model.recogniser)[0].astype(np.float16).tobytes())
    return found


def erase(deployment: Deployment, *words: str) -> int:
    return main(["erase", "--account", deployment.account, "--by", "ops", *words])


def test_a_picture_erases_a_person_everywhere(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: somebody who asked to be erased is found in another region, or by a user's name."""
    image, receipt = str(deployment.photo_dir / A1), tmp_path / "receipt.json"
    words = ["--image", image, "--threshold", "80", "--receipt", str(receipt)]
    mine = vectors(deployment)
    stored = deployment.bytes()
    assert sum(any(each in value for each in mine) for value in stored) >= 6, "else this is blind"
    assert erase(deployment, *words) == 1
    told = capsys.readouterr().err
    assert "nobody to ask" in told
    assert "eu-west-1/people" in told
    assert "user ada" in told
    assert len(deployment.faces()) == 3, "shown and not asked: nothing is done"
    assert erase(deployment, *words, "--yes") == 0
    told = capsys.readouterr().out
    assert "4 faces erased, 2 users deleted, 1 consents withdrawn" in told
    for region in REGIONS:
        assert list(deployment.faces(region)) == ["bob"]
        assert deployment.c(region).list_users(CollectionId="people")["Users"] == []
    assert list(deployment.faces(account=deployment.other)) == ["ada-1"]
    deployment.c(account=deployment.other).delete_collection(CollectionId="people")
    content = json.loads(receipt.read_text())["receipt"]
    assert (content["faces"], content["found"], content["by"]) == (4, 0, "ops")
    assert content["looked_through"]["snapshots"] == 1
    assert any("Backups" in each for each in content["not_reached"])
    scope = Scope(deployment.account, REGIONS[0])
    consent = DynamoConsents(deployment.application.tables).find(scope, "ada-1")
    assert consent is not None
    assert consent.withdrawn
    assert main(["audit", "export", "--account", deployment.account, "--format", "jsonl"]) == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    erased = [entry for entry in entries if entry["operation"] == "lineament:Erase"]
    assert [entry["collection"] for entry in erased] == ["people", "people"]
    assert all(entry["user"] == "ops" for entry in erased)
    after = deployment.bytes()
    others = [value for value in after if any(each in value for each in mine)]
    assert len(others) == 1, "the other account's, whose purge has not come yet"


def test_a_receipt_is_checked(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a receipt that anybody has made up, or changed, passes for ours."""
    receipt = tmp_path / "receipt.json"
    face = deployment.faces()["ada-1"]
    words = ["--face-id", face, "--threshold", "100", "--yes", "--receipt", str(receipt)]
    assert erase(deployment, *words) == 0
    assert sorted(deployment.faces()) == ["ada-2", "bob"]
    assert main(["erase", "--verify", str(receipt)]) == 0
    assert "ops has erased" in capsys.readouterr().out
    document = json.loads(receipt.read_text())
    key = document["public_key"]
    assert main(["erase", "--verify", str(receipt), "--public-key", key]) == 0
    assert main(["erase", "--verify", str(receipt), "--public-key", "00" * 32]) == 1
    assert "the signature is not that of" in capsys.readouterr().err
    changes: list[Callable[[], object]] = [
        lambda: document["receipt"].update(faces=9),
        lambda: document["receipt"].update(by="me"),
        lambda: document.update(signature="00" * 64),
    ]
    for change in changes:
        document = json.loads(receipt.read_text())
        change()
        changed = tmp_path / "changed.json"
        changed.write_text(json.dumps(document))
        assert main(["erase", "--verify", str(changed)]) == 1
    changed.write_text("{}")
    assert main(["erase", "--verify", str(changed)]) == 1
    assert "no receipt" in capsys.readouterr().err


def test_what_was_stopped_goes_on(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: after Ctrl-C nobody knows whose faces were meant, and half of them stay."""
    take_out = Erasing.take_out
    face = deployment.faces()["ada-1"]
    words = ["--face-id", face, "--threshold", "80", "--yes", "--json"]

    def stop_after_one(self: Erasing, scope: Scope, target: Target) -> Erased:
        take_out(self, scope, target)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Erasing, "take_out", stop_after_one)
        assert erase(deployment, *words) == 130
    assert sorted(len(deployment.faces(region)) for region in REGIONS) == [1, 3]
    capsys.readouterr()
    assert erase(deployment, *words) == 0
    told = capsys.readouterr()
    assert "Going on with what ops began" in told.err
    assert json.loads(told.out)["receipt"]["faces"] == 4
    assert [list(deployment.faces(region)) for region in REGIONS] == [["bob"], ["bob"]]
    deployment.c(account=deployment.other).delete_collection(CollectionId="people")
    mine = vectors(deployment)
    assert sum(any(each in value for each in mine) for value in deployment.bytes()) == 1
    assert erase(deployment, *words) == 1
    assert "is meant by that" in capsys.readouterr().err


def test_no_receipt_while_something_is_left(
    deployment: Deployment,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lost: a receipt for somebody who is indexed again and again, and still there."""
    receipt = tmp_path / "receipt.json"
    look = Run.look

    def index_first(self: Run, wanted: Any) -> Any:
        _index(deployment.c(), deployment.photo_dir / A1, "ada-1")
        return look(self, wanted)

    monkeypatch.setattr(Run, "look", index_first)
    words = ["--face-id", deployment.faces()["ada-1"], "--yes", "--receipt", str(receipt)]
    assert erase(deployment, *words) == 1
    assert "something is left, or has come again" in capsys.readouterr().err
    assert not receipt.exists()


def test_nobody_is_erased_by_mistake(
    deployment: Deployment,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lost: a wrong id, a picture without a face or a missing key erases, or says that it has."""
    noise = tmp_path / "noise.png"
    noise.write_bytes(b"no picture")
    for words, told in (
        (["--face-id", str(uuid.uuid4())], "is meant by that"),
        (["--image", str(noise)], "invalid image format"),
        (["--image", str(tmp_path / "none.jpg")], "No such file"),
        (["--face-id", deployment.faces(account=deployment.other)["ada-1"]], "is meant by that"),
    ):
        assert erase(deployment, *words, "--yes") == 1
        assert told in capsys.readouterr().err
    monkeypatch.setenv("LINEAMENT_ROOT_KEY", "")
    assert erase(deployment, "--face-id", deployment.faces()["ada-1"], "--yes") == 1
    assert "LINEAMENT_ROOT_KEY" in capsys.readouterr().err
    assert len(deployment.faces()) == 3
