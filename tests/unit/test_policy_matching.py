"""Wildcards and variables of policies."""

from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lineament.auth.policy_documents import PolicyError
from lineament.auth.policy_keys import Context
from lineament.auth.policy_matching import (
    arn_parts,
    every,
    plain_glob,
    read_arn_template,
    read_template,
    some,
)

PATTERNS = st.text("ab*?", max_size=12)
VALUES = st.text("ab\n*?", max_size=16)
NOBODY = Context({})


def naive(pattern: str, value: str) -> bool:
    """Try every way, without any thought of speed."""

    @cache
    def match(p: int, v: int) -> bool:
        if p == len(pattern):
            return v == len(value)
        if pattern[p] == "*":
            return any(match(p + 1, rest) for rest in range(v, len(value) + 1))
        return v < len(value) and pattern[p] in {"?", value[v]} and match(p + 1, v + 1)

    return match(0, 0)


@given(PATTERNS, VALUES)
@example("a?*", "a\n")
def test_wildcards_mean_what_trying_every_way_finds(pattern: str, value: str) -> None:
    """Lost: a pattern that lets in, or keeps out, what its author did not mean."""
    assert plain_glob(pattern).matches(value) is naive(pattern, value)


@given(PATTERNS, VALUES)
def test_a_variable_is_literal_whatever_it_holds(pattern: str, name: str) -> None:
    """Lost: a user who names himself `*` and so reads everybody's pictures."""
    template = read_template(f"{pattern}${{aws:username}}", "here", wild=True)
    context = Context({"aws:username": name})
    for value in (name, f"ab{name}", f"{name}a", "ab"):
        ends = value.endswith(name)
        expected = ends and naive(pattern, value[: len(value) - len(name)])
        assert template.matches(value, context) is expected


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("*a" * 3000 + "*b", "a" * 8000),
        ("*" * 9000 + "b", "a" * 8000),
        ("*" + "?a" * 3000 + "b*", "a" * 8000),
        ("*?" * 3000, "a" * 2000),
    ],
)
def test_no_pattern_takes_exponential_time(pattern: str, value: str) -> None:
    """Lost: one stored policy stops the server (backtracking would outlast pytest's timeout)."""
    assert not plain_glob(pattern).matches(value)


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("*", "*", True),
        ("*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k:l/m", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::bb/k", False),
        ("arn:*:*:*:*:*", "*", False),
        ("arn:aws:s3:*:*:x/k", "arn:aws:s3:::evil/a:b:x/k", False),
        ("arn:aws:s3:::B/k", "arn:aws:s3:::b/k", False),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", False),
        ("arn:aws:s3:::b/${$}{x}", "arn:aws:s3:::b/${x}", True),
        ("arn:aws:s3:::b/${aws:username, 'guest'}", "arn:aws:s3:::b/guest", True),
        ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/guest", None),
    ],
)
def test_an_arn_matches_part_by_part(pattern: str, arn: str, expected: bool | None) -> None:
    """Lost: an object key with colons in it passes for another bucket."""
    assert read_arn_template(pattern, "here").matches(arn_parts(arn), NOBODY) is expected


def test_the_value_of_a_variable_adds_no_colon() -> None:
    """Lost: a name with colons in it moves the parts of an ARN."""
    template = read_arn_template("arn:aws:s3:::${aws:username}*", "here")
    assert template.matches(arn_parts("arn:aws:s3:::a:b/k"), Context({"aws:username": "a:b"}))
    moved = read_arn_template("arn:aws:s3:${aws:username}::k", "here")
    assert not moved.matches(arn_parts("arn:aws:s3:a:b:k"), Context({"aws:username": "a:b"}))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("arn:aws:s3:::b/${aws:username", "not closed"),
        ("arn:aws:s3:::b/${}", "is no variable"),
        ("arn:aws:s3:::b/${aws:username, guest}", "is no variable"),
        ("arn:aws:s3:::b/${aws:usernam}", "unknown key"),
        ("arn:aws:s3:::b/${aws:TagKeys}", "many values"),
        ("arn:aws:rekognition:*", "ARN of six parts"),
        ("collection/*", "ARN of six parts"),
        ("arx:aws:s3:::b/k", "ARN of six parts"),
        ("", "ARN of six parts"),
    ],
)
def test_a_text_that_can_mean_nothing_is_refused(text: str, why: str) -> None:
    """Lost: a mistyped resource in a Deny that silently denies nothing."""
    with pytest.raises(PolicyError, match=why) as error:
        read_arn_template(text, "Statement[0].Resource")
    assert error.value.where == "Statement[0].Resource"


THREE = st.sampled_from([True, False, None])


@given(st.lists(THREE, max_size=4))
def test_unknown_answers_combine_as_if_either_were_possible(answers: list[bool | None]) -> None:
    """Lost: a Deny that is passed over because one of its questions had no answer."""
    worlds: list[list[bool]] = [[]]
    for answer in answers:
        options = [True, False] if answer is None else [answer]
        worlds = [[*world, option] for world in worlds for option in options]
    for combine, plain in ((some, any), (every, all)):
        possible = {plain(world) for world in worlds}
        assert combine(answers) is (possible.pop() if len(possible) == 1 else None)
