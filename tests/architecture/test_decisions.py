"""docs/decisions.md names places and tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUESTIONS = 10
"""Open ones at the end of SPEC.md."""
_PLACE = re.compile(r"`([\w/]+\.py):(\w+)`")


def rows() -> dict[int, tuple[str, str]]:
    """Return what the columns "Kept in" and "Shown by" hold, by the number of the question."""
    cells = [line.split(" | ") for line in (ROOT / "docs/decisions.md").read_text().splitlines()]
    return {
        int(row[0].strip("| ")): (row[-2], row[-1]) for row in cells if re.match(r"\| \d", row[0])
    }


def defines(file: Path, name: str) -> bool:
    """Tell whether a file has a function, a constant or a field of that name."""
    pattern = rf"^\s*(def {name}\(|{name}\b.* = |{name}: )"
    return file.is_file() and re.search(pattern, file.read_text(), re.MULTILINE) is not None


def test_every_open_question_is_kept_somewhere_and_shown() -> None:
    """Lost: a decision moves, or goes, and whoever wants another one cannot find it."""
    assert sorted(rows()) == list(range(1, QUESTIONS + 1))
    for number, (kept, shown) in rows().items():
        for cell, folder in ((kept, "service/lineament"), (shown, "tests")):
            places = _PLACE.findall(cell)
            assert places, f"question {number} names nothing: {cell}"
            absent = [place for place in places if not defines(ROOT / folder / place[0], place[1])]
            assert absent == [], f"question {number}"


def test_what_is_not_there_is_found() -> None:
    """Lost: the test above passes whatever the page names."""
    limits = ROOT / "service/lineament/domain/limits.py"
    assert defines(limits, "DEFAULT_PAGE")
    assert not defines(limits, "PAGE")
    assert not defines(limits.with_name("absent.py"), "DEFAULT_PAGE")
