"""What an operation with a ClientRequestToken does, around its work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lineament.context import CallContext, Principal, Scope
from lineament.domain.collections import Collection
from lineament.domain.idempotency import Answered, Attempt, Claim
from lineament.errors import (
    ConflictException,
    IdempotentParameterMismatchException,
    InternalServerError,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
    ServiceUnavailable,
    ThrottlingException,
)
from lineament.handlers.once import once
from lineament.handlers.services import Services

SCOPE = Scope("123456789012", "us-east-1")
CALL = CallContext(SCOPE, Principal("k", SCOPE.account), "CreateUser", "r", 1_800_000_000.0)
COLLECTION = Collection(SCOPE, "people", "g", "m", 0.0, seq=5)
PARAMS = {"CollectionId": "people", "UserId": "u", "ClientRequestToken": "secret-token"}


@dataclass
class Notes:
    """A Tokens port for one caller at a time, which may be out of order."""

    pending: dict[str, Claim] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: bool = False

    def begin(self, claim: Claim) -> Attempt | Answered:
        there = self.pending.get(claim.token)
        if there is not None and there.digest != claim.digest:
            raise IdempotentParameterMismatchException
        if claim.token in self.answers:
            return Answered(self.answers[claim.token])
        self.pending[claim.token] = there or claim
        first = self.pending[claim.token].collection
        return Attempt(first.generation, first.seq, claim.write, resumed=there is not None)

    def finish(self, claim: Claim, answer: dict[str, Any]) -> None:
        self._work()
        self.answers[claim.token] = answer

    def release(self, claim: Claim) -> None:
        self._work()
        del self.pending[claim.token]

    def _work(self) -> None:
        if self.broken:
            raise ServiceUnavailable


@dataclass
class Work:
    """An operation's own part; it fails as often as it has errors."""

    errors: list[Exception] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    def __call__(self, attempt: Attempt) -> dict[str, Any]:
        self.attempts.append(attempt)
        if self.errors:
            raise self.errors.pop(0)
        return {"UserStatus": "UPDATING", "Absent": None}


def asking(notes: Notes, work: Work) -> Callable[..., dict[str, Any]]:
    services = cast("Services", SimpleNamespace(tokens=notes))
    return lambda **other: once(services, CALL, {**PARAMS, **other}, COLLECTION, work)


def test_work_is_done_once() -> None:
    """Lost: a retry creates, or associates, a second time."""
    work = Work()
    ask = asking(Notes(), work)
    assert ask() == ask() == {"UserStatus": "UPDATING", "Absent": None}
    assert [attempt.resumed for attempt in work.attempts] == [False]


def test_other_parameters_do_no_work() -> None:
    """Lost: a reused token changes something before it is refused."""
    work = Work()
    ask = asking(Notes(), work)
    ask()
    with pytest.raises(IdempotentParameterMismatchException):
        ask(UserId="v")
    assert len(work.attempts) == 1


def test_calls_without_a_token_are_each_their_own() -> None:
    """Lost: raw callers that send no token replay each other's answers."""
    work, notes = Work(), Notes()
    ask = asking(notes, work)
    ask(ClientRequestToken=None)
    ask(ClientRequestToken=None)
    first, second = work.attempts
    assert (first.after, first.resumed, first.generation) == (5, False, "g")
    assert first.write != second.write
    assert not notes.pending


@pytest.mark.parametrize("error", [ConflictException(), ResourceNotFoundException()])
def test_a_refusal_frees_the_token(error: Exception) -> None:
    """Lost: a client that corrects its request must invent a new token, or is refused."""
    work = Work([error])
    ask = asking(Notes(), work)
    with pytest.raises(type(error)):
        ask()
    ask(UserId="v")
    assert [attempt.resumed for attempt in work.attempts] == [False, False]


@pytest.mark.parametrize(
    "error",
    [
        InternalServerError(),
        ProvisionedThroughputExceededException(),
        ServiceUnavailable(),
        ThrottlingException(),
        KeyError("a bug"),
    ],
)
def test_an_undecided_end_is_resumed(error: Exception) -> None:
    """Lost: what a call committed before DynamoDB fell silent is done again by its retry."""
    work = Work([error])
    ask = asking(Notes(), work)
    with pytest.raises(type(error)):
        ask()
    ask()
    first, second = work.attempts
    assert (first.resumed, second.resumed) == (False, True)
    assert first.write == second.write


def test_a_record_that_cannot_be_written_hides_no_outcome(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Lost: a user that was created is told as an error, or a Conflict as an outage."""
    notes = Notes(broken=True)
    assert asking(notes, Work())() == {"UserStatus": "UPDATING", "Absent": None}
    with pytest.raises(ConflictException):
        asking(Notes(broken=True), Work([ConflictException()]))()
    assert "ServiceUnavailable" in caplog.text
    assert "secret-token" not in caplog.text
    work = Work()
    asking(notes, work)()
    assert work.attempts[0].resumed
