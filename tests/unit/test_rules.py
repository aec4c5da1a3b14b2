"""Rules on a collection, read from tags: what they set, and who may loosen them."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.domain.rules import (
    ATTRIBUTES_OFF,
    CONSENT,
    DUAL_CONTROL,
    MAX_RESULTS,
    MIN_SIMILARITY,
    PURPOSE,
    RETENTION_DAYS,
    USE_CASE,
    USE_CASES,
    Rules,
    read_rules,
    require_no_looser,
    stored_rules,
    strictest,
)
from lineament.errors import AccessDeniedException, InvalidParameterException

TAGS = st.fixed_dictionaries(
    {},
    optional={
        USE_CASE: st.sampled_from(list(USE_CASES)),
        PURPOSE: st.sampled_from(["the door of building 7", "an album"]),
        MIN_SIMILARITY: st.integers(0, 100).map(str),
        MAX_RESULTS: st.integers(1, 4096).map(str),
        RETENTION_DAYS: st.integers(1, 400).map(str),
        ATTRIBUTES_OFF: st.sampled_from(["GENDER", "GENDER EMOTIONS", "AGE_RANGE"]),
        CONSENT: st.just("required"),
        DUAL_CONTROL: st.just("required"),
        "team": st.sampled_from(["blue", "red"]),
    },
)


def test_tags_set_every_rule() -> None:
    """Lost: a rule that a client sets by a tag does nothing."""
    rules = read_rules(
        {
            PURPOSE: " the door ",
            MIN_SIMILARITY: "97.5",
            MAX_RESULTS: "5",
            RETENTION_DAYS: "30",
            ATTRIBUTES_OFF: "GENDER, EMOTIONS",
            CONSENT: "required",
            DUAL_CONTROL: "required",
            "team": "blue",
        }
    )
    assert rules == Rules(
        purpose="the door",
        min_similarity=97.5,
        max_results=5,
        retention_days=30,
        attributes_off=frozenset({"GENDER", "EMOTIONS"}),
        consent=True,
        dual_control=True,
    )


def test_tags_that_are_no_rules_rule_nothing() -> None:
    """Lost: a collection with ordinary tags behaves otherwise than on AWS (PO04)."""
    assert read_rules({"team": "blue", "purpose": "x", "Lineament": "y"}) == Rules()


@pytest.mark.parametrize("use_case", ["law-enforcement", "public-safety"])
def test_critical_use_cases_have_a_floor_of_99(use_case: str) -> None:
    """Lost: a search by the police tells matches at 80 (PO01)."""
    rules = read_rules({USE_CASE: use_case, MIN_SIMILARITY: "90"})
    assert rules.min_similarity == 99
    assert rules.review
    assert rules.enrolment


def test_missing_persons_may_go_lower_under_review() -> None:
    """Lost: a broad search for the missing is refused its candidates, or goes unrecorded (L12)."""
    rules = read_rules({USE_CASE: "missing-persons"})
    assert rules.min_similarity == 0
    assert rules.review


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (USE_CASE, "spying"),
        (MIN_SIMILARITY, "101"),
        (MIN_SIMILARITY, "-1"),
        (MIN_SIMILARITY, "nan"),
        (MIN_SIMILARITY, "1e2"),
        (MAX_RESULTS, "0"),
        (MAX_RESULTS, "4097"),
        (MAX_RESULTS, "٣"),
        (RETENTION_DAYS, "0"),
        (RETENTION_DAYS, "1.5"),
        (ATTRIBUTES_OFF, "HAIR"),
        (ATTRIBUTES_OFF, ""),
        (CONSENT, "false"),
        (DUAL_CONTROL, ""),
        (PURPOSE, "  "),
        (MIN_SIMILARITY, "٩٩"),
        ("lineament:min-similarty", "99"),
        ("LINEAMENT:consent", "required"),
        ("\uff4cineament:consent", "required"),
        ("rk:UseCase", "law-enforcement"),
    ],
)
def test_an_unusable_rule_is_refused_by_name(key: str, value: str) -> None:
    """Lost: a mistyped rule is taken and protects nobody."""
    with pytest.raises(InvalidParameterException, match=key):
        read_rules({key: value})
    assert stored_rules({key: value, "team": "blue"}) == Rules()


@given(TAGS, TAGS)
def test_the_strictest_of_two_is_looser_than_neither(
    one: dict[str, str], two: dict[str, str]
) -> None:
    """Lost: a caller's tag loosens what the operator set."""
    first, second = read_rules(one), read_rules(two)
    both = strictest(first, second)
    for rules in (first, second):
        again = strictest(both, rules)
        assert {f.name: getattr(again, f.name) for f in fields(Rules)} == {
            f.name: getattr(both, f.name) for f in fields(Rules)
        }


@given(TAGS, TAGS)
def test_callers_tighten_and_never_loosen(before: dict[str, str], after: dict[str, str]) -> None:
    """Lost: whoever may tag takes a collection's protection off."""
    old, new = read_rules(before), read_rules(after)
    tighter = strictest(new, old) == new and (not old.purpose or new.purpose == old.purpose)
    if tighter:
        require_no_looser(before, after)
    else:
        with pytest.raises(AccessDeniedException, match="loosened"):
            require_no_looser(before, after)


def test_a_tag_of_an_older_release_can_be_taken_off() -> None:
    """Lost: a tag that has become a rule's name cannot be removed for ever."""
    require_no_looser({"lineament:note": "x", "team": "blue"}, {"team": "blue"})
