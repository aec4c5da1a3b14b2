"""Calls of `parse` as tests write them."""

import orjson
import pytest

from lineament.errors import ValidationException, WireError
from lineament.wire.schemas import parse

FACE_ID = "0a1b2c3d-0000-4000-8000-0123456789ab"
PATTERN = "Member must satisfy regular expression pattern: "
FACE_PATTERN = PATTERN + "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def read(operation: str, **members: object) -> dict[str, object]:
    return parse(operation, orjson.dumps(members))


def refusal(operation: str, error: type[WireError] = ValidationException, **members: object) -> str:
    with pytest.raises(error) as caught:
        read(operation, **members)
    return caught.value.message
