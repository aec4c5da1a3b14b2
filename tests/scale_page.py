"""The tables of docs/scale.md and of pages like it, and how large an item is for DynamoDB."""

import math
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[1] / "docs/scale.md"
ROUNDED = 0.03
"""What a printed sum may be off by: it has two digits at least."""


def numbers(text: str) -> list[float]:
    """Return the numbers of a cell: `$1,200` is one, `27 / 40` are two."""
    return [float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def table(title: str, page: Path = PAGE) -> dict[str, list[list[float]]]:
    """Return the numbers of each cell of a section's first table, by the row's name."""
    section = page.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return {row[0]: [numbers(cell) for cell in row[1:]] for row in rows[2:]}


def agree(printed: list[list[float]], computed: list[float]) -> None:
    """Check that each cell begins with the number that is due there."""
    assert len(printed) >= len(computed)
    begun = [cell[0] for cell in printed[: len(computed)]]
    assert begun == [pytest.approx(value, rel=ROUNDED) for value in computed]


def size(value: dict[str, Any]) -> int:
    """Return the bytes of an attribute's value, by DynamoDB's rules for items."""
    kind: str
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        digits = len(content.replace(".", "").strip("-0"))
        return math.ceil(digits / 2) + 1 + int(content.startswith("-"))
    if kind == "B":
        return len(content)
    if kind == "L":
        return 3 + sum(1 + size(each) for each in content)
    assert kind == "M"
    return 3 + sum(1 + len(name) + size(each) for name, each in content.items())


def item_size(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + size(value) for name, value in item.items())
