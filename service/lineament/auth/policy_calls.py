"""From a call to the requests that its policies are asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lineament.auth.actions import Params, asked_of, needs_of
from lineament.auth.policies import Request
from lineament.auth.policy_keys import Context
from lineament.context import Scope

FindTags = Callable[[str], Mapping[str, str] | None]
"""From a collection's id to its tags; None where there is no such collection."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What policies may ask about a call, beside operation and parameters."""

    account: str
    """Of the access key; 12 digits."""
    username: str | None
    user_id: str | None
    """aws:userid; the access key's id does well."""
    now: float
    """Epoch seconds."""
    source_ip: str | None = None
    """Of the peer, or what a trusted proxy says of it."""
    secure: bool | None = None
    """Whether the request came by TLS; None where nobody can tell."""
    user_agent: str | None = None
    token_issued: float | None = None
    """Epoch seconds; only of temporary keys."""

    def principal_arn(self, partition: str) -> str:
        """Return the caller's ARN: an IAM user's or, without a name, the account's root."""
        name = f"user/{self.username}" if self.username else "root"
        return f"arn:{partition}:iam::{self.account}:{name}"


def requests_of(
    operation: str,
    params: Params,
    scope: Scope,
    circumstances: Circumstances,
    find_tags: FindTags,
) -> list[Request]:
    """Return what a call must be allowed.

    Args:
        operation: one of `actions.OFFERED`.
        params: as `wire.schemas.parse` gives them.
        scope: the caller's account and region.
        circumstances: the rest of the call.
        find_tags: called once at most, and only if a policy asks for aws:ResourceTag.

    Raises:
        KeyError: the operation is not in `actions.OFFERED`.
    """
    principal = circumstances.principal_arn(scope.partition)
    facts = {
        "aws:CurrentTime": circumstances.now,
        "aws:EpochTime": circumstances.now,
        "aws:PrincipalAccount": circumstances.account,
        "aws:PrincipalArn": principal,
        "aws:RequestedRegion": scope.region,
        "aws:SecureTransport": circumstances.secure,
        "aws:SourceIp": circumstances.source_ip,
        "aws:TokenIssueTime": circumstances.token_issued,
        "aws:UserAgent": circumstances.user_agent,
        "aws:userid": circumstances.user_id,
        "aws:username": circumstances.username,
        **asked_of(operation, params),
    }
    requests: list[Request] = []
    for need in needs_of(operation, params, scope):
        own = dict(facts)
        if need.collection_id is not None:
            own["aws:ResourceTag"] = _tags(find_tags, need.collection_id)
        requests.append(Request(need.action, need.resource, principal, Context(own)))
    return requests


def _tags(find_tags: FindTags, collection_id: str) -> Callable[[], Mapping[str, str] | None]:
    return lambda: find_tags(collection_id)
