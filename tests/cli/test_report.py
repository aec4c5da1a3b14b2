"""`lineament report` as an operator calls it, on declared faces and on real photos."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import boto3
import pytest

from lineament.cli import report
from lineament.cli.main import main
from lineament.cli.reporting.labelled import read_labelled
from lineament.cli.reporting.one_to_many import draw
from lineament.testing import Face, mock_rekognition, running
from lineament.testing.declarations import Faces

FETCHING = {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}
BARE = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """Reads a page and keeps what it is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in BARE:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def faces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Faces]:
    """Return where to declare; both reports ask the service that knows it."""
    with mock_rekognition() as declared:
        assert running.current is not None
        services = running.current.service.application.services
        monkeypatch.setattr(report, "_services", lambda: services)

        @contextmanager
        def service() -> Iterator[Any]:
            yield boto3.client(
                "rekognition", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
            )

        monkeypatch.setattr(report, "_service", service)
        yield declared


class Desk:
    """An operator with a manifest of declared photos."""

    def __init__(self, folder: Path, faces: Faces) -> None:
        self.folder, self.faces = folder, faces
        self.rows: list[tuple[str, str, str]] = []

    def photo(self, person: str, skin: str, *held: str | Face) -> str:
        """Add a photo, of the person themselves unless it says what it holds."""
        name = f"secret-path-{len(self.rows)}.jpg"
        (self.folder / name).write_bytes(self.faces.picture(*(held or (person,))))
        self.rows.append((name, person, skin))
        return name

    def ask(self, what: str, *words: str) -> dict[str, Any]:
        """Make a report, and return its figures."""
        manifest, told = self.folder / "photos.csv", self.folder / "told.json"
        with manifest.open("w", newline="") as file:
            csv.writer(file).writerows([("image", "person", "skin <type>"), *self.rows])
        command = ["report", what, str(manifest), "--json", str(told)]
        assert main([*command, "--html", str(self.folder / "page.html"), *words]) == 0
        figures: dict[str, Any] = json.loads(told.read_text())
        return figures

    def page(self) -> str:
        return (self.folder / "page.html").read_text()


@pytest.fixture
def desk(tmp_path: Path, faces: Faces) -> Desk:
    """Return a desk with 20 people of two groups, two photos each, all told apart."""
    made = Desk(tmp_path, faces)
    for number in range(20):
        for _ in range(2):
            made.photo(f"hidden-name-{number}", ("I", "VI")[number % 2])
    return made


def test_accuracy_counts_what_was_declared(desk: Desk) -> None:
    """Lost: the figures of the report are not those of the photos."""
    desk.faces.similarity("hidden-name-0", "hidden-name-2", 92)
    desk.faces.similarity("hidden-name-1", "hidden-name-2", 85)
    desk.photo("hidden-name-0", "I", Face("hidden-name-0", similarity=88))
    desk.photo("hidden-name-1", "VI", Face("hidden-name-1", sharpness=1))
    desk.photo("hidden-name-3", "", *())
    told = desk.ask("accuracy")
    assert told["photos"] == 43
    assert told["failures"] == {"stopped by the quality filter": 1}
    assert told["overall"]["false_match"][0]["trials"] == 42 * 41 / 2 - (18 + 3 * 2)
    errors = [rate["errors"] for rate in told["overall"]["false_match"]]
    assert errors[0] > errors[1] > 0
    assert errors[2:] == [0, 0]
    missed = [rate["errors"] for rate in told["overall"]["false_non_match"]]
    assert missed == [0, 2, 2, 2]
    whole = [rate["errors"] for rate in told["overall"]["missed_with_failures"]]
    assert whole == [2, 4, 4, 4]
    (column,) = told["columns"]
    assert (column["name"], column["unknown"]) == ("skin <type>", 1)
    worst = {what: column[what][0]["group"] for what in ("false_match", "failure_to_enrol")}
    assert worst == {"false_match": "I", "failure_to_enrol": "VI"}


