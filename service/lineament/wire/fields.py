"""marshmallow fields as strict as AWS: a JSON type is itself and is never made from another.

A value of the wrong JSON type fails with `Malformed` text; a broken constraint fails with AWS's own
words as plain text. `violations.py` tells the two apart. Integers: as in AWS's Java services, 5.0 is
read as 5, while 5.5 and what does not fit 32 (long: 64) bits is malformed.
"""

import math
from collections.abc import Mapping
from typing import Any

import pybase64
from marshmallow import ValidationError, fields


class Malformed(str):
    """What is wrong with a value that cannot be read at all, to follow the member's path."""

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


def _wrong_type(expected: str, value: object) -> ValidationError:
    return ValidationError(Malformed(f"must be {expected}, found {json_type(value)}"))


class Text(fields.Field[str]):
    """A string of Unicode scalar values; a lone surrogate could never be stored or answered."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str):
            raise _wrong_type("a string", value)
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValidationError(Malformed("holds an unpaired surrogate")) from None
        return value


class Blob(fields.Field[bytes]):
    """Bytes from base64 with padding, of the standard alphabet and no other character."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bytes:
        if not isinstance(value, str):
            raise _wrong_type("a base64 string", value)
        try:
            return pybase64.b64decode(value, validate=True)
        except ValueError:
            raise ValidationError(Malformed("is not valid base64 (RFC 4648)")) from None


class Truth(fields.Field[bool]):
    """true or false."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        if not isinstance(value, bool):
            raise _wrong_type("a boolean", value)
        return value


class Whole(fields.Field[int]):
    """An integer of 32 bits."""

    bits = 32

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong_type("an integer", value)
        if isinstance(value, float) and not value.is_integer():
            raise ValidationError(Malformed("must be an integer, found a fraction"))
        number = int(value)
        if not -(1 << self.bits - 1) <= number < 1 << self.bits - 1:
            raise ValidationError(Malformed(f"does not fit an integer of {self.bits} bits"))
        return number


class Long(Whole):
    """An integer of 64 bits."""

    bits = 64


class Real(fields.Field[float]):
    """A finite number; also a timestamp, in epoch seconds."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong_type("a number", value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise ValidationError(Malformed("is not a finite number"))
        return number


class Sequence(fields.List):
    """A list. One of the wrong size is refused before its elements are looked at."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        if not isinstance(value, list):
            raise _wrong_type("an array", value)
        self._validate(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Table(fields.Dict):
    """A map from strings. One of the wrong size is refused before its entries are looked at."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise _wrong_type("an object", value)
        self._validate(value)
        table: dict[Any, Any] = super()._deserialize(value, attr, data, **kwargs)
        return table


class Structure(fields.Nested):
    """An object of named members."""

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Mapping[str, Any] | None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        if not isinstance(value, dict):
            raise _wrong_type("an object", value)
        return super()._deserialize(value, attr, data, *args, **kwargs)
