"""CHECKS.md says no more than the tests do."""

import re
from pathlib import Path

HERE = Path(__file__).parent
CHECK = re.compile(r"\b[A-Z]{2}\d{2}\b")


def test_every_check_that_is_claimed_has_a_test() -> None:
    """Lost: a check disappears with its test, and nobody notices."""
    text = (HERE / "CHECKS.md").read_text()
    claimed = set(CHECK.findall(text.partition("## Here")[2].partition("In part:")[0]))
    names = [
        name
        for file in HERE.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    ]
    tested = {part.upper() for name in names for part in name.split("_")}
    assert len(claimed) > 100
    assert claimed - tested == set()
