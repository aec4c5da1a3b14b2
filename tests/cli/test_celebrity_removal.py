"""`lineament celebrities` removes and drops: nothing is left of whom it has removed."""

from typing import Any

import pytest

from lineament import config
from lineament.app import build_services
from lineament.cli.celebrity.desk import Desk
from lineament.cli.celebrity.importing import Importer
from lineament.cli.celebrity.manifest import read_manifest
from lineament.cli.celebrity.removing import remove
from lineament.cli.celebrity.report import Outcome
from lineament.cli.main import main
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import ensure_tables
from tests.cli.office import LATER, A, B, Office, crashes, office
from tests.storage.world import Crash, stored_items

__all__ = ["office"]


def test_removed_celebrities_leave_nothing(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: who asks to be taken out stays in the database, by face, vector or name."""
    office.imported()
    assert main(["celebrities", "remove", A]) == 0
    assert f"{A}: removed, 2 faces" in capsys.readouterr().out
    assert office.left() == (1, 1, 1)
    stored = str(stored_items(office.tables, ""))
    assert A not in stored
    assert "Person A" not in stored
    assert office.named("obama.jpg") == []
    assert office.named("biden.jpg") == [B]
    assert main(["celebrities", "remove", A, "no-id", B]) == 1
    printed = capsys.readouterr().out
    assert f"{A}: is not there" in printed
    assert "no-id: is not there" in printed
    assert f"{B}: removed, 1 faces" in printed
    assert office.left() == (0, 0, 0)
    assert office.imported()["added"] == 3  # and they can come back
    assert office.named("obama.jpg") == [A]


def test_a_removal_that_was_killed_goes_on(office: Office) -> None:
    """Lost: a face stays for ever because nobody knows any more whose it was."""
    office.imported()
    killed = 0
    for desk in crashes(office):
        try:
            remove(desk, [A, B])
        except Crash:
            killed += 1
            continue
        break
    assert killed > 3
    remove(office.desk, [A, B])
    housekeep(office.tables, grace=LATER, sweep_interval=0)
    assert office.left() == (0, 0, 0)
    stored = str(stored_items(office.tables, ""))
    assert A not in stored
    assert B not in stored


def test_loose_faces_of_a_killed_import_are_removed(office: Office) -> None:
    """Lost: a face that was stored and never given its name cannot be erased."""
    ensure_tables(office.tables)
    del office.rows[1]
    manifest = office.manifest()
    desk = Desk(build_services(config.load(), office.tables))
    whole = desk.call

    def dying(operation: str, params: Any) -> dict[str, Any]:
        if operation == "AssociateFaces":
            raise Crash
        return whole(operation, params)

    desk.call = dying  # type: ignore[method-assign]
    with pytest.raises(Crash):
        Importer(desk, manifest, "us-east-1").run(read_manifest(manifest), Outcome())
    assert office.left() == (1, 1, 1)
    assert office.named("obama2.jpg") == []
    assert remove(office.desk, [A]) == {A: 1}
    assert office.left() == (0, 0, 0)


def test_dropped_gallery_is_purged_with_its_names(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: names of public figures outlive the gallery that they were kept for."""
    office.imported()
    assert main(["celebrities", "drop"]) == 1
    assert "add --yes" in capsys.readouterr().err
    assert office.named("obama.jpg") == [A]
    assert main(["celebrities", "drop", "--yes"]) == 0
    assert office.named("obama.jpg") == []
    assert housekeep(office.tables, grace=LATER).purged_generations == 1
    assert stored_items(office.tables, "") == []
    for action in (["list"], ["remove", A], ["drop", "--yes"]):
        assert main(["celebrities", *action]) == 1
        assert "no gallery of celebrities" in capsys.readouterr().err


def test_housekeeping_keeps_what_is_there(office: Office) -> None:
    """Lost: the gallery empties itself some hours after the import."""
    office.imported()
    done = housekeep(office.tables, grace=LATER, sweep_interval=0)
    assert (done.swept_collections, done.failed) == (1, False)
    assert office.left() == (3, 3, 2)
    assert office.named("obama.jpg") == [A]
