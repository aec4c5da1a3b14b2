"""The Condition of a statement: operators, their values, and what a missing key means.

Within a Condition all operators and all keys must hold; of the values of one key one is enough,
and of a negated operator (StringNotEquals) none may match. A missing key: operators do not hold,
negated ones do, `...IfExists` and `ForAllValues:` do, `ForAnyValue:` does not.
"""

import ipaddress
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from lineament.auth.policy_documents import PolicyError
from lineament.auth.policy_keys import UNKNOWN, Address, Context, Key, Kind, find_key
from lineament.auth.policy_matching import (
    arn_parts,
    every,
    read_arn_template,
    read_template,
    some,
)

MAX_VALUE = 2048
"""Characters of a call's value; what is longer, such as a user agent, matches unknown."""

_ALL, _ANY, _IF_EXISTS = "ForAllValues:", "ForAnyValue:", "IfExists"
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_EPOCH = re.compile(r"[0-9]{9,12}(?:\.[0-9]+)?")

Read = Callable[[str, str], Any]
"""(text, where) to what the operator compares with; raises PolicyError."""
Match = Callable[[Any, Any, Context], bool | None]
"""(the call's value, the policy's, context)."""


@dataclass(frozen=True, slots=True)
class Operator:
    """How a value of a call is compared with one of a policy."""

    kind: Kind
    read: Read
    seen: Callable[[Any], Any]
    """The call's value made ready; raises TypeError or ValueError where it is of another kind."""
    match: Match
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator, with the values that the policy wants."""

    key: Key
    operator: Operator | None
    """None for Null."""
    wanted: tuple[Any, ...]
    qualifier: str
    if_exists: bool

    def holds(self, context: Context) -> bool | None:
        """Tell whether the call is as the policy wants; None where that cannot be known."""
        found = context.find(self.key)
        if self.operator is None:
            return (found is None) in self.wanted
        if found is UNKNOWN:
            return None
        if found is None:
            if self.qualifier:
                return self.qualifier == _ALL
            return self.if_exists or self.operator.negated
        if not self.qualifier:
            return self._fits(self.operator, found, context)
        values = found if isinstance(found, tuple) else (found,)
        fits = (self._fits(self.operator, value, context) for value in values)
        return every(fits) if self.qualifier == _ALL else some(fits)

    def _fits(self, by: Operator, value: object, context: Context) -> bool | None:
        try:
            seen = by.seen(value)
        except (TypeError, ValueError):
            return None
        hit = some(by.match(seen, wanted, context) for wanted in self.wanted)
        return hit if hit is None or not by.negated else not hit


def read_conditions(block: object, where: str) -> tuple[Condition, ...]:
    """Compile a Condition block.

    Raises:
        PolicyError: an operator or key is unknown, they do not go together, or a value is of
            another kind. The place is named.
    """
    if not isinstance(block, dict):
        raise PolicyError(where, "must be an object of operators")
    conditions: list[Condition] = []
    for name, keys in block.items():
        place = f"{where}.{name[:64]}"
        if not isinstance(keys, dict) or not keys:
            raise PolicyError(place, "must be an object of keys and values")
        seen: set[tuple[str, str | None]] = set()
        for text, values in keys.items():
            condition = _read_condition(name, text, values, place)
            identity = (condition.key.name, condition.key.tag)
            if identity in seen:
                raise PolicyError(place, f"names {condition.key.spelt} twice")
            seen.add(identity)
            conditions.append(condition)
    return tuple(conditions)


def _read_condition(name: str, text: str, values: object, place: str) -> Condition:
    qualifier = next((part for part in (_ALL, _ANY) if name.startswith(part)), "")
    bare = name.removeprefix(qualifier)
    if_exists = bare.endswith(_IF_EXISTS)
    bare = bare.removesuffix(_IF_EXISTS)
    key = find_key(text, place)
    where = f"{place}.{text[:64]}"
    if bare == "Null":
        if qualifier or if_exists:
            raise PolicyError(place, "Null takes neither a qualifier nor IfExists")
        wanted = tuple(_read_boolean(value, at) for value, at in _scalars(values, where))
        return Condition(key, None, wanted, "", if_exists=False)
    by = OPERATORS.get(bare)
    if by is None:
        raise PolicyError(place, f"unknown operator; known are Null, {', '.join(OPERATORS)}")
    if by.kind not in key.kinds:
        raise PolicyError(
            place, f"{key.spelt} takes {' and '.join(key.kinds)} operators and Null only"
        )
    if key.many and not qualifier:
        raise PolicyError(place, f"{key.spelt} has many values: use {_ALL}{bare} or {_ANY}{bare}")
    if qualifier == _ANY and if_exists:
        raise PolicyError(place, f"{_ANY} with {_IF_EXISTS} says two things of a missing key")
    wanted = tuple(by.read(value, at) for value, at in _scalars(values, where))
    return Condition(key, by, wanted, qualifier, if_exists)


def _scalars(values: object, where: str) -> list[tuple[str, str]]:
    """Return texts with their places; JSON's numbers and booleans as texts."""
    many = values if isinstance(values, list) else [values]
    if not many:
        raise PolicyError(where, "must hold at least one value")
    found: list[tuple[str, str]] = []
    for n, value in enumerate(many):
        at = f"{where}[{n}]" if many is values else where
        if isinstance(value, bool):
            found.append(("true" if value else "false", at))
        elif isinstance(value, str | int | float):
            found.append((str(value), at))
        else:
            raise PolicyError(at, "must be a string, a number or a boolean")
    return found


