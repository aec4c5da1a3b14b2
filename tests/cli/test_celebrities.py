"""`lineament celebrities` from end to end: real photos, models and an emulated DynamoDB and S3."""

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from lineament import config
from lineament.app import build_services
from lineament.cli.celebrity.desk import Desk
from lineament.cli.celebrity.importing import Importer
from lineament.cli.celebrity.manifest import read_manifest
from lineament.cli.celebrity.report import Outcome
from lineament.cli.main import main
from lineament.domain.celebrities import id_of_name
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import ensure_tables
from tests.cli.office import LATER, A, B, Office, crashes, office
from tests.profiles import SECOND
from tests.storage.world import Crash, stored_items

__all__ = ["office"]


def test_import_is_idempotent_and_changes_what_has_changed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a manifest cannot be imported again after one of its lines was corrected."""
    told = office.imported()
    assert (told["created"], told["added"], told["rejected"]) == (2, 3, [])
    assert office.left() == (3, 3, 2)
    assert (office.named("obama.jpg"), office.named("biden.jpg")) == ([A], [B])
    seq = office.desk.require().seq

    # Nothing is looked at that is there already.
    monkeypatch.setattr("lineament.app._lazy_engine", lambda *_: lambda: pytest.fail("looked"))
    told = office.imported()
    assert (told["created"], told["updated"], told["unchanged"]) == (0, 0, 2)
    assert (told["added"], told["known"]) == (0, 3)
    assert office.desk.require().seq == seq

    office.rows[0] |= {"name": "A. Person", "urls": []}
    told = office.imported()
    assert (told["created"], told["updated"], told["unchanged"]) == (0, 1, 1)
    assert office.desk.call("GetCelebrityInfo", {"Id": A}) == {
        "Name": "A. Person",
        "Urls": [],
        "KnownGender": {"Type": "Male"},
    }
    assert office.desk.require().seq == seq


def test_dry_run_tells_the_same_and_writes_nothing(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a rehearsal that leaves faces in the gallery, or promises other things."""
    office.row("Person C", "obama.jpg")
    office.rows[1]["images"].append("obama3.jpg")  # not B
    rehearsed = office.imported("--dry-run", status=1)
    assert "Nothing was written." in capsys.readouterr().out
    assert office.desk.find() is None
    assert office.left() == (0, 0, 0)
    done = office.imported(status=1)
    for report in (rehearsed, done):
        del report["seconds"], report["dry_run"]
        for each in (*report["rejected"], *report["doubtful"]):
            each["similarity"] = each["similarity"] and round(each["similarity"], 2)
            each["reason"] = re.sub(r"[\d.]+", "", each.get("reason", ""))
    assert rehearsed == done


