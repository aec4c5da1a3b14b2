"""ClientRequestTokens on an emulated DynamoDB."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from lineament.context import CallContext, Principal, Scope
from lineament.domain.collections import Collection
from lineament.domain.idempotency import Answered, Attempt, Claim, claim_of
from lineament.errors import IdempotentParameterMismatchException
from lineament.storage.provision import Tables
from lineament.storage.tokens import DynamoTokens
from tests.storage.world import (
    SCOPE,
    Crash,
    CrashingClient,
    RepeatingClient,
    stored_items,
    through,
)

NOW = 1_800_000_000.0
WEEK = 7 * 24 * 3600
MADE = Collection(SCOPE, "people", "generation-1", "model-1", NOW, seq=41)
ANSWER = {"AssociatedFaces": [{"FaceId": "f1"}], "UserStatus": "UPDATING"}


def claim(
    user: str = "u",
    *,
    collection: Collection = MADE,
    now: float = NOW,
    operation: str = "CreateUser",
    token: str = "the-token-9",  # noqa: S107
    **more: Any,
) -> Claim:
    scope = collection.scope
    call = CallContext(scope, Principal("k", scope.account), operation, "r", now)
    params = {"CollectionId": collection.collection_id, "UserId": user, **more}
    return claim_of(call, collection, {**params, "ClientRequestToken": token})


def began(tokens: DynamoTokens, one: Claim) -> Attempt:
    attempt = tokens.begin(one)
    assert isinstance(attempt, Attempt)
    return attempt


def test_a_repeat_is_answered_as_the_first_call_was(tables: Tables) -> None:
    """Lost: a retry after a lost answer gets a Conflict for the user that it made itself."""
    tokens = DynamoTokens(tables)
    first = began(tokens, claim())
    assert (first.resumed, first.after, first.generation) == (False, 41, "generation-1")
    tokens.finish(claim(), ANSWER)
    later = claim(collection=replace(MADE, seq=99), now=NOW + 60)
    assert tokens.begin(later) == Answered(ANSWER)
    assert DynamoTokens(tables).begin(later) == Answered(ANSWER)


def test_a_call_that_died_after_it_began_is_resumed_where_it_began(tables: Tables) -> None:
    """Lost: the entry that a dead call committed is not found, and its repeat does it again."""
    first = began(DynamoTokens(tables), claim())
    moved = replace(MADE, seq=99, generation="generation-2", ancestor="generation-1")
    again = began(DynamoTokens(tables), claim(collection=moved, now=NOW + 60))
    assert again == replace(first, resumed=True)


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("other", [{"user": "v"}, {"UserMatchThreshold": 80.0}])
def test_other_parameters_are_refused(
    tables: Tables, other: dict[str, Any], *, answered: bool
) -> None:
    """Lost: a token used twice by mistake makes the second user look created."""
    tokens = DynamoTokens(tables)
    tokens.begin(claim())
    if answered:
        tokens.finish(claim(), ANSWER)
    with pytest.raises(IdempotentParameterMismatchException) as caught:
        tokens.begin(claim(**other))
    assert caught.value.message == (
        "The ClientRequestToken: the-token-9 you have supplied is already in use."
    )


def test_the_order_of_faces_is_a_parameter_and_that_of_members_is_not() -> None:
    """Lost: a client that writes its JSON in another order is told that its token is taken."""
    call = CallContext(SCOPE, Principal("k", SCOPE.account), "AssociateFaces", "r", NOW)
    params = {"UserId": "u", "FaceIds": ["a", "b"], "ClientRequestToken": "t"}
    turned = dict(reversed(params.items()))
    one = claim_of(call, MADE, params)
    assert claim_of(call, MADE, turned) == one
    assert claim_of(call, MADE, {**params, "FaceIds": ["b", "a"]}).digest != one.digest


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"operation": "DeleteUser"},
        {"token": "the-token-8"},
        {"collection": replace(MADE, scope=Scope("123456789012", "eu-west-1"))},
        {"collection": replace(MADE, scope=Scope("999999999999", "us-east-1"))},
    ],
)
def test_a_token_counts_within_account_region_and_operation(
    tables: Tables, elsewhere: dict[str, Any]
) -> None:
    """Lost: one customer's tokens stand in another's way, or a delete replays a create."""
    tokens = DynamoTokens(tables)
    first = began(tokens, claim())
    tokens.finish(claim(), ANSWER)
    other = began(tokens, claim(**elsewhere))
    assert not other.resumed
    assert other.write != first.write


def test_a_failed_call_frees_its_token(tables: Tables) -> None:
    """Lost: a corrected request is refused for a week because its first form was wrong."""
    tokens = DynamoTokens(tables)
    first = began(tokens, claim())
    tokens.release(claim())
    other = began(tokens, claim("v", collection=replace(MADE, seq=50)))
    assert (other.resumed, other.after) == (False, 50)
    assert other.write != first.write


def test_a_late_failure_frees_nothing_that_is_not_its_own(tables: Tables) -> None:
    """Lost: an answer, or another call's hold on the token, vanishes by a slow call's failure."""
    tokens = DynamoTokens(tables)
    tokens.begin(claim("v"))
    tokens.release(claim("u"))
    assert began(tokens, claim("v")).resumed
    tokens.finish(claim("v"), ANSWER)
    tokens.release(claim("v"))
    assert tokens.begin(claim("v")) == Answered(ANSWER)


def test_a_late_answer_takes_no_other_calls_place(tables: Tables) -> None:
    """Lost: a repeat is given the answer to other parameters."""
    tokens = DynamoTokens(tables)
    tokens.begin(claim("u"))
    tokens.release(claim("u"))  # a second call of u, which failed while the first still runs
    tokens.begin(claim("v"))
    tokens.finish(claim("u"), ANSWER)
    assert began(tokens, claim("v")).resumed


def test_an_answer_outlives_a_failure_beside_it(tables: Tables) -> None:
    """Lost: two calls at once, one fails and frees the token, and the other's answer is dropped."""
    tokens = DynamoTokens(tables)
    tokens.begin(claim())
    tokens.release(claim())
    tokens.finish(claim(), ANSWER)
    tokens.finish(claim(), {"UserStatus": "ACTIVE"})
    assert tokens.begin(claim()) == Answered(ANSWER)


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("user", ["u", "v"])
def test_a_token_is_free_again_after_seven_days(
    tables: Tables, user: str, *, answered: bool
) -> None:
    """Lost: a token lives as long as DynamoDB cares to keep it, which may be for ever."""
    tokens = DynamoTokens(tables)
    tokens.begin(claim())
    if answered:
        tokens.finish(claim(), ANSWER)
    last = tokens.begin(claim(now=NOW + WEEK - 1))
    assert last == Answered(ANSWER) if answered else last.resumed
    anew = began(tokens, claim(user, collection=replace(MADE, seq=77), now=NOW + WEEK))
    assert (anew.resumed, anew.after) == (False, 77)
    assert began(tokens, claim(user, now=NOW + WEEK + 1)) == replace(anew, resumed=True)


