"""Files of what somebody saw on pictures."""

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from lineament.cli.measuring import attributes_geometry
from lineament.cli.measuring.label_files import LabelsError, read_labels_file
from lineament.domain.attributes import BINARY
from lineament.vision.expression import CONFUSED, KINDS

DIGEST = re.compile(r"[0-9a-f]{16}")
MARKS = re.compile(r"[01?-]{8}|[fm]?\??")
WORDS = {"members", "labels", "comment", "pupils", "eyes", "l", "r", "left", "right", "ahead"}
WORDS |= {*BINARY.values(), *KINDS, CONFUSED, *(f"{kind}?" for kind in (*KINDS, CONFUSED))}


def texts(value: Any) -> Iterator[str]:
    """Walk every text of a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key != "comment":
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


@pytest.mark.parametrize("name", ["appearance", "demographics", "geometry"])
def test_what_ships_knows_pictures_by_digest_alone(name: str) -> None:
    """Lost: names of the people of a measuring set stand in this repository."""
    folder = resources.files("lineament.cli.measuring").joinpath("labels")
    found = set(texts(json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))))
    assert sum(bool(DIGEST.fullmatch(text)) for text in found) >= 30
    rest = {text for text in found - WORDS if not DIGEST.fullmatch(text)}
    assert not {text for text in rest if not MARKS.fullmatch(text)}


@pytest.mark.parametrize("content", ["[", '{"eyes": {}}', '{"pupils": {}, "eyes": []}'])
def test_labels_laid_out_otherwise_are_named(tmp_path: Path, content: str) -> None:
    """Lost: a slip in one's own labels is a stack trace, after minutes of work."""
    path = tmp_path / "labels.json"
    path.write_text(content)
    with pytest.raises(LabelsError, match=r"labels\.json cannot be read"):
        read_labels_file(path, "none.json", attributes_geometry._to_labels)
