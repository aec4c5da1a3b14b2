"""marshmallow fields whose serialised form is a DynamoDB attribute value."""

from typing import Any

from marshmallow import ValidationError, fields


class Text(fields.Field[str]):
    """A string as `{"S": ...}`."""

    def _serialize(self, value: Any, *_args: Any, **_more: Any) -> dict[str, str] | None:  # noqa: ANN401
        return None if value is None else {"S": value}

    def _deserialize(self, value: Any, *_args: Any, **_more: Any) -> str:  # noqa: ANN401
        return str(_require(value, "S"))


class Number(fields.Field[float]):
    """A float as `{"N": ...}`, with every digit that makes it come back the same."""

    def _serialize(self, value: Any, *_args: Any, **_more: Any) -> dict[str, str] | None:  # noqa: ANN401
        return None if value is None else {"N": repr(float(value))}

    def _deserialize(self, value: Any, *_args: Any, **_more: Any) -> float:  # noqa: ANN401
        return float(_require(value, "N"))


class Whole(fields.Field[int]):
    """An int as `{"N": ...}`."""

    def _serialize(self, value: Any, *_args: Any, **_more: Any) -> dict[str, str] | None:  # noqa: ANN401
        return None if value is None else {"N": str(value)}

    def _deserialize(self, value: Any, *_args: Any, **_more: Any) -> int:  # noqa: ANN401
        return int(_require(value, "N"))


class TextMap(fields.Field[dict[str, str]]):
    """A map of strings as `{"M": {...: {"S": ...}}}`."""

    def _serialize(self, value: Any, *_args: Any, **_more: Any) -> dict[str, Any] | None:  # noqa: ANN401
        return None if value is None else {"M": {name: {"S": text} for name, text in value.items()}}

    def _deserialize(self, value: Any, *_args: Any, **_more: Any) -> dict[str, str]:  # noqa: ANN401
        return {name: str(_require(each, "S")) for name, each in _require(value, "M").items()}


class WholeMap(fields.Field[dict[str, int]]):
    """A map of ints as `{"M": {...: {"N": ...}}}`."""

    def _serialize(self, value: Any, *_args: Any, **_more: Any) -> dict[str, Any] | None:  # noqa: ANN401
        if value is None:
            return None
        return {"M": {name: {"N": str(number)} for name, number in value.items()}}

    def _deserialize(self, value: Any, *_args: Any, **_more: Any) -> dict[str, int]:  # noqa: ANN401
        return {name: int(_require(each, "N")) for name, each in _require(value, "M").items()}


class Numbers(fields.Field[tuple[float, ...]]):
    """Floats in order, as one text: `{"S": "0.25 -0.5"}`. moto's time is by the attribute."""

    def _serialize(self, value: Any, *_args: Any, **_more: Any) -> dict[str, str] | None:  # noqa: ANN401
        return None if value is None else {"S": " ".join(repr(float(each)) for each in value)}

    def _deserialize(self, value: Any, *_args: Any, **_more: Any) -> tuple[float, ...]:  # noqa: ANN401
        return tuple(float(each) for each in _require(value, "S").split(" "))


class Texts(fields.Field[tuple[str, ...]]):
    """Strings in order as `{"L": [{"S": ...}, ...]}`."""

    def _serialize(self, value: Any, *_args: Any, **_more: Any) -> dict[str, Any] | None:  # noqa: ANN401
        return None if value is None else {"L": [{"S": text} for text in value]}

    def _deserialize(self, value: Any, *_args: Any, **_more: Any) -> tuple[str, ...]:  # noqa: ANN401
        return tuple(str(_require(each, "S")) for each in _require(value, "L"))


def _require(value: Any, kind: str) -> Any:  # noqa: ANN401
    try:
        return value[kind]
    except (KeyError, TypeError) as error:
        raise ValidationError(f"is no attribute value of type {kind}") from error
