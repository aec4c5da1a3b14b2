"""Plain values to bytes and back: containers, text, bytes, numbers. No class of ours or others'.

It is pickle, held to what loads without running anything: a folder from a stranger can at worst
hold wrong data.
"""

import pickle
from collections import defaultdict
from io import BytesIO
from typing import Any, Protocol

from lineament.errors import LineamentError

_CONTAINERS = {
    ("builtins", "bytearray"): bytearray,
    ("builtins", "dict"): dict,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "set"): set,
    ("collections", "defaultdict"): defaultdict,
}


class Writable(Protocol):
    """A file to write to."""

    def write(self, data: bytes, /) -> int:
        """Write all of it."""
        ...


class NotPlainError(LineamentError):
    """Something is no plain value."""


def dump(value: object, file: Writable) -> None:
    """Write a value.

    Raises:
        NotPlainError: `load` would refuse it.
    """
    _Pickler(file, protocol=5).dump(value)


def load(content: bytes) -> Any:  # noqa: ANN401
    """Return what was dumped.

    Raises:
        NotPlainError: it is something else.
    """
    return _Unpickler(BytesIO(content)).load()


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401
        # Asked about what is not of the built-in containers, text, bytes and numbers.
        if (obj if isinstance(obj, type) else type(obj)) in _CONTAINERS.values():
            return NotImplemented
        raise NotPlainError(f"a {type(obj).__name__} cannot be kept")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:  # noqa: ANN401
        try:
            return _CONTAINERS[module_name, global_name]
        except KeyError:
            raise NotPlainError(f"a {module_name}.{global_name} is no plain value") from None
