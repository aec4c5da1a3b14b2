"""JSON files of what somebody saw on pictures.

They know pictures by digest: they serve whoever has the same pictures, and tell nothing of them.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from lineament.errors import LineamentError

_DIGITS = 16
_Read = TypeVar("_Read")


class LabelsError(LineamentError):
    """The labels cannot be read, or the folder does not hold their pictures."""


def digest_of(image: bytes) -> str:
    """Return the first 16 hex digits of the sha256 of a picture's file."""
    return sha256(image).hexdigest()[:_DIGITS]


def read_labels_file(path: Path | None, shipped: str, parse: Callable[[Any], _Read]) -> _Read:
    """Return what `parse` makes of a file's JSON.

    Args:
        path: of the file; the one that ships where it is None.
        shipped: where that is, below this folder.
        parse: may raise what reading a value of another shape raises.

    Raises:
        LabelsError: the file cannot be read, or is laid out otherwise.
    """
    found = path or resources.files("lineament.cli.measuring").joinpath(shipped)
    try:
        return parse(json.loads(found.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabelsError(f"The labels in {path or shipped} cannot be read: {error!r}") from error