def _read_boolean(text: str, where: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise PolicyError(where, f"{text[:40]!r} is neither true nor false")
    return text.lower() == "true"


def _read_number(text: str, where: str) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise PolicyError(where, f"{text[:40]!r} is no number")
    return float(text)


def _read_date(text: str, where: str) -> float:
    if _EPOCH.fullmatch(text):
        return float(text)
    try:
        if text.isdigit():
            raise ValueError
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise PolicyError(
            where, f"{text[:40]!r} is no date such as 2026-12-31T23:59:59Z, nor epoch seconds"
        ) from None


def _read_network(text: str, where: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise PolicyError(
            where, f"{text[:40]!r} is no address or CIDR block such as 203.0.113.0/24"
        ) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    if len(value) > MAX_VALUE:
        raise ValueError
    return value


def _folded(value: object) -> str:
    return _text(value).casefold()


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise TypeError
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _internet(value: object) -> Address:
    if not isinstance(value, Address):
        raise TypeError
    return value


def _same(kind: Kind, read: Read, seen: Callable[[Any], Any], compare: Any) -> Operator:  # noqa: ANN401
    """Return an operator that needs no variables."""
    return Operator(kind, read, seen, lambda found, wanted, _: compare(found, wanted))


def _negated(by: Operator) -> Operator:
    return replace(by, negated=True)


def _string(*, wild: bool, folded: bool = False) -> Operator:
    return Operator(
        "String",
        lambda text, where: read_template(text, where, wild=wild, folded=folded),
        _folded if folded else _text,
        lambda found, wanted, context: wanted.matches(found, context),
    )


_ORDER = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_ARN = Operator(
    "Arn",
    read_arn_template,
    lambda value: arn_parts(_text(value)),
    lambda found, wanted, context: wanted.matches(found, context),
)
_ADDRESS = _same("IpAddress", _read_network, _internet, lambda found, wanted: found in wanted)
OPERATORS: Mapping[str, Operator] = {
    "StringEquals": _string(wild=False),
    "StringNotEquals": _negated(_string(wild=False)),
    "StringEqualsIgnoreCase": _string(wild=False, folded=True),
    "StringNotEqualsIgnoreCase": _negated(_string(wild=False, folded=True)),
    "StringLike": _string(wild=True),
    "StringNotLike": _negated(_string(wild=True)),
    "ArnEquals": _ARN,
    "ArnLike": _ARN,
    "ArnNotEquals": _negated(_ARN),
    "ArnNotLike": _negated(_ARN),
    **{f"Numeric{by}": _same("Numeric", _read_number, _number, op) for by, op in _ORDER.items()},
    "NumericNotEquals": _negated(_same("Numeric", _read_number, _number, operator.eq)),
    **{f"Date{by}": _same("Date", _read_date, _number, op) for by, op in _ORDER.items()},
    "DateNotEquals": _negated(_same("Date", _read_date, _number, operator.eq)),
    "Bool": _same("Bool", _read_boolean, _boolean, operator.eq),
    "IpAddress": _ADDRESS,
    "NotIpAddress": _negated(_ADDRESS),
}
