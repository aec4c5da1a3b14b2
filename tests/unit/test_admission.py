"""What a call passes before its handler, where the parts behind it fail or refuse."""

from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from lineament.admission import Admission, Caller, collection_of
from lineament.context import CallContext, Principal, Scope
from lineament.domain.audit import Entry, NotRecorded
from lineament.domain.collections import Collection
from lineament.domain.house import House
from lineament.domain.rules import MIN_SIMILARITY, USE_CASES
from lineament.domain.suspension import ACCOUNT, Suspension
from lineament.errors import (
    AccessDeniedException,
    InvalidParameterException,
    InvalidS3ObjectException,
    ProvisionedThroughputExceededException,
)
from lineament.handlers.services import Services

SCOPE = Scope("111122223333", "eu-west-1")
CALL = CallContext(SCOPE, Principal("AKIA", SCOPE.account, "door"), "DetectFaces", "id", 1.0)
ANSWER: dict[str, Any] = {"FaceDetails": []}
PICTURE = {"Image": {"S3Object": {"Bucket": "theirs", "Name": "a.jpg"}}}


class Trail:
    """Takes entries, or does not."""

    def __init__(self, *, full: bool = False) -> None:
        """Take them, unless it is full."""
        self.entries: list[Entry] = []
        self.full = full

    def append(self, entry: Entry, *, strict: bool) -> None:
        """Take an entry."""
        if self.full and strict:
            raise NotRecorded
        self.entries.append(entry)


def answered(admission: Admission, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what a call is told whose handler finds no face."""
    services: Any = None
    return admission.answer(lambda *_: ANSWER, services, CALL, Caller(), params or {"Image": {}})


class Suspensions:
    """Knows of none, until somebody cuts the account off."""

    def __init__(self) -> None:
        """Let everybody in."""
        self.found: dict[str, Suspension] = {}

    def of(self, _account: str) -> dict[str, Suspension]:
        """Return what is suspended now."""
        return self.found


def over(_scope: Scope, _operation: str) -> None:
    """Turn every call away."""
    raise ProvisionedThroughputExceededException


def test_a_flood_that_is_turned_away_costs_no_entries() -> None:
    """Lost: a caller over its rate costs a write a call, and buries the trail."""
    trail = Trail()
    with pytest.raises(ProvisionedThroughputExceededException):
        answered(Admission(throttle=over, trail=trail))
    assert trail.entries == []


def test_a_refusal_is_recorded_with_its_code() -> None:
    """Lost: who tries every door is in no trail."""
    trail = Trail()
    admission = Admission(trail=trail, own_buckets=frozenset({"theirs"}))
    with pytest.raises(InvalidS3ObjectException):
        answered(admission, PICTURE)
    (entry,) = trail.entries
    assert (entry.outcome, entry.user) == ("InvalidS3ObjectException", "door")


def test_strict_answers_nothing_that_is_not_recorded() -> None:
    """Lost: faces are used, and nobody can say so afterwards."""
    assert answered(Admission(trail=Trail(full=True))) == ANSWER
    with pytest.raises(NotRecorded):
        answered(Admission(trail=Trail(full=True), strict=True))


def compared(house: House, trail: Trail) -> dict[str, Any]:
    """Return what CompareFaces is told under a deployment's own rules."""
    services: Any = None
    call = replace(CALL, operation="CompareFaces")
    answer: dict[str, Any] = {"FaceMatches": []}
    admission = Admission(house=house, trail=trail)
    return admission.answer(lambda *_: answer, services, call, Caller(), {})


@pytest.mark.parametrize("use_case", sorted(USE_CASES))
def test_a_search_that_humans_must_review_is_recorded_or_not_answered(use_case: str) -> None:
    """Lost: police learn who somebody is from a search that no reviewer ever sees (L2)."""
    police, full = House(use_case=use_case, purpose="cold cases"), Trail(full=True)
    assert compared(police, Trail()) == {"FaceMatches": []}
    with pytest.raises(NotRecorded):
        compared(police, full)
    assert compared(House(), full) == {"FaceMatches": []}


def test_two_pictures_are_compared_under_the_deployments_floor() -> None:
    """Lost: police compare two photos at 80, which the rules of no collection stop (L1)."""
    seen: list[Any] = []
    services: Any = None

    def compare(_services: Any, _call: CallContext, params: Any) -> dict[str, Any]:
        seen.append(params["SimilarityThreshold"])
        return {"FaceMatches": []}

    call, police = replace(CALL, operation="CompareFaces"), House("law-enforcement", "cold cases")
    for params in ({}, {"SimilarityThreshold": 50.0}, {"SimilarityThreshold": 99.5}):
        Admission(house=police).answer(compare, services, call, Caller(), params)
    assert seen == [99.0, 99.0, 99.5]
    refusing = Admission(house=replace(police, strict=True))
    with pytest.raises(InvalidParameterException, match=r"SimilarityThreshold 50 is below 99"):
        refusing.answer(compare, services, call, Caller(), {"SimilarityThreshold": 50.0})


def test_a_use_that_is_not_public_is_refused() -> None:
    """Lost: a use case that a tag or the operator names is searched under in secret (L4, L7)."""
    secret = House(use_case="law-enforcement", purpose="cold cases", neutral=False)
    with pytest.raises(AccessDeniedException, match=r"NOTICE_URL.*CONTACT.*DISCLOSURE_URL"):
        compared(secret, Trail())


def test_a_refusal_is_told_though_it_cannot_be_recorded() -> None:
    """Lost: a caller who is refused reads of a fault of ours, and tries again."""

    def deny(_scope: Scope, _operation: str) -> None:
        raise AccessDeniedException("no")

    with pytest.raises(AccessDeniedException, match="no"):
        answered(Admission(throttle=deny, trail=Trail(full=True), strict=True))


def test_who_is_cut_off_while_a_search_waits_learns_nothing_from_it() -> None:
    """Lost: in a busy process a suspended caller is still told who somebody is, seconds later."""
    suspensions, trail = Suspensions(), Trail()

    def search(*_: object) -> dict[str, Any]:
        suspensions.found[ACCOUNT] = Suspension("abuse", "ops", 1.0)
        return {"FaceMatches": [{"Similarity": 99.9}]}

    services: Any = None
    call = replace(CALL, operation="CompareFaces")
    with pytest.raises(AccessDeniedException, match="suspended"):
        Admission(suspensions=suspensions, trail=trail).answer(search, services, call, Caller(), {})
    (entry,) = trail.entries
    assert (entry.outcome, entry.result_count) == ("AccessDeniedException", 0)


@pytest.mark.parametrize(("set_to", "counts"), [(90.0, 99.0), (99.5, 99.5)])
def test_a_use_case_holds_celebrities_to_its_floor(set_to: float, counts: float) -> None:
    """Lost: where searches are held to 99, a face is given a public figure's name at 90."""
    nothing: dict[str, Any] = dict.fromkeys(field.name for field in fields(Services))
    services = Services(**{**nothing, "celebrity_threshold": set_to})
    seen: list[float] = []

    def recognise(given: Services, *_: object) -> dict[str, Any]:
        seen.append(given.celebrity_threshold)
        return ANSWER

    house = House(use_case="public-safety", purpose="the stadium")
    call = replace(CALL, operation="RecognizeCelebrities")
    Admission(house=house).answer(recognise, services, call, Caller(), {"Image": {}})
    assert seen == [counts]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"CollectionId": "people"}, "people"),
        ({"ResourceArn": SCOPE.collection_arn("people")}, "people"),
        ({"ResourceArn": Scope("999999999999", SCOPE.region).collection_arn("people")}, None),
        ({"Image": {}}, None),
    ],
)
def test_a_call_is_on_the_collection_that_it_names(
    params: dict[str, Any], found: str | None
) -> None:
    """Lost: the tags of a suspended collection, its rules among them, are changed all the same."""
    assert collection_of(params, SCOPE) == found


