"""What a role of the stack may do, by the same names."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.infra.recording import Right


class Surplus(AssertionError):
    """A statement that is wider than a name."""


_LEADING = "dynamodb:LeadingKeys"


def granted(statements: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> set[Right]:
    """Return each action of a role with the name of its resource.

    Args:
        statements: of its policies.
        names: of resources by ARN.

    Raises:
        Surplus: an action or a resource is a wildcard, or not among the names.

    Of a table of which partitions are named, each partition is a resource of its own.
    """
    rights: set[Right] = set()
    for statement in statements:
        if statement["Effect"] != "Allow" or set(statement) & {"NotAction", "NotResource"}:
            raise Surplus(f"no plain Allow: {statement}")
        for action in _several(statement["Action"]):
            if "*" in action:
                raise Surplus(f"the action {action} is a wildcard")
            for resource in _several(statement["Resource"]):
                if resource not in names:
                    raise Surplus(f"{action} on {resource}")
                name = names[resource]
                rights |= {(action, f"{name}{place}") for place in _partitions(statement)}
    return rights


def _partitions(statement: Mapping[str, Any]) -> list[str]:
    """Return what a condition names, after a space; DynamoDB has it for every key of a call."""
    conditions = statement.get("Condition")
    if conditions is None:
        return [""]
    if set(conditions) != {"ForAllValues:StringLike"}:
        raise Surplus(f"a condition that nobody here knows: {conditions}")
    (named,) = conditions.values()
    if set(named) != {_LEADING}:
        raise Surplus(f"a condition that nobody here knows: {conditions}")
    return [f" {each}" for each in _several(named[_LEADING])]


def _several(told: Any) -> list[str]:
    return [told] if isinstance(told, str) else list(told)
