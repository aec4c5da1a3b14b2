"""JSON values to Python values, as strictly as AWS: no type is made from another.

A value of another JSON type fails with `Malformed` text; a broken constraint fails with AWS's words
as plain text (constraints.py). Integers: as AWS's Java services read them, 5.0 is 5, while 5.5 and
what does not fit the 32 or 64 bits is malformed. The decoder has refused infinities and unpaired
surrogates before. Source: SPEC.md A.1.
"""

import pybase64
from marshmallow import ValidationError


class Malformed(str):
    """What is wrong with a value that cannot be read at all; follows the member's path."""

    __slots__ = ()


def json_type(value: object) -> str:
    """Name the JSON type of a decoded value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"


def read_text(value: object) -> str:
    """Return a string."""
    if not isinstance(value, str):
        raise _wrong_type("a string", value)
    return value


def read_blob(value: object) -> bytes:
    """Return the bytes of padded base64 in the standard alphabet, without line breaks."""
    if not isinstance(value, str):
        raise _wrong_type("a base64 string", value)
    try:
        return pybase64.b64decode(value, validate=True)
    except ValueError:
        raise ValidationError(Malformed("is not valid base64 (RFC 4648)")) from None


def read_boolean(value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise _wrong_type("a boolean", value)
    return value


def read_integer(value: object) -> int:
    """Return an integer of 32 bits."""
    return _whole(value, 32)


def read_long(value: object) -> int:
    """Return an integer of 64 bits."""
    return _whole(value, 64)


def read_number(value: object) -> float:
    """Return a number as a float; also a timestamp, in epoch seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type("a number", value)
    return float(value)


def read_array(value: object) -> list[object]:
    """Return an array as it is; its elements are read one by one later."""
    if not isinstance(value, list):
        raise _wrong_type("an array", value)
    return value


def read_object(value: object) -> dict[str, object]:
    """Return an object as it is; its members are read one by one later."""
    if not isinstance(value, dict):
        raise _wrong_type("an object", value)
    return value


def _whole(value: object, bits: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type("an integer", value)
    if isinstance(value, float) and not value.is_integer():
        raise ValidationError(Malformed("must be an integer, found a fraction"))
    number = int(value)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise ValidationError(Malformed(f"does not fit an integer of {bits} bits"))
    return number


def _wrong_type(expected: str, value: object) -> ValidationError:
    return ValidationError(Malformed(f"must be {expected}, found {json_type(value)}"))