def test_a_failure_of_ours_is_recorded_too() -> None:
    """Lost: a call that broke off in the middle has used faces, and left no trace."""
    trail = Trail()

    def broken(*_: object) -> dict[str, Any]:
        raise ZeroDivisionError

    services: Any = None
    with pytest.raises(ZeroDivisionError):
        Admission(trail=trail).answer(broken, services, CALL, Caller(), {"Image": {}})
    assert [entry.outcome for entry in trail.entries] == ["InternalServerError"]


@dataclass(frozen=True)
class Ports:
    """What admission looks at of the services: a collection whose rules change at every read."""

    collections: Any
    attributes_off: frozenset[str] = frozenset()


class Changing:
    """A store of one collection, with another floor each time that it is read."""

    def __init__(self) -> None:
        """Begin without a read."""
        self.reads = 0

    def find(self, scope: Scope, collection_id: str) -> Collection:
        """Return the collection as it is now."""
        self.reads += 1
        tags = {MIN_SIMILARITY: f"{90 + self.reads}"}
        return Collection(scope, collection_id, "g", "model-1", 0.0, tags=tags)


def test_a_search_goes_by_one_state_of_its_collection() -> None:
    """Lost: rules of one moment rule an answer of another; and each search costs a read more."""
    store = Changing()

    def search(services: Any, call: CallContext, params: Any) -> dict[str, Any]:
        seen = services.collections.find(call.scope, params["CollectionId"])
        return {"floor": params["FaceMatchThreshold"], "seen": seen.tags[MIN_SIMILARITY]}

    services: Any = Ports(store)
    call, params = replace(CALL, operation="SearchFaces"), {"CollectionId": "people", "FaceId": "f"}
    answer = Admission().answer(search, services, call, Caller(), params)
    assert (answer, store.reads) == ({"floor": 91.0, "seen": "91"}, 1)
