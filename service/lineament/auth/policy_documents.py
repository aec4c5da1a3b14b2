"""A policy's JSON as it came, text to dict; what two readers could read differently is refused."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from lineament.errors import LineamentError

MAX_CHARACTERS = 10_240
"""Of a document, white space included."""
MAX_DEPTH = 8
"""Of objects and lists within each other; a document that means something has 7."""


class PolicyError(LineamentError):
    """A policy document cannot be used. Never leaves on the wire; the operator reads it.

    Attributes:
        where: the place, such as `Statement[1].Condition.Bool`; empty for the document itself.
        why: what is wrong there.
    """

    def __init__(self, where: str, why: str) -> None:
        """Say what is wrong, and where."""
        self.where = where
        self.why = why
        super().__init__(f"{where}: {why}" if where else f"The policy document {why}")


def read_document(document: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as a dict.

    Args:
        document: JSON text of one object, or the object itself.

    Raises:
        PolicyError: it is too long, no JSON, no object, nested too deeply, or names a member twice
            (the second would silently replace the first, which might be a Deny's).
    """
    text = document if isinstance(document, str) else _written(document)
    if len(text) > MAX_CHARACTERS:
        raise PolicyError("", f"has {len(text)} characters; {MAX_CHARACTERS} are the most")
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise PolicyError("", "is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise PolicyError(
            "", f"is no JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from None
    except ValueError:  # A whole number of thousands of digits.
        raise PolicyError("", "holds a number that is too long") from None
    if not isinstance(found, dict):
        raise PolicyError("", "must be a JSON object")
    _require_shallow(found)
    return found


def _require_shallow(document: object) -> None:
    """Keep recursion over a document, here and elsewhere, far from Python's limit."""
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    if any(isinstance(inner, dict | list) for inner in level):
        raise PolicyError("", f"is nested too deeply; {MAX_DEPTH} levels are the most")


def _written(document: Mapping[str, Any]) -> str:
    try:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise PolicyError("", "cannot be written as JSON") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PolicyError("", f"names the member {twice[:64]!r} twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise PolicyError("", f"is no JSON: {name} is no number")
