"""What a role of the stack may do, by the same names."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.infra.recording import Right


class Surplus(AssertionError):
    """A statement that is wider than a name."""


def granted(statements: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> set[Right]:
    """Return each action of a role with the name of its resource.

    Args:
        statements: of its policies.
        names: of resources by ARN.

    Raises:
        Surplus: an action or a resource is a wildcard, or not among the names.
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
                rights.add((action, names[resource]))
    return rights


def _several(told: Any) -> list[str]:
    return [told] if isinstance(told, str) else list(told)
