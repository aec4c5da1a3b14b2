"""`lineament bench recognition` and `calibrate`, on small sets in LFW's layout."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineament.cli.measuring.lfw import Vectors
from lineament.cli.measuring.same_people import find_same_people, pair_key, read_confirmed
from lineament.domain.verification import impostor_scores
from lineament.errors import LineamentError

PAIRS = """2 1
Obama 1 2
Obama 1 Biden 1
Obama 1 3
Collins 1 Obama 2
"""
PHOTOS = {
    "Obama": ("obama.jpg", "obama2.jpg", "obama3.jpg"),
    "Biden": ("biden.jpg",),
    "Collins": ("astronaut.png",),
}


@pytest.fixture
def folder(photo_dir: Path, tmp_path: Path) -> Path:
    """Return a set of three people."""
    for person, names in PHOTOS.items():
        (tmp_path / "images" / person).mkdir(parents=True)
        for number, name in enumerate(names, start=1):
            image = Image.open(photo_dir / name).convert("RGB")
            image.thumbnail((600, 600))
            image.save(tmp_path / "images" / person / f"{person}_{number:04d}.jpg")
    (tmp_path / "pairs.txt").write_text(PAIRS)
    return tmp_path


def lineament(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lineament", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def test_bench_recognition_measures_a_set_of_ones_own(folder: Path) -> None:
    """Lost: an operator cannot find out how well the model does on their own photos."""
    kept, plot = folder / "figures.json", folder / "scores.png"
    done = lineament("bench", "recognition", str(folder), "--json", str(kept), "--plot", str(plot))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "accuracy_percent 100 >=99.4 ok" in done.stdout
    figures = {figure["name"]: figure["value"] for figure in json.loads(kept.read_text())}
    assert (figures["photos"], figures["impostor_pairs"], figures["faces_missed"]) == (5, 3, 0)
    assert figures["fmr_at_80"] == 0
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_calibrate_promises_nothing_on_too_few_pairs(folder: Path) -> None:
    """Lost: a threshold of 99 that was fitted to three pairs, and holds nothing."""
    output = folder / "profile.json"
    done = lineament("calibrate", str(folder), "--output", str(output))
    assert done.returncode == 1
    assert "3 impostor pairs cannot show a false match rate" in done.stderr
    assert "Traceback" not in done.stderr
    assert not output.exists()


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("second_agrees", [False, True])
def test_pair_is_left_out_only_if_two_agree_and_somebody_looked(
    tmp_path: Path, confirmed: bool, second_agrees: bool
) -> None:
    """Lost: true false matches are explained away, and the promised rate is too good."""
    people = [tmp_path / f"{name}.jpg" for name in "abc"]
    again = tmp_path / "again.jpg"
    for path in (*people, again):
        path.write_bytes(path.name.encode())
    pictures = [*people, again]
    near = np.array([[1, 0], [0.99, 0.141], [0, 1], [0.9, 0.436]], np.float32)
    far = np.array([[1, 0], [0.5, 0.866], [0, 1], [0.9, 0.436]], np.float32)
    rows = {path: row for row, path in enumerate(pictures)}
    judges = {
        "one": Vectors(rows, near, ()),
        "two": Vectors(rows, near if second_agrees else far, ()),
    }
    scores = impostor_scores(near[:3])
    key = pair_key((people[1], people[0]))
    known = {key: "one person"} if confirmed else {}

    suspects = find_same_people(people, scores, 0.9, [(people[0], again)], judges, known)

    assert [suspect.key for suspect in suspects] == [key]
    assert suspects[0].pictures == (people[0], people[1])
    assert suspects[0].left_out == (confirmed and second_agrees)


def test_confirmed_pairs_that_cannot_be_read(tmp_path: Path) -> None:
    """Lost: a broken file counts as an empty one, or ends in a trace."""
    assert read_confirmed(None)
    for content in ("[", "[]", "3"):
        (tmp_path / "pairs.json").write_text(content)
        with pytest.raises(LineamentError, match=r"pairs\.json"):
            read_confirmed(tmp_path / "pairs.json")
    with pytest.raises(LineamentError):
        read_confirmed(tmp_path / "none.json")


def test_plot_without_matplotlib_is_told_before_the_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: minutes of measuring end in a trace, and their figures with it."""
    hidden = folder / "hidden" / "matplotlib"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError('no', name='matplotlib')")
    monkeypatch.setenv("PYTHONPATH", str(hidden.parent))
    done = lineament("bench", "recognition", str(folder), "--plot", str(folder / "scores.png"))
    assert done.returncode == 1
    assert "matplotlib is missing; install lineament[" in done.stderr
    assert "Traceback" not in done.stderr
    assert "photo/s" not in done.stderr
