"""docs/threats.md names tests and settings that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text()


def test_named_tests_exist() -> None:
    """Lost: the page promises that something is tested, and nothing tests it."""
    named = set(re.findall(r"`(tests/[\w/.*]+)`", PAGE))
    assert len(named) > 15
    assert [name for name in named if not list(ROOT.glob(name))] == []


def test_named_pages_and_settings_exist() -> None:
    """Lost: who wants to do something about a threat is sent nowhere."""
    pages = set(re.findall(r"docs/\w+\.md", PAGE))
    assert [page for page in pages if not (ROOT / page).is_file()] == []
    schema = "".join(path.read_text() for path in (ROOT / "service/lineament").glob("config_*.py"))
    settings = set(re.findall(r"LINEAMENT_([A-Z_]+)", PAGE))
    assert [name for name in settings if f"    {name.lower()} = " not in schema] == []


def test_every_threat_says_what_does_not_stop_it() -> None:
    """Lost: a page that only comforts."""
    rows = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 12
    assert all(len(row) == 5 and row[2].strip() and row[4].strip() for row in rows)
    silent = [row[1].strip() for row in rows if not row[3].strip()]
    assert silent == ["to crash it", "another account's faces"]
