"""The functions of single operations, called as boto3's client of the API is."""

import base64
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lambdas import operations
from lineament import errors
from tests.infra.recording import Recording, Right


class Direct:
    """A client whose calls are events of `lambdas.operations`, JSON on both sides."""

    exceptions = errors

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return an operation by its name in boto3, which is its function's."""
        entry = getattr(operations, name)

        def call(**request: Any) -> Any:
            event = json.loads(json.dumps(request, default=_in_base64))
            return json.loads(json.dumps(entry(event, None)))

        return call


def _in_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@contextmanager
def by_operation(
    recording: Recording, before: Callable[[], None]
) -> Iterator[dict[str, set[Right]]]:
    """Have something done before each operation's first call; give what each needed, by name."""
    rights: dict[str, set[Right]] = defaultdict(set)
    call = operations._call

    def divided(operation: str, body: bytes) -> bytes:
        if operation not in rights:
            before()
        recording.rights = set()
        try:
            return call(operation, body)
        finally:
            rights[operation] |= recording.rights

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "_call", divided)
        yield rights
