"""What an import takes its pictures from: folders, manifests, names; and its crew and report."""

import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import numpy as np
import pytest

from lineament.cli.bulk import naming
from lineament.cli.bulk.batches import FACES, Examined, in_batches
from lineament.cli.bulk.crew import Crew
from lineament.cli.bulk.examiner import Ready
from lineament.cli.bulk.folder import Folder
from lineament.cli.bulk.listed import Listed
from lineament.cli.bulk.naming import Item, Naming, PassedOver, Refused
from lineament.cli.bulk.patience import patiently
from lineament.cli.bulk.places import S3Place
from lineament.cli.bulk.report import Outcome, Rejected, Taken
from lineament.cli.bulk.rows import ManifestError
from lineament.errors import ServiceUnavailable

NOWHERE = S3Place("b", "k")


def test_ids_are_of_awss_pattern() -> None:
    """Lost: an id that the import takes and no client can send, or the other way round."""
    model = botocore.session.get_session().get_service_model("rekognition")
    external, user = (model.shape_for(n).metadata for n in ("ExternalImageId", "UserId"))
    assert (
        external["pattern"],
        external["max"],
    ) == (naming.EXTERNAL_ID_PATTERN, naming.EXTERNAL_ID_LENGTH)
    assert (user["pattern"], user["max"]) == (naming.USER_ID_PATTERN, naming.USER_ID_LENGTH)


@pytest.mark.parametrize(
    ("external", "name", "expected"),
    [
        ("stem", "a/b.c.jpg", "b.c"),
        ("path", "a/b.c.jpg", "a:b.c.jpg"),
        ("none", "a/b c.jpg", None),
        ("stem", "a/b c.jpg", Refused),
        ("stem", "é.jpg", Refused),
        ("stem", "x\n.jpg", Refused),
        ("stem", f"{'x' * 255}.jpg", "x" * 255),
        ("stem", f"{'x' * 256}.jpg", Refused),
    ],
)
def test_names_become_ids(external: str, name: str, expected: object) -> None:
    """Lost: faces under ids that nobody chose."""
    got = Naming(external).to_candidate(name, NOWHERE)
    if expected is Refused:
        assert isinstance(got, Refused)
        assert "--external-id none" in got.reason
        assert got.name.isprintable()
    else:
        assert isinstance(got, Item)
        assert got.external_image_id == expected


def test_folders_become_users() -> None:
    """Lost: a face under the wrong person."""
    people = Naming("none", "folder")
    for name, expected in (("A/1.jpg", "A"), ("x/B-1/2/y.jpg", "2")):
        got = people.to_candidate(name, NOWHERE)
        assert isinstance(got, Item)
        assert got.user_id == expected
    for name in ("1.jpg", "two words/1.jpg", f"{'x' * 129}/1.jpg"):
        assert isinstance(people.to_candidate(name, NOWHERE), Refused)


