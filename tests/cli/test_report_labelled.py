"""An operator's manifest, folder and pairs for `lineament report`."""

from pathlib import Path

import pytest

from lineament.cli.main import main
from lineament.cli.reporting.labelled import LabelledError, read_labelled, read_pairs

GOOD = "image,person,skin type\n1.jpg,p1,VI\n2.jpg,p1,VI\n3.jpg,p2,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three files named as photos."""
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def written(folder: Path, text: str, name: str = "photos.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_manifest_names_photos_people_and_groups(folder: Path) -> None:
    """Lost: labels are attached to other photos, or an empty cell becomes a group of its own."""
    labelled = read_labelled(written(folder, GOOD))
    assert [(each.name, each.person, dict(each.groups)) for each in labelled.photos] == [
        ("1.jpg", "p1", {"skin type": "VI"}),
        ("2.jpg", "p1", {"skin type": "VI"}),
        ("3.jpg", "p2", {}),
    ]
    assert labelled.columns == ("skin type",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("image,skin\n1.jpg,VI\n", ["line 1: person: is missing"]),
        ("image,person\n1.jpg,p1\n9.jpg,p2\n", ["line 3: image: 9.jpg is not there"]),
        ("image,person\n1.jpg,p1\n1.jpg,p2\n", ["line 3: image: 1.jpg stands on line 2 already"]),
        ("image,person\n1.jpg,\n,p2\n", ["line 2: person: Missing", "line 3: image: Missing"]),
        ("image,person\n1.jpg,p1,x\n", ["line 2: has more cells than there are columns"]),
        ("image,person\n1.jpg,p1\n2.jpg,p1\n", ["it shows fewer than two people"]),
        ("", ["it shows fewer than two people"]),
    ],
)
def test_every_mistake_is_told_with_its_line_and_column(
    folder: Path, text: str, told: list[str]
) -> None:
    """Lost: whoever has ten thousand lines has to find the wrong one alone."""
    with pytest.raises(LabelledError) as caught:
        read_labelled(written(folder, text))
    assert all(each in str(caught.value) for each in told)


def test_a_column_of_ids_is_no_column_of_groups(folder: Path) -> None:
    """Lost: a column of dates makes a page of thousands of tables of one person each."""
    for number in range(60):
        (folder / f"n{number}.jpg").touch()
    rows = "".join(f"n{number}.jpg,p{number},{number}\n" for number in range(60))
    with pytest.raises(LabelledError, match="taken: holds 60 different values"):
        read_labelled(written(folder, f"image,person,taken\n{rows}"))


def test_a_folder_a_person_is_read_without_a_manifest(tmp_path: Path) -> None:
    """Lost: photos that already lie in a folder a person need a manifest first."""
    for name in ("a/1.jpg", "a/2.PNG", "b/1.jpeg", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [(each.name, each.person) for each in read_labelled(tmp_path).photos]
    assert found == [("a/1.jpg", "a"), ("a/2.PNG", "a"), ("b/1.jpeg", "b")]


def test_pairs_are_read_and_their_mistakes_told(folder: Path) -> None:
    """Lost: a listed pair that is wrong is left out, or counts twice, and nobody hears of it."""
    labelled = read_labelled(written(folder, GOOD))
    pairs = written(folder, "first,second\n1.jpg,2.jpg\n3.jpg,1.jpg\n", "pairs.csv")
    assert read_pairs(pairs, labelled) == [(0, 1), (0, 2)]
    wrong = "first,second\n1.jpg,1.jpg\n1.jpg,7.jpg\n1.jpg,2.jpg\n2.jpg,1.jpg\n"
    with pytest.raises(LabelledError) as caught:
        read_pairs(written(folder, wrong, "pairs.csv"), labelled)
    for told in (
        "line 2: second: is the first image again",
        "line 3: second: 7.jpg is not among the labelled photos",
        "line 5: second: this pair stands on line 4 already",
    ):
        assert told in str(caught.value)


def test_pairs_of_lfws_form_are_read(tmp_path: Path) -> None:
    """Lost: the pairs that the literature uses have to be rewritten by hand."""
    for name in ("a/a_0001.jpg", "a/a_0002.jpg", "b/b_0001.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    pairs = written(tmp_path, "1 1\na 1 2\na 2 b 1\n", "pairs.txt")
    assert read_pairs(pairs, read_labelled(tmp_path)) == [(0, 1), (1, 2)]


@pytest.mark.parametrize(
    "words",
    [
        ["--thresholds", "20"],
        ["--thresholds", "high"],
        ["--estimate", "mood"],
        ["--html", "/nowhere/at/all.html"],
    ],
)
def test_wrong_options_end_before_any_photo_is_looked_at(
    folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a slip is told after the hour that the photos took."""
    with pytest.raises(SystemExit) as caught:
        main(["report", "accuracy", str(written(folder, GOOD)), *words])
    assert caught.value.code == 2
    assert f"argument {words[0]}: " in capsys.readouterr().err


def test_mistakes_of_a_manifest_end_the_command_in_sentences(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a wrong line is a stack trace."""
    wrong = written(folder, "image,person\n1.jpg,p1\n9.jpg,p2\n")
    assert main(["report", "accuracy", str(wrong)]) == 1
    assert "line 3: image: 9.jpg is not there" in capsys.readouterr().err