@pytest.mark.parametrize("answered", [False, True])
def test_a_collection_made_again_knows_no_old_tokens(tables: Tables, *, answered: bool) -> None:
    """Lost: a script run again on a new collection of the same name creates no users."""
    tokens = DynamoTokens(tables)
    tokens.begin(claim())
    if answered:
        tokens.finish(claim(), ANSWER)
    anew = replace(MADE, generation="generation-9", seq=3)
    attempt = began(tokens, claim(collection=anew))
    assert (attempt.resumed, attempt.after, attempt.generation) == (False, 3, "generation-9")
    with pytest.raises(IdempotentParameterMismatchException):
        tokens.begin(claim(collection=replace(anew, collection_id="others")))


@pytest.mark.parametrize("before", ["nothing", "an expired answer", "another lineage"])
def test_of_calls_at_once_exactly_one_begins(tables: Tables, before: str) -> None:
    """Lost: two retries at once both believe that they are the first."""
    tokens = DynamoTokens(tables)
    if before != "nothing":
        age = WEEK if before == "an expired answer" else 1
        old = MADE if age == WEEK else replace(MADE, generation="generation-0")
        tokens.begin(claim(collection=old, now=NOW - age))
        tokens.finish(claim(collection=old, now=NOW - age), ANSWER)
    start = threading.Barrier(8)

    def begin(_: int) -> Attempt:
        start.wait()
        return began(tokens, claim())

    with ThreadPoolExecutor(8) as pool:
        attempts = list(pool.map(begin, range(8)))
    assert sorted(attempt.resumed for attempt in attempts) == [False] + [True] * 7
    assert len({attempt.write for attempt in attempts}) == 1


def test_of_other_parameters_at_once_exactly_one_wins(tables: Tables) -> None:
    """Lost: one token creates two users."""
    tokens = DynamoTokens(tables)
    start = threading.Barrier(8)

    def begin(number: int) -> bool:
        start.wait()
        try:
            began(tokens, claim(f"u{number}"))
        except IdempotentParameterMismatchException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(8))) == 1


def test_calls_that_take_and_free_a_token_leave_it_whole(tables: Tables) -> None:
    """Lost: a storm of failing retries ends with a token that is taken by nobody, or by two."""
    tokens = DynamoTokens(tables)

    def one(number: int) -> None:
        mine = claim(f"u{number % 2}")
        try:
            tokens.begin(mine)
        except IdempotentParameterMismatchException:
            return
        tokens.release(mine)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, random.sample(range(40), 40)))
    assert not began(tokens, claim("w")).resumed


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [0, 1])
def test_a_crash_at_any_write_leaves_a_token_that_works(
    tables: Tables, at: int, *, after: bool
) -> None:
    """Lost: a process dies and its client's repeat is refused, or forgets what was done."""
    dying = DynamoTokens(through(tables, CrashingClient(tables.faces.client, at, after=after)))

    def die() -> None:
        dying.begin(claim())
        dying.finish(claim(), ANSWER)

    with pytest.raises(Crash):
        die()
    found = DynamoTokens(tables).begin(claim(collection=replace(MADE, seq=99)))
    if at == 1 and after:
        assert found == Answered(ANSWER)
    else:
        assert isinstance(found, Attempt)
        began_before = at == 1 or after
        assert (found.resumed, found.after) == (began_before, 41 if began_before else 99)


def test_writes_that_botocore_sends_twice_change_nothing(tables: Tables) -> None:
    """Lost: a lost answer of DynamoDB's turns a call against itself."""
    tokens = DynamoTokens(through(tables, RepeatingClient(tables.faces.client)))
    tokens.begin(claim())
    tokens.release(claim())
    attempt = began(tokens, claim("v"))
    assert attempt.after == 41
    tokens.finish(claim("v"), ANSWER)
    assert tokens.begin(claim("v")) == Answered(ANSWER)


def test_no_token_is_kept_or_shown(tables: Tables) -> None:
    """Lost: whoever reads the table, or a log with a claim in it, learns the callers' tokens."""
    tokens = DynamoTokens(tables)
    tokens.begin(claim())
    tokens.finish(claim(), ANSWER)
    kept = stored_items(tables, "TOKEN#")
    assert len(kept) == 1
    assert "the-token-9" not in repr(kept) + repr(claim())