def test_a_folder_ends_and_has_an_order(tmp_path: Path) -> None:
    """Lost: a link to a folder above leads round for ever."""
    for name in ("b/2.jpg", "b/1.PNG", "a/x.jpeg/y.jpg", "c.jpg", "d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "magic").write_bytes(b"\xff\xd8\xff")
    source = Folder(tmp_path, Naming())
    found = list(source)
    assert found == list(source)
    names = [each.name for each in found if isinstance(each, Item)]
    assert names == ["c.jpg", "magic", "a/x.jpeg/y.jpg", "b/1.PNG", "b/2.jpg"]
    passed = [each.what for each in found if isinstance(each, PassedOver)]
    assert passed == ["no JPEG or PNG", "a link to a folder"]


def test_a_manifest_is_read_a_line_at_a_time(tmp_path: Path) -> None:
    """Lost: a wrong line takes the others with it, or a manifest has to fit into memory."""
    lines = tmp_path / "m.jsonl"
    lines.write_text(
        "\n".join(
            [
                json.dumps({"image": "a b.jpg", "external_image_id": "x:1", "user_id": "U"}),
                "{",
                "",
                json.dumps({"image": "s3://b/k y.jpg"}),
                json.dumps({"image": "a.jpg", "user_id": "no good"}),
                json.dumps({"image": "a.jpg", "user": "U"}),
                json.dumps({"image": 5}),
            ]
        )
    )
    first, broken, last, *wrong = Listed(lines)
    assert first == Item("line 1: a b.jpg", tmp_path / "a b.jpg", "x:1", "U")
    assert isinstance(broken, Refused)
    assert broken.name == "line 2"
    assert last == Item("line 4: s3://b/k y.jpg", S3Place("b", "k y.jpg"))
    reasons = [each.reason for each in wrong if isinstance(each, Refused)]
    assert len(reasons) == 3
    assert "user: Unknown field" in reasons[1]
    table = tmp_path / "m.csv"
    table.write_text("image,user_id\n" + "a.jpg,U\n" * 3)
    assert [each.user_id for each in Listed(table) if isinstance(each, Item)] == ["U"] * 3
    table.write_text("picture\na.jpg\n")
    with pytest.raises(ManifestError, match="picture: is no member"):
        list(Listed(table))
    with pytest.raises(ManifestError, match="No such file"):
        list(Listed(tmp_path / "m.txt"))
    (tmp_path / "m.txt").touch()
    with pytest.raises(ManifestError, match=r"is no \.csv"):
        list(Listed(tmp_path / "m.txt"))


@pytest.mark.parametrize(("workers", "handed_out"), [(3, 8), (1, 2)])
def test_a_crew_holds_few_things_at_once(workers: int, handed_out: int) -> None:
    """Lost: a bucket of a million pictures does not fit into memory, or its bar stands still."""
    taken = 0
    most = 0

    def things() -> Iterator[int]:
        nonlocal taken
        for number in range(300):
            taken += 1
            yield number

    crew: Crew[int, int] = Crew(lambda number: number, workers, threading.Event(), handed_out)
    done: list[int] = []
    for result in crew.work_through(things()):
        most = max(most, taken - len(done))
        done.append(result)
    assert sorted(done) == list(range(300))
    assert most <= workers * handed_out + 1


def test_a_crew_that_fails_gives_what_it_has() -> None:
    """Lost: pictures that were looked at before an error, and the error."""
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        time.sleep(number % 5 / 1000)
        if number == 20:
            raise ServiceUnavailable
        return number

    done: list[int] = []
    crew = Crew(work, 4, threading.Event())
    with pytest.raises(ServiceUnavailable):
        done.extend(crew.work_through(range(1000)))
    assert sorted(done) == sorted({*begun} - {20})
    assert 20 <= len(begun) < 100


def test_a_stopped_crew_ends_with_what_was_begun() -> None:
    """Lost: Ctrl-C waits for everything that was listed, or throws away what is done."""
    stopped = threading.Event()
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 10:
            stopped.set()
        return number

    done = list(Crew(work, 2, stopped).work_through(range(10_000)))
    assert sorted(done) == sorted(begun)
    assert 11 <= len(begun) < 40


def _ready(faces: int) -> Ready:
    return Ready(Item("n", NOWHERE), "i", ((0, None),) * faces, np.empty((faces, 2)), 0)  # type: ignore[arg-type]


def test_batches_hold_what_one_commit_may_add() -> None:
    """Lost: a commit that storage refuses, or pictures that no batch holds."""
    generator = random.Random(7)  # noqa: S311 - no secret
    others = (Taken(0), Rejected("n", "r", "k"))
    results: list[Examined] = []
    for _ in range(2000):
        results.append(_ready(generator.randint(1, 100)))
        results += others[: generator.randint(0, 2)]
    batches = list(in_batches(results))
    assert [each for batch in batches for each in batch] == results
    faces = [sum(len(e.faces) for e in batch if isinstance(e, Ready)) for batch in batches]
    assert max(faces) <= FACES
    assert len(batches) < sum(isinstance(each, Ready) for each in results)


def test_a_batch_in_hand_comes_before_the_error() -> None:
    """Lost: up to a hundred faces that were found before S3 went away."""

    def failing() -> Iterator[Ready]:
        yield _ready(3)
        raise ServiceUnavailable

    got: list[object] = []
    with pytest.raises(ServiceUnavailable):
        got.extend(in_batches(failing()))
    assert len(got) == 1


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: one busy moment of DynamoDB ends an import, or a dead one hangs it."""
    monkeypatch.setattr("lineament.cli.bulk.patience._PAUSES", (0.001, 0.001))
    tries = 0

    def busy(until: int) -> int:
        nonlocal tries
        tries += 1
        if tries < until:
            raise ServiceUnavailable
        return tries

    assert patiently(lambda: busy(3), threading.Event()) == 3
    tries = 0
    with pytest.raises(ServiceUnavailable):
        patiently(lambda: busy(4), threading.Event())
    assert tries == 3
    stopped = threading.Event()
    stopped.set()
    tries = 0
    with pytest.raises(ServiceUnavailable):
        patiently(lambda: busy(3), stopped)
    assert tries == 1


def test_the_report_has_every_rejected_picture(tmp_path: Path) -> None:
    """Lost: the pictures past those that are printed."""
    with Outcome() as outcome:
        outcome.write(tmp_path / "none.json", {}, 1.0)
        for number in range(50):
            outcome.count(Rejected(f'{number} "é', f"reason {number}", f"kind {number % 2}"))
        outcome.count(Taken(2, 1))
        outcome.count(Taken(0))
        outcome.write(tmp_path / "r.json", {"source": "s"}, 2.0)
        lines = list(outcome.to_lines(2.0, dry_run=False))
    assert json.loads((tmp_path / "none.json").read_text())["rejected"] == []
    told = json.loads((tmp_path / "r.json").read_text())
    assert len(told["rejected"]) == 50
    assert told["rejected"][7] == {"image": '7 "é', "kind": "kind 1", "reason": "reason 7"}
    assert (told["pictures"], told["added"], told["known"], told["faces"]) == (52, 1, 1, 2)
    assert told["pictures_per_second"] == 26
    assert "52 pictures: 1 added with 2 faces, 1 there already, 50 rejected" in lines[0]
    assert "  25 x rejected: kind 0" in lines
    assert "and 30 more" in lines[-1]
