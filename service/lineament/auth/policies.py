"""Identity policies in IAM's JSON: compiled once, then asked whether a caller may do something.

An explicit Deny beats any Allow, and what nothing allows is denied. Where it cannot be known
whether a statement applies (a variable without a value, a value that cannot be read), a Deny
applies and an Allow does not. docs/policies.md says what is supported and where AWS differs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from lineament.auth.policy_documents import PolicyError, read_document
from lineament.auth.policy_keys import Context
from lineament.auth.policy_matching import ArnTemplate, arn_parts, every, some
from lineament.auth.policy_statements import Statement, read_statements
from lineament.errors import AccessDeniedException, InvalidS3ObjectException

_VERSIONS = ("2012-10-17", "2008-10-17")
_MEMBERS = ("Version", "Id", "Statement")


class Reason(Enum):
    """Why a request is allowed or not."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "implicit deny"
    DENIED = "explicit deny"


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource; a call may need several."""

    action: str
    """Such as rekognition:IndexFaces, in AWS's casing."""
    resource: str
    """An ARN, or `*` where the action has none."""
    principal: str
    """The caller's ARN, for messages."""
    context: Context


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policies say of a request."""

    reason: Reason
    statement: str | None
    """The Sid, or the position, of the statement that decided; None where none did."""

    @property
    def allowed(self) -> bool:
        """Whether the caller may."""
        return self.reason is Reason.ALLOWED


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled document; hashable, and equal for equal documents."""

    statements: tuple[Statement, ...]
    problem: str | None = None
    """Why the document that stands behind it could not be read: then it denies everything."""

    @classmethod
    def parse(cls, document: str | Mapping[str, Any]) -> Self:
        """Compile a document that somebody wants to store.

        Args:
            document: JSON text or the object, as IAM has them for identities.

        Raises:
            PolicyError: anything in it is unknown, contradictory or cannot be meant; the message
                names the member and its position.
        """
        content = read_document(document)
        for name in content:
            if name not in _MEMBERS:
                raise PolicyError("", f"has an unknown member {name[:64]!r}")
        version = content.get("Version", "2008-10-17")
        if version not in _VERSIONS:
            raise PolicyError("Version", f"must be one of {', '.join(_VERSIONS)}")
        if not isinstance(content.get("Id", ""), str):
            raise PolicyError("Id", "must be a string")
        if "Statement" not in content:
            raise PolicyError("", "has no Statement")
        return cls(read_statements(content["Statement"], variables=version == _VERSIONS[0]))

    @classmethod
    def stored(cls, document: str | Mapping[str, Any]) -> Self:
        """Compile a document that is stored already. Never raises.

        One that this release cannot read, because another one or another hand wrote it, becomes a
        policy that denies everything: leaving it out might drop a Deny. `problem` says why.
        """
        try:
            return cls.parse(document)
        except PolicyError as error:
            return cls.denying(str(error))

    @classmethod
    def denying(cls, problem: str) -> Self:
        """Return a policy that denies everything, because of a problem."""
        return cls((_DENY_ALL,), problem)


def decide(policies: Iterable[Policy], request: Request) -> Decision:
    """Return what the policies of a caller say of one request."""
    action = request.action.lower()
    resource = arn_parts(request.resource)
    allowed: str | None = None
    for policy in policies:
        for statement in policy.statements:
            if not statement.allow:
                if _applies(statement, action, resource, request.context) is not False:
                    return Decision(Reason.DENIED, statement.label)
            elif allowed is None and _applies(statement, action, resource, request.context):
                allowed = statement.label
    if allowed is None:
        return Decision(Reason.NOT_ALLOWED, None)
    return Decision(Reason.ALLOWED, allowed)


def authorise(policies: Sequence[Policy], requests: Iterable[Request]) -> None:
    """Require that the policies allow every one of the requests.

    Raises:
        AccessDeniedException: they do not; the text is AWS's.
        InvalidS3ObjectException: they do not allow reading a picture from S3, which AWS answers so.

    Source: SPEC.md A.4, A.5, A.7.
    """
    for request in requests:
        decision = decide(policies, request)
        if not decision.allowed:
            raise _refusal(request, decision)


def _refusal(
    request: Request, decision: Decision
) -> AccessDeniedException | InvalidS3ObjectException:
    if request.action.startswith("s3:"):
        return InvalidS3ObjectException()
    why = (
        "with an explicit deny in an identity-based policy"
        if decision.reason is Reason.DENIED
        else f"because no identity-based policy allows the {request.action} action"
    )
    return AccessDeniedException(
        f"User: {request.principal} is not authorized to perform: {request.action} "
        f"on resource: {request.resource} {why}"
    )


def _applies(
    statement: Statement, action: str, resource: Sequence[str], context: Context
) -> bool | None:
    # The cheap questions first: a condition may ask for a collection's tags.
    if any(glob.matches(action) for glob in statement.actions) is statement.not_action:
        return False
    named = some(pattern.matches(resource, context) for pattern in statement.resources)
    if named is statement.not_resource:
        return False
    asked = every(condition.holds(context) for condition in statement.conditions)
    return asked if named is not None else every((None, asked))


_DENY_ALL = Statement(
    label="unreadable policy",
    allow=False,
    actions=(),
    not_action=True,
    resources=(ArnTemplate(()),),
    not_resource=False,
    conditions=(),
)