def test_a_page_is_whole_and_gives_nobody_away(desk: Desk) -> None:
    """Lost: a report that is passed on shows people, or tells a stranger's server who reads it."""
    desk.faces.similarity("hidden-name-0", "hidden-name-2", 92)
    for what in ("accuracy", "one-to-many"):
        told = desk.ask(what)
        text = desk.page()
        page = Page(text)
        assert page.open == []
        assert not {name for _, name, _ in page.attributes} & FETCHING
        assert not {"script", "img", "link", "iframe", "object", "embed"} & set(page.tags)
        assert not re.search(r"url\(|@import|https?:", text)
        for shown in (text, json.dumps(told)):
            assert not re.search(
                r"hidden-name|secret-path|<type>", shown.replace("skin <type>", "")
            )
        assert "skin <type>" in page.texts
        assert page.tags.count("title") == 1 + page.tags.count("svg")
        assert page.tags.count("svg") >= 1
        assert page.tags.count("caption") == page.tags.count("table") >= 3


def test_listed_pairs_alone_are_compared(desk: Desk) -> None:
    """Lost: an operator's own protocol is measured on other pairs than it names."""
    pairs = desk.folder / "pairs.csv"
    pairs.write_text(
        "first,second\nsecret-path-0.jpg,secret-path-1.jpg\nsecret-path-0.jpg,secret-path-2.jpg\n"
    )
    told = desk.ask("accuracy", "--pairs", str(pairs), "--thresholds", "90")
    assert told["listed"] is True
    assert [rate["trials"] for rate in told["overall"]["false_match"]] == [1]
    assert [rate["trials"] for rate in told["overall"]["false_non_match"]] == [1]


def test_estimated_groups_are_told_as_estimates(desk: Desk) -> None:
    """Lost: what a model guesses of people is passed on as if they had said it."""
    for _ in range(2):
        desk.photo("w", "I", Face("w", attributes={"Gender": "Female", "AgeRange": (61, 69)}))
    told = desk.ask("accuracy", "--estimate", "gender,age")
    names = [column["name"] for column in told["columns"]]
    assert names[1:] == [
        "gender, as the service estimates it",
        "age, as the service estimates it",
    ]
    assert [column["estimated"] for column in told["columns"]] == [False, True, True]
    oldest = {each["group"]: each["people"] for each in told["columns"][2]["false_match"]}
    assert oldest["60 and over"] == 1
    assert "not statements of the people shown" in desk.page()


def test_one_to_many_counts_who_matches(desk: Desk) -> None:
    """Lost: false matches are missed, or people who are enrolled count as strangers."""
    for number in range(0, 20, 2):
        desk.faces.similarity(f"hidden-name-{number}", f"hidden-name-{number + 1}", 97)
    for probes, gallery, matched, mates in ((19, 1, 1, 1), (1, 19, 1, 19), (5, None, None, 15)):
        words = ["--probes", str(probes), *(["--gallery", str(gallery)] if gallery else [])]
        told = desk.ask("one-to-many", *words)
        chosen = draw(read_labelled(desk.folder / "photos.csv"), probes, gallery, 1)
        enrolled = {photo.person for photo in chosen.gallery}
        twins = sum(twin_of(photo.person) in enrolled for photo in chosen.probes)
        assert matched in {None, twins}
        falsely = told["overall"]["falsely"]
        assert [rate["errors"] for rate in falsely] == [twins, twins, 0]
        assert [rate["trials"] for rate in falsely] == [probes] * 3
        assert told["matches"] == [twins, twins, 0]
        assert told["mates"] == mates
        assert [rate["errors"] for rate in told["overall"]["missed"]] == [0, 0, 0]


def twin_of(person: str) -> str:
    """Return who is declared to be like somebody."""
    return f"hidden-name-{int(person.rpartition('-')[2]) ^ 1}"


def test_who_does_not_come_back_is_missed(desk: Desk) -> None:
    """Lost: a threshold of 99 looks free, whatever it misses."""
    for number in range(20):
        name = f"hidden-name-{number}"
        image = desk.faces.picture(Face(name, similarity=90))
        (desk.folder / f"secret-path-{2 * number}.jpg").write_bytes(image)
    told = desk.ask("one-to-many", "--probes", "5")
    assert [rate["errors"] for rate in told["overall"]["missed"]] == [0, 15, 15]
    assert "0 %" in desk.page()