def test_rejected_images_are_told_and_the_rest_goes_on(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: one bad image of thousands ends an import, or puts the wrong face under a name."""
    (office.folder / "text.jpg").write_text("no picture")
    os.mkfifo(office.folder / "pipe.jpg")
    files = ("coffee.png", "t1.jpg", "absent.jpg", "text.jpg", "pipe.jpg", "/dev/zero")
    wrong = (*files, "s3://no-such-bucket/a.jpg")
    office.rows[1]["images"] += [*wrong, "obama2.jpg"]
    office.row("Person C", "obama3.jpg", id="C")
    told = office.imported(status=1)
    assert told["added"] == 4
    reasons = {each["image"]: each["reason"] for each in told["rejected"]}
    assert set(reasons) == {*wrong, "obama2.jpg"}
    assert "no face" in reasons["coffee.png"]
    assert "6 faces" in reasons["t1.jpg"]
    assert "cannot be read" in reasons["absent.jpg"]
    assert "format" in reasons["text.jpg"]
    assert reasons["pipe.jpg"] == reasons["/dev/zero"] == "it is no file"
    assert "S3" in reasons["s3://no-such-bucket/a.jpg"]
    assert "75 is needed" in reasons["obama2.jpg"]
    assert 0 <= told["rejected"][-1]["similarity"] < 75
    (doubt,) = told["doubtful"]  # C is A
    assert (doubt["celebrity_id"], doubt["other_id"]) == ("C", A)
    assert doubt["similarity"] >= 99
    assert office.left() == (4, 4, 3)
    printed = capsys.readouterr().out
    assert "absent.jpg" in printed
    assert "warning   C Person C: obama3.jpg" in printed


def test_images_come_from_s3_too(office: Office, aws_endpoint: str) -> None:
    """Lost: an operator whose images are in S3 has to copy them all."""
    s3 = boto3.client("s3", endpoint_url=aws_endpoint)
    s3.create_bucket(Bucket="famous")
    s3.upload_file(str(office.folder / "biden.jpg"), "famous", "deep/b.jpg")
    office.rows[1]["images"] = ["s3://famous/deep/b.jpg"]
    assert office.imported()["added"] == 3
    assert office.named("biden.jpg") == [B]


def test_an_import_that_was_killed_goes_on(office: Office) -> None:
    """Lost: faces under no name, or twice, after a machine went down in the middle."""
    ensure_tables(office.tables)
    manifest = office.manifest()
    entries = read_manifest(manifest)
    killed = 0
    for desk in crashes(office):  # each goes on where the one before died
        try:
            Importer(desk, manifest, "us-east-1").run(entries, Outcome())
        except Crash:
            killed += 1
            continue
        break
    assert killed > 5
    assert office.imported()["known"] == 3
    assert office.left()[::2] == (3, 2)
    gallery = office.desk.require()
    view = office.desk.services.gallery.sync(gallery)
    assert sorted(len(user.faces) for user in view.membership.users.values()) == [1, 2]
    assert len(view) == 3
    housekeep(office.tables, grace=LATER, sweep_interval=0)
    assert office.left() == (3, 3, 2)
    assert office.named("obama.jpg") == [A]


def test_two_imports_at_once_make_one_gallery(office: Office) -> None:
    """Lost: faces twice, or an error, where an operator and a schedule import at the same time."""
    ensure_tables(office.tables)
    manifest = office.manifest()
    entries = read_manifest(manifest)
    start = threading.Barrier(2)

    def run() -> Outcome:
        outcome = Outcome()
        importer = Importer(
            Desk(build_services(config.load(), office.tables)), manifest, "us-east-1"
        )
        start.wait(30)
        importer.run(entries, outcome)
        return outcome

    with ThreadPoolExecutor(2) as pool:
        outcomes = [each.result() for each in [pool.submit(run) for _ in range(2)]]
    assert all(each.rejected == [] and each.images == 3 for each in outcomes)
    view = office.desk.services.gallery.sync(office.desk.require())
    assert sorted(len(user.faces) for user in view.membership.users.values()) == [1, 2]
    assert len(view) == 3
    assert office.left()[::2] == (3, 2)
    assert office.imported()["known"] == 3


def test_list_shows_everybody(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: an operator cannot see whose faces the deployment holds."""
    office.imported()
    capsys.readouterr()
    assert main(["celebrities", "list"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        [A, "2", "Male", "Person A", "example.org/a"],
        [B, "1", "Unlisted", "Person B"],
    ]


def test_nothing_is_written_for_a_wrong_manifest(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: half of a manifest is in the gallery, and a name is another person's."""
    office.rows[1]["gender"] = "female"
    assert main(["celebrities", "import", str(office.manifest())]) == 1
    assert "item 2: gender: Must be one of" in capsys.readouterr().err
    del office.rows[1]["gender"]
    office.imported()
    seq = office.desk.require().seq
    office.rows = []
    office.row("Person C", "obama.jpg", id=id_of_name("Person D"))
    office.imported()
    office.rows = []
    office.row("Person E", "biden.jpg")
    office.row("Person D", "biden.jpg")
    assert main(["celebrities", "import", str(office.manifest())]) == 1
    told = capsys.readouterr().err
    assert "item 2: id:" in told
    assert "is that of Person C in the gallery; give it an id" in told
    assert office.desk.require().seq > seq
    assert len(stored_items(office.tables, "CELEBRITY#")) == 3


def test_a_gallery_of_another_model_is_not_added_to(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: vectors of two models in one gallery."""
    office.imported()
    monkeypatch.setenv("LINEAMENT_PROFILE", SECOND)
    assert main(["celebrities", "import", str(office.manifest())]) == 1
    assert "`lineament celebrities drop` and import again" in capsys.readouterr().err
    monkeypatch.setenv("LINEAMENT_COLLECTION_PROFILES", "no-new-one=default")
    assert office.imported()["known"] == 3  # it is run, if not for new ones
