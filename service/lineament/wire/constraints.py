"""The model's constraints as marshmallow validators that speak AWS's words.

Each validator gives one sentence, so that a value breaking two constraints is told both.
Source: SPEC.md A.6.
"""

from marshmallow import ValidationError, types, validate

from lineament.wire.model import Shape

NOT_NULL = "Member must not be null"
_SIZED = frozenset({"string", "blob", "list", "map"})
_LONGEST_MATCHED = 8192


def constraints_of(shape: Shape) -> list[types.Validator]:
    """Return the validators of a shape's own constraints, without those of what it holds."""
    found: list[types.Validator] = []
    if shape.regex is not None:
        found.append(_WholeMatch(shape))
    if shape.kind in _SIZED:
        found += _sizes(shape)
    else:
        found += _ranges(shape)
    if shape.enum:
        values = ", ".join(shape.enum)
        error = _literal(f"Member must satisfy enum value set: [{values}]")
        found.append(validate.OneOf(shape.enum, error=error))
    return found


def _sizes(shape: Shape) -> list[types.Validator]:
    text = "Member must have length {relation} than or equal to {limit}"
    found: list[types.Validator] = []
    if shape.maximum is not None:
        error = text.format(relation="less", limit=shape.maximum)
        found.append(validate.Length(max=shape.maximum, error=error))
    if shape.minimum:
        error = text.format(relation="greater", limit=shape.minimum)
        found.append(validate.Length(min=shape.minimum, error=error))
    return found


def _ranges(shape: Shape) -> list[types.Validator]:
    text = "Member must have value {relation} than or equal to {limit}"
    found: list[types.Validator] = []
    if shape.maximum is not None:
        error = text.format(relation="less", limit=shape.maximum)
        found.append(validate.Range(max=shape.maximum, error=error))
    if shape.minimum is not None:
        error = text.format(relation="greater", limit=shape.minimum)
        found.append(validate.Range(min=shape.minimum, error=error))
    return found


class _WholeMatch(validate.Regexp):
    """The pattern must match the whole value.

    A text far over every limit is not tried: some of AWS's patterns take quadratic time to fail.
    """

    def __init__(self, shape: Shape) -> None:
        error = _literal(f"Member must satisfy regular expression pattern: {shape.pattern}")
        super().__init__(shape.regex or "", error=error)
        self._longest = max(_LONGEST_MATCHED, shape.maximum or 0)

    def __call__(self, value: str) -> str:  # type: ignore[override]  # never bytes here
        if len(value) > self._longest:
            raise ValidationError(self._format_error(value))
        return super().__call__(value)


def _literal(text: str) -> str:
    # marshmallow formats its error texts; a pattern's braces are its own.
    return text.replace("{", "{{").replace("}", "}}")
