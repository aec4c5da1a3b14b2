"""Hypothesis strategies from the model's shapes: what a client may send, what we may answer."""

from typing import Any

from hypothesis import strategies as st

from lineament.handlers.table import OPERATIONS
from lineament.wire.model import Shape

BUILT = tuple(sorted(OPERATIONS))

_SMALL = 4
_ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Unpaired surrogates too: JSON can spell them."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


def valid(shape: Shape) -> st.SearchStrategy[Any]:
    """Return values that satisfy every constraint of the shape, sizes kept small."""
    if shape.kind == "structure":
        return _structure(shape)
    if shape.kind == "list" and shape.element is not None:
        return st.lists(valid(shape.element), min_size=shape.minimum or 0, max_size=_most(shape))
    if shape.kind == "map" and shape.key is not None and shape.element is not None:
        return st.dictionaries(
            valid(shape.key), valid(shape.element), min_size=shape.minimum or 0, max_size=_SMALL
        )
    return _scalar(shape)


def _structure(shape: Shape) -> st.SearchStrategy[Any]:
    members = {name: valid(member) for name, member in shape.members.items()}
    required = {name: member for name, member in members.items() if name in shape.required}
    optional = {name: member for name, member in members.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _scalar(shape: Shape) -> st.SearchStrategy[Any]:
    if shape.kind == "string":
        return st.sampled_from(shape.enum) if shape.enum else _text(shape)
    if shape.kind == "blob":
        return st.binary(min_size=shape.minimum or 0, max_size=32)
    if shape.kind == "boolean":
        return st.booleans()
    if shape.kind == "timestamp":
        return st.integers(0, 2**33).map(lambda quarters: quarters / 4)
    if shape.kind == "float":
        return st.floats(
            shape.minimum, shape.maximum, width=32, allow_nan=False, allow_infinity=False
        )
    return _integers(shape)


def _integers(shape: Shape) -> st.SearchStrategy[int]:
    bits = 31 if shape.kind == "integer" else 63
    least = -(2**bits) if shape.minimum is None else shape.minimum
    return st.integers(least, 2**bits - 1 if shape.maximum is None else shape.maximum)


def _text(shape: Shape) -> st.SearchStrategy[str]:
    least, most = shape.minimum or 0, shape.maximum or 255
    if shape.regex is None:
        return st.text(min_size=least, max_size=min(most, 40))
    matching = st.from_regex(shape.regex, fullmatch=True)
    return matching.filter(lambda text: least <= len(text) <= most)


def _most(shape: Shape) -> int:
    return min(shape.maximum or _SMALL, max(_SMALL, shape.minimum or 0))
