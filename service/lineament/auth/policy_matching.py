"""Wildcards and variables in a policy's texts: `*` is any run of characters, `?` is any one.

No pattern can be slow: between two stars the leftmost place is always as good as any other, so
nothing is tried twice, and a text of n characters costs at most n times the pattern's length.

What a variable without a value would make of a pattern cannot be known. Answers are therefore of
three kinds: True, False, and None for unknown; `some` and `every` combine them as Kleene's logic.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from lineament.auth.policy_documents import PolicyError
from lineament.auth.policy_keys import Context, Key, find_key

_ARN_PARTS = 6
_ESCAPED = ("*", "?", "$")
_VARIABLE = re.compile(r"\s*([^\s,']+)\s*(?:,\s*'([^']*)'\s*)?")


class Wild(Enum):
    """A wildcard in a pattern."""

    MANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`; its value is literal, whatever characters it holds."""

    key: Key
    default: str | None


Piece = str | Wild | Variable


@dataclass(frozen=True, slots=True)
class _Segment:
    """What stands between two stars."""

    text: str
    length: int
    dotted: re.Pattern[str] | None
    """Where there are question marks: literals and dots, without repetition."""

    def at(self, value: str, start: int) -> bool:
        if self.dotted is None:
            return value.startswith(self.text, start)
        return self.dotted.match(value, start) is not None

    def find(self, value: str, start: int, end: int) -> int:
        if self.dotted is None:
            return value.find(self.text, start, end)
        found = self.dotted.search(value, start, end)
        return -1 if found is None else found.start()


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern ready to match, without variables."""

    head: _Segment
    middle: tuple[_Segment, ...]
    tail: _Segment | None
    """None where the pattern has no star."""

    def matches(self, value: str) -> bool:
        """Tell whether the whole value is what the pattern says; letter case counts."""
        start, end = self.head.length, len(value)
        if self.tail is None:
            return end == start and self.head.at(value, 0)
        end -= self.tail.length
        if end < start or not self.head.at(value, 0) or not self.tail.at(value, end):
            return False
        for segment in self.middle:
            found = segment.find(value, start, end)
            if found < 0:
                return False
            start = found + segment.length
        return True


def glob_of(pieces: Iterable[str | Wild]) -> Glob:
    """Compile literals and wildcards."""
    runs: list[list[str | Wild]] = [[]]
    for piece in pieces:
        if piece is Wild.MANY:
            runs.append([])
        else:
            runs[-1].append(piece)
    segments = [_segment(run) for run in runs]
    if len(segments) == 1:
        return Glob(segments[0], (), None)
    return Glob(segments[0], tuple(part for part in segments[1:-1] if part.length), segments[-1])


def plain_glob(pattern: str) -> Glob:
    """Compile a pattern that knows no variables."""
    return glob_of(_wildcards(pattern))


@dataclass(frozen=True, slots=True)
class Template:
    """A pattern that may hold variables."""

    pieces: tuple[Piece, ...]
    fixed: Glob | None
    """Compiled beforehand where there are no variables."""
    folded: bool = False
    """Whether the values of variables are case-folded, as the literals are already."""

    def matches(self, value: str, context: Context) -> bool | None:
        """Tell whether the whole value matches; None where a variable has no value."""
        if self.fixed is not None:
            return self.fixed.matches(value)
        bound: list[str | Wild] = []
        for piece in self.pieces:
            if isinstance(piece, Variable):
                text = context.find_text(piece.key)
                text = piece.default if text is None else text
                if text is None:
                    return None
                bound.append(text.casefold() if self.folded else text)
            else:
                bound.append(piece)
        return glob_of(bound).matches(value)


@dataclass(frozen=True, slots=True)
class ArnTemplate:
    """A pattern of an ARN: each of the six parts between colons matches by itself."""

    parts: tuple[Template, ...]
    """Empty for `*`, which matches anything."""

    def matches(self, value: Sequence[str], context: Context) -> bool | None:
        """Tell whether an ARN, as `arn_parts` has it, matches."""
        if not self.parts:
            return True
        if len(value) != _ARN_PARTS:
            return False
        return every(
            part.matches(text, context) for part, text in zip(self.parts, value, strict=True)
        )


def arn_parts(arn: str) -> list[str]:
    """Return the six parts of an ARN; of any other text, `*` included, it is fewer."""
    return arn.split(":", _ARN_PARTS - 1)


def read_template(text: str, where: str, *, wild: bool, folded: bool = False) -> Template:
    """Compile a text of a policy.

    Args:
        text: as the document has it.
        where: its place, for errors.
        wild: whether `*` and `?` are wildcards; else they stand for themselves.
        folded: case-fold the literals, for comparisons that ignore case.

    Raises:
        PolicyError: a variable is not closed, or names no key that can be one.
    """
    pieces = _pieces(text, where, wild=wild)
    if folded:
        pieces = [piece.casefold() if isinstance(piece, str) else piece for piece in pieces]
    return _template(pieces, folded=folded)


def read_arn_template(text: str, where: str) -> ArnTemplate:
    """Compile a pattern of an ARN, or `*`.

    Raises:
        PolicyError: it has not the six parts of an ARN, or a bad variable.
    """
    if text == "*":
        return ArnTemplate(())
    parts: list[list[Piece]] = [[]]
    for piece in _pieces(text, where, wild=True):
        if not isinstance(piece, str):
            parts[-1].append(piece)
            continue
        first, *rest = piece.split(":", _ARN_PARTS - len(parts))
        parts[-1].append(first)
        parts += [[part] for part in rest]
    if len(parts) != _ARN_PARTS or parts[0] != ["arn"]:
        raise PolicyError(
            where,
            f"{text[:80]!r} is neither * nor an ARN of six parts, arn:partition:service:region:"
            "account:resource (each part may be or hold a wildcard)",
        )
    return ArnTemplate(tuple(_template(part) for part in parts))


def some(answers: Iterable[bool | None]) -> bool | None:
    """Return True if one is True; else None if one is unknown; else False."""
    unknown = False
    for answer in answers:
        if answer:
            return True
        unknown = unknown or answer is None
    return None if unknown else False


def every(answers: Iterable[bool | None]) -> bool | None:
    """Return False if one is False; else None if one is unknown; else True."""
    unknown = False
    for answer in answers:
        if answer is None:
            unknown = True
        elif not answer:
            return False
    return None if unknown else True


def _segment(run: Sequence[str | Wild]) -> _Segment:
    literal = [piece for piece in run if isinstance(piece, str)]
    if len(literal) == len(run):
        text = "".join(literal)
        return _Segment(text, len(text), None)
    source = "".join(re.escape(piece) if isinstance(piece, str) else "." for piece in run)
    length = sum(len(piece) if isinstance(piece, str) else 1 for piece in run)
    return _Segment("", length, re.compile(source, re.DOTALL))


def _template(pieces: Sequence[Piece], *, folded: bool = False) -> Template:
    fixed = [piece for piece in pieces if not isinstance(piece, Variable)]
    glob = glob_of(fixed) if len(fixed) == len(pieces) else None
    return Template(tuple(pieces), glob, folded)


def _wildcards(text: str) -> list[str | Wild]:
    return [
        Wild(part) if part in {"*", "?"} else part for part in re.split(r"([*?])", text) if part
    ]


def _pieces(text: str, where: str, *, wild: bool) -> list[Piece]:
    read: Callable[[str], Sequence[Piece]] = _wildcards if wild else lambda part: [part]
    first, *rest = text.split("${")
    pieces: list[Piece] = [*read(first)] if first else []
    for part in rest:
        inner, closed, after = part.partition("}")
        if not closed:
            raise PolicyError(where, f"a variable is not closed: ${{{inner[:40]}")
        pieces.append(_variable(inner, where))
        if after:
            pieces += read(after)
    return pieces


def _variable(inner: str, where: str) -> str | Variable:
    if inner in _ESCAPED:
        return inner
    parts = _VARIABLE.fullmatch(inner)
    if parts is None:
        raise PolicyError(
            where, f"${{{inner[:40]}}} is no variable: they are ${{key}} and ${{key, 'default'}}"
        )
    key = find_key(parts[1], where)
    if key.many:
        raise PolicyError(where, f"{key.spelt} has many values and cannot be a variable")
    return Variable(key, parts[2])
