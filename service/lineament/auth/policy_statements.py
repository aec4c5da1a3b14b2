"""A document's statements, checked and compiled. Every error names the member and its position."""

import re
from dataclasses import dataclass

from lineament.auth.actions import OPERATIONS
from lineament.auth.policy_conditions import Condition, read_conditions
from lineament.auth.policy_documents import PolicyError
from lineament.auth.policy_matching import ArnTemplate, Glob, plain_glob, read_arn_template

_MEMBERS = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_PRINCIPALS = ("Principal", "NotPrincipal")
_EFFECTS = ("Allow", "Deny")
_SID = re.compile(r"[A-Za-z0-9]{0,128}")
_ACTION = re.compile(r"\*|[a-z0-9*?\-]+:[a-z0-9*?]+")
_OURS = tuple(f"rekognition:{name}".lower() for name in OPERATIONS)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, compiled."""

    label: str
    """Its Sid, or else its position."""
    allow: bool
    """Effect: Allow or Deny."""
    actions: tuple[Glob, ...]
    """In lower case."""
    not_action: bool
    """Whether `actions` are those that it does not apply to."""
    resources: tuple[ArnTemplate, ...]
    not_resource: bool
    conditions: tuple[Condition, ...]


def read_statements(found: object, *, variables: bool) -> tuple[Statement, ...]:
    """Compile the Statement member.

    Args:
        found: an object, or a list of them.
        variables: whether the document's version knows them.

    Raises:
        PolicyError: at the first thing that is wrong.
    """
    if isinstance(found, dict):
        return (_read(found, "Statement", variables=variables),)
    if not isinstance(found, list) or not found:
        raise PolicyError("Statement", "must be an object or a list of objects, at least one")
    statements: list[Statement] = []
    for n, one in enumerate(found):
        where = f"Statement[{n}]"
        if not isinstance(one, dict):
            raise PolicyError(where, "must be an object")
        statement = _read(one, where, variables=variables)
        if any(statement.label == other.label for other in statements):
            raise PolicyError(f"{where}.Sid", f"another statement is named {statement.label!r}")
        statements.append(statement)
    return tuple(statements)


def _read(found: dict[str, object], where: str, *, variables: bool) -> Statement:
    for name in found:
        if name in _PRINCIPALS:
            raise PolicyError(
                f"{where}.{name}", "belongs to resource policies; here the caller is the principal"
            )
        if name not in _MEMBERS:
            raise PolicyError(where, f"has an unknown member {name[:64]!r}")
    sid = found.get("Sid", "")
    if not isinstance(sid, str) or not _SID.fullmatch(sid):
        raise PolicyError(f"{where}.Sid", "must be at most 128 letters and digits")
    effect = found.get("Effect")
    if effect not in _EFFECTS:
        raise PolicyError(f"{where}.Effect", "must be Allow or Deny")
    actions, not_action = _either(found, "Action", where)
    resources, not_resource = _either(found, "Resource", where)
    if not variables:
        _require_no_variables(found, where)
    return Statement(
        label=sid or where,
        allow=effect == "Allow",
        actions=tuple(_action(text, at) for text, at in actions),
        not_action=not_action,
        resources=tuple(read_arn_template(text, at) for text, at in resources),
        not_resource=not_resource,
        conditions=read_conditions(found.get("Condition", {}), f"{where}.Condition"),
    )


def _either(
    found: dict[str, object], member: str, where: str
) -> tuple[list[tuple[str, str]], bool]:
    """Return the texts of a member or of its negation, with their places, and which it is."""
    given = [name for name in (member, f"Not{member}") if name in found]
    if len(given) != 1:
        raise PolicyError(where, f"must have either {member} or Not{member}")
    name = given[0]
    value = found[name]
    many = value if isinstance(value, list) else [value]
    if not many:
        raise PolicyError(f"{where}.{name}", "must hold at least one value")
    texts: list[tuple[str, str]] = []
    for n, text in enumerate(many):
        at = f"{where}.{name}[{n}]" if many is value else f"{where}.{name}"
        if not isinstance(text, str):
            raise PolicyError(at, "must be a string")
        texts.append((text, at))
    return texts, name != member


def _action(text: str, where: str) -> Glob:
    folded = text.lower()
    if not _ACTION.fullmatch(folded):
        raise PolicyError(where, f"{text[:80]!r} is neither * nor an action, service:Name")
    glob = plain_glob(folded)
    if folded.startswith("rekognition:") and not any(glob.matches(name) for name in _OURS):
        raise PolicyError(where, f"{text[:80]!r} is no operation of Amazon Rekognition")
    return glob


def _require_no_variables(found: object, where: str) -> None:
    """Refuse `${`, which AWS takes literally in such documents, and nobody means literally."""
    if isinstance(found, str):
        if "${" in found:
            raise PolicyError(where, 'variables need "Version": "2012-10-17" in the document')
    elif isinstance(found, dict):
        for name, value in found.items():
            _require_no_variables(value, f"{where}.{name[:64]}")
    elif isinstance(found, list):
        for n, value in enumerate(found):
            _require_no_variables(value, f"{where}[{n}]")
