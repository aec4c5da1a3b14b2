"""A call that bears a ClientRequestToken: what tells it from others, and what it may do.

Source: SPEC.md B.0, Idempotency.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lineament.context import CallContext, Scope
from lineament.domain.collections import Collection
from lineament.domain.limits import REQUEST_TOKEN_SECONDS

TOKEN = "ClientRequestToken"  # noqa: S105 - the member's name


@dataclass(frozen=True, slots=True)
class Claim:
    """A call that claims its token."""

    scope: Scope
    operation: str
    token: str = field(repr=False)
    digest: str
    """Of the parameters and the collection's lineage: two calls that ask the same share it."""
    collection: Collection
    """As the call read it."""
    now: int
    """Epoch seconds of the call."""

    @property
    def expires(self) -> int:
        """Epoch seconds from which on the token is free again."""
        return self.now + REQUEST_TOKEN_SECONDS

    @property
    def write(self) -> str:
        """The token of the call's entry in the log: the same in every repeat, and in no other call.

        It follows from the digest too. A token that a failure has freed may be at work with other
        parameters while the first call is still running.
        """
        names = [self.scope.account, self.scope.region, self.operation, self.token, self.digest]
        return _sha256(names)[:32]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Leave to do what a call asks."""

    generation: str
    """Of the collection, when the first call of this token began; `after` counts in its log."""
    after: int
    """The collection's seq at that moment: what the token has committed stands after it."""
    write: str
    """The token to commit with."""
    resumed: bool
    """An earlier call began and has not told its answer. It may have committed already, may still
    be running, and may have committed before or after this one: look for `write` in the log."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An earlier call with this token and the same parameters has succeeded."""

    answer: dict[str, Any]
    """Its response."""


def claim_of(call: CallContext, collection: Collection, params: Mapping[str, Any]) -> Claim:
    """Return the claim of a call whose parameters hold a ClientRequestToken.

    Args:
        call: by whom, and when.
        collection: the one that it is about, read before anything was changed.
        params: JSON values. Their order counts within lists, and only there.
    """
    asked = {name: value for name, value in params.items() if name != TOKEN}
    digest = _sha256([collection.lineage, asked])
    return Claim(call.scope, call.operation, params[TOKEN], digest, collection, int(call.now))


def _sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Tokens(Protocol):
    """ClientRequestTokens in use. `handlers.once` is what operations need of it."""

    def begin(self, claim: Claim) -> Attempt | Answered:
        """Take the token, or tell what an earlier call has made of it.

        Of two calls at once one begins and the other resumes.

        Raises:
            IdempotentParameterMismatchException: it is in use with other parameters.
        """

    def finish(self, claim: Claim, answer: dict[str, Any]) -> None:
        """Keep the answer of a call that has succeeded: JSON values."""

    def release(self, claim: Claim) -> None:
        """Free the token of a call that has failed, unless it is answered or in other hands."""