def test_a_seed_draws_the_same_people_again(desk: Desk) -> None:
    """Lost: nobody can repeat a published figure."""
    for number in range(0, 20, 2):
        desk.faces.similarity(f"hidden-name-{number}", f"hidden-name-{number + 1}", 90)
    one, again = (desk.ask("one-to-many", "--probes", "8", "--seed", "3") for _ in range(2))
    assert {**one, "made": ""} == {**again, "made": ""}
    labelled = read_labelled(desk.folder / "photos.csv")
    assert draw(labelled, 8, None, 3) != draw(labelled, 8, None, 4)


def test_photos_that_cannot_be_used_are_counted(desk: Desk) -> None:
    """Lost: an empty file ends a run of hours, or a faceless photo counts as a success."""
    for number in range(20):
        (desk.folder / f"secret-path-{2 * number}.jpg").write_bytes(
            b"" if number % 2 else desk.faces.picture()
        )
        (desk.folder / f"secret-path-{2 * number + 1}.jpg").write_bytes(b"no photo")
    desk.faces.declare(b"no photo")
    told = desk.ask("one-to-many", "--probes", "10")
    assert (told["not_searched"], told["not_enrolled"]) == (10, 10)
    assert [rate["value"] for rate in told["overall"]["missed"]] == [1, 1, 1]
    assert told["overall"]["falsely"][0]["value"] is None


def test_too_few_people_are_told_in_a_sentence(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a gallery that is smaller than asked for, without a word."""
    with pytest.raises(AssertionError):
        desk.ask("one-to-many", "--probes", "15", "--gallery", "15")
    assert "there are 20 people" in capsys.readouterr().err


def test_a_review_leads_to_wrong_labels(desk: Desk) -> None:
    """Lost: one person under two labels is a false match for ever."""
    desk.photo("alias", "I", "hidden-name-4")
    review, confirmed = desk.folder / "review.csv", desk.folder / "confirmed.json"
    before = desk.ask("accuracy", "--review", str(review))
    assert before["overall"]["false_match"][0]["errors"] == 2
    rows = list(csv.DictReader(review.open()))
    assert {row["first"] for row in rows} == {"secret-path-8.jpg", "secret-path-9.jpg"}
    confirmed.write_text(json.dumps({rows[0]["digests"]: "the same person"}))
    after = desk.ask("accuracy", "--confirmed", str(confirmed))
    assert after["overall"]["false_match"][0]["errors"] == 0
    assert after["confirmed_same"] == 1


def test_real_photos_through_the_whole_service(
    photo_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: the reports run on declared faces alone, or on the server that the shell names."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for person, names in {
        "one": ("obama.jpg", "obama2.jpg", "obama3.jpg"),
        "two": ("biden.jpg",),
        "three": ("astronaut.png",),
        "four": ("coffee.png",),
    }.items():
        (tmp_path / person).mkdir()
        for name in names:
            shutil.copy(photo_dir / name, tmp_path / person / name)
    told = tmp_path / "told.json"
    assert main(["report", "accuracy", str(tmp_path), "--json", str(told)]) == 0
    accuracy = json.loads(told.read_text())
    assert accuracy["failures"] == {"no face found": 1}
    assert [rate["errors"] for rate in accuracy["overall"]["false_match"]] == [0, 0, 0, 0]
    assert accuracy["overall"]["false_non_match"][0]["errors"] == 0
    assert accuracy["overall"]["false_non_match"][0]["trials"] == 3
    told.unlink()
    assert main(["report", "one-to-many", str(tmp_path), "--json", str(told)]) == 0
    searched = json.loads(told.read_text())
    assert searched["made"]["face_model"] == accuracy["made"]["face_model"]
    assert searched["probes"] == 1
    assert [rate["errors"] for rate in searched["overall"]["falsely"]] == [0, 0, 0]
