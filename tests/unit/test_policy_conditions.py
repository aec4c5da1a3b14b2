"""Condition operators and keys, as IAM documents them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lineament.auth.policy_conditions import read_conditions
from lineament.auth.policy_documents import PolicyError
from lineament.auth.policy_keys import Context

NOW = 1_796_000_000.0
WRITTEN = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
CALL = {
    "aws:username": "Ana",
    "aws:PrincipalArn": "arn:aws:iam::123456789012:user/Ana",
    "aws:PrincipalAccount": "123456789012",
    "aws:SourceIp": "203.0.113.9",
    "aws:SecureTransport": True,
    "aws:CurrentTime": NOW,
    "aws:EpochTime": NOW,
    "aws:UserAgent": "aws-cli/2.1",
    "aws:ResourceTag": {"Team": "red", "Both": "1", "both": "2", "twice": "x", "TWICE": "x"},
    "aws:RequestTag": {"team": "red"},
    "aws:TagKeys": ["team", "owner"],
    "lineament:FaceMatchThreshold": 97.0,
    "lineament:MaxFaces": 10,
}


def holds(operator: str, key: str, values: Any, call: dict[str, Any] | None = None) -> bool | None:
    (condition,) = read_conditions({operator: {key: values}}, "Condition")
    return condition.holds(Context(CALL if call is None else call))


@pytest.mark.parametrize(
    ("operator", "key", "values", "expected"),
    [
        ("StringEquals", "aws:username", "Ana", True),
        ("StringEquals", "AWS:UserName", "Ana", True),
        ("StringEquals", "aws:username", "ana", False),
        ("StringEquals", "aws:username", "A*", False),
        ("StringEquals", "aws:username", ["Bob", "Ana"], True),
        ("StringEquals", "aws:PrincipalAccount", 123456789012, True),
        ("StringNotEquals", "aws:username", ["Bob", "Ana"], False),
        ("StringNotEquals", "aws:username", ["Bob", "Eve"], True),
        ("StringEqualsIgnoreCase", "aws:username", "aNA", True),
        ("StringEqualsIgnoreCase", "aws:username", "${aws:username}", True),
        ("StringNotEqualsIgnoreCase", "aws:username", "aNA", False),
        ("StringLike", "aws:username", "A?a", True),
        ("StringLike", "aws:username", "a*", False),
        ("StringNotLike", "aws:username", ["B*", "A*"], False),
        ("StringLike", "aws:UserAgent", "aws-cli/*", True),
        ("StringEquals", "aws:RequestTag/Team", "${aws:ResourceTag/team}", True),
        ("StringEquals", "aws:ResourceTag/TEAM", "red", True),
        ("StringEquals", "aws:ResourceTag/team", "blue", False),
        ("StringEquals", "aws:ResourceTag/twice", "x", True),
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", True),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::123456789012:user/*", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/${aws:username}", True),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", True),
        ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::*:user/*", False),
        ("NumericEquals", "lineament:FaceMatchThreshold", "97", True),
        ("NumericNotEquals", "lineament:FaceMatchThreshold", ["97", 98], False),
        ("NumericLessThan", "lineament:FaceMatchThreshold", 97, False),
        ("NumericLessThanEquals", "lineament:FaceMatchThreshold", 97.0, True),
        ("NumericGreaterThan", "lineament:MaxFaces", "9.5", True),
        ("NumericGreaterThanEquals", "lineament:MaxFaces", "1.1e1", False),
        ("NumericLessThan", "aws:EpochTime", "1796000001", True),
        ("DateEquals", "aws:CurrentTime", WRITTEN, True),
        ("DateLessThan", "aws:CurrentTime", "2026-12-31", True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-12-31T00:00:00+01:00", False),
        ("DateGreaterThanEquals", "aws:EpochTime", "1796000000", True),
        ("DateLessThanEquals", "aws:CurrentTime", 1795999999, False),
        ("DateNotEquals", "aws:CurrentTime", "1796000000", False),
        ("Bool", "aws:SecureTransport", "true", True),
        ("Bool", "aws:SecureTransport", False, False),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", True),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.9"], True),
        ("IpAddress", "aws:SourceIp", "2001:db8::/32", False),
        ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.0/24"], False),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", True),
        ("Null", "aws:TokenIssueTime", "true", True),
        ("Null", "aws:TokenIssueTime", False, False),
        ("Null", "aws:username", "false", True),
        ("Null", "aws:ResourceTag/other", "true", True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team", "owner", "more"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team"], False),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringLike", "aws:TagKeys", ["x*"], False),
        ("ForAllValues:StringNotEquals", "aws:TagKeys", ["x", "y"], True),
        ("ForAllValues:StringNotEquals", "aws:TagKeys", ["x", "team"], False),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["team", "owner"], False),
        ("ForAnyValue:StringEquals", "aws:username", "Ana", True),
        # Unknown: neither yes nor no.
        ("StringEquals", "aws:ResourceTag/both", "1", None),
        ("StringNotEquals", "aws:ResourceTag/both", "3", None),
        ("StringEquals", "aws:username", "${aws:ResourceTag/none}", None),
        ("StringNotEquals", "aws:username", "${aws:ResourceTag/none}", None),
        ("StringEquals", "aws:username", ["${aws:ResourceTag/none}", "Ana"], True),
        ("StringNotEquals", "aws:username", ["${aws:ResourceTag/none}", "Ana"], False),
        ("Null", "aws:ResourceTag/both", "false", True),
    ],
)
def test_operators_compare_as_iam_says(
    operator: str, key: str, values: Any, expected: bool | None
) -> None:
    """Lost: a condition copied from AWS's documents means something else here."""
    assert holds(operator, key, values) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringLike", False),
        ("StringNotEquals", True),
        ("StringNotLike", True),
        ("StringNotEqualsIgnoreCase", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAllValues:StringEqualsIfExists", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_a_missing_key_is_told_as_iam_says(operator: str, expected: bool) -> None:
    """Lost: a Deny of everything without a tag that misses whatever has no tag."""
    assert holds(operator, "aws:RequestTag/team", "red", {}) is expected
    assert holds("Null", "aws:TagKeys", "true", {"aws:TagKeys": []})
    if operator.startswith("For"):
        assert holds(operator, "aws:TagKeys", "team", {"aws:TagKeys": []}) is expected


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("NumericLessThan", "lineament:MaxFaces", "5", False),
        ("NumericNotEquals", "lineament:MaxFaces", "5", True),
        ("NumericLessThanIfExists", "lineament:MaxFaces", "5", True),
        ("DateLessThan", "aws:TokenIssueTime", "2026-01-01", False),
        ("DateNotEquals", "aws:TokenIssueTime", "2026-01-01", True),
        ("Bool", "aws:SecureTransport", "false", False),
        ("BoolIfExists", "aws:SecureTransport", "false", True),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", False),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", False),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", True),
    ],
)
def test_a_missing_key_of_other_kinds(operator: str, key: str, value: str, expected: bool) -> None:
    """Lost: keys without an address or time are let in by rules about addresses and times."""
    assert holds(operator, key, value, {}) is expected


@pytest.mark.parametrize(
    ("operator", "key", "value", "call"),
    [
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", {"aws:SourceIp": "unix:"}),
        ("NumericNotEquals", "lineament:MaxFaces", "5", {"lineament:MaxFaces": float("nan")}),
        ("NumericLessThan", "lineament:MaxFaces", "5", {"lineament:MaxFaces": "4"}),
        ("Bool", "aws:SecureTransport", "false", {"aws:SecureTransport": "false"}),
        ("StringNotLike", "aws:UserAgent", "curl*", {"aws:UserAgent": "a" * 2049}),
        ("ForAllValues:StringEquals", "aws:TagKeys", "a", {"aws:TagKeys": "a"}),
    ],
)
def test_what_cannot_be_read_is_unknown(
    operator: str, key: str, value: str, call: dict[str, Any]
) -> None:
    """Lost: a value made unreadable on purpose slips past a Deny or into an Allow."""
    assert holds(operator, key, value, call) is None


def test_ipv4_inside_ipv6_is_ipv4() -> None:
    """Lost: a dual-stack listener makes every address rule miss."""
    assert holds("IpAddress", "aws:SourceIp", "10.0.0.0/8", {"aws:SourceIp": "::ffff:10.1.2.3"})


def test_what_is_costly_is_asked_once_and_only_when_needed() -> None:
    """Lost: each call reads the collection's tags, though no policy asks for them."""
    asked: list[str] = []

    def tags() -> dict[str, str]:
        asked.append("tags")
        return {"team": "red"}

    context = Context({"aws:ResourceTag": tags, "aws:username": "Ana"})
    (name,) = read_conditions({"StringEquals": {"aws:username": "Ana"}}, "Condition")
    assert name.holds(context)
    assert asked == []
    both = read_conditions(
        {
            "StringEquals": {"aws:ResourceTag/team": "red"},
            "Null": {"aws:ResourceTag/other": "true"},
        },
        "Condition",
    )
    assert all(condition.holds(context) for condition in both)
    assert asked == ["tags"]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("aws:CurrentTime", WRITTEN),
        ("aws:EpochTime", "1796000000"),
        ("aws:SecureTransport", "true"),
        ("aws:SourceIp", "203.0.113.9"),
        ("lineament:FaceMatchThreshold", "97"),
        ("aws:PrincipalAccount", "123456789012"),
    ],
)
def test_any_single_value_can_be_a_variable(key: str, text: str) -> None:
    """Lost: `${aws:SourceIp}` in a resource, as AWS lets one write it."""
    assert holds("StringEquals", "aws:username", f"${{{key}}}", {**CALL, "aws:username": text})


@pytest.mark.parametrize(
    ("block", "where", "why"),
    [
        ([], "C", "must be an object of operators"),
        ({"StringEquals": "x"}, "C.StringEquals", "must be an object of keys"),
        ({"StringEquals": {}}, "C.StringEquals", "must be an object of keys"),
        ({"StringEqual": {"aws:username": "a"}}, "C.StringEqual", "unknown operator"),
        ({"BinaryEquals": {"aws:username": "a"}}, "C.BinaryEquals", "unknown operator"),
        (
            {"ForAll:StringEquals": {"aws:TagKeys": "a"}},
            "C.ForAll:StringEquals",
            "unknown operator",
        ),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "C.Bool", "unknown key"),
        ({"StringEquals": {"aws:ResourceTag/": "a"}}, "C.StringEquals", "unknown key"),
        ({"StringEquals": {"aws:ResourceTag": "a"}}, "C.StringEquals", "unknown key"),
        ({"StringEquals": {"aws:SourceIp": "a"}}, "C.StringEquals", "takes IpAddress operators"),
        ({"Bool": {"aws:username": "true"}}, "C.Bool", "takes String operators"),
        ({"StringEquals": {"aws:TagKeys": "a"}}, "C.StringEquals", "use ForAllValues:"),
        ({"NullIfExists": {"aws:username": "true"}}, "C.NullIfExists", "neither"),
        (
            {"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a"}},
            "C.ForAnyValue:StringEqualsIfExists",
            "two things",
        ),
        (
            {"StringEquals": {"aws:username": "a", "AWS:username": "b"}},
            "C.StringEquals",
            "twice",
        ),
        ({"StringEquals": {"aws:username": []}}, "C.StringEquals.aws:username", "at least one"),
        (
            {"StringEquals": {"aws:username": ["a", None]}},
            "C.StringEquals.aws:username[1]",
            "must be a string",
        ),
        (
            {"StringLike": {"aws:username": ["a", "${aws:nam}"]}},
            "C.StringLike.aws:username[1]",
            "unknown key",
        ),
        ({"Null": {"aws:username": "maybe"}}, "C.Null.aws:username", "neither true nor false"),
        (
            {"NumericLessThan": {"lineament:MaxFaces": "many"}},
            "C.NumericLessThan.lineament:MaxFaces",
            "is no number",
        ),
        (
            {"NumericLessThan": {"lineament:MaxFaces": "1e999"}},
            "C.NumericLessThan.lineament:MaxFaces",
            "is no number",
        ),
        (
            {"DateLessThan": {"aws:CurrentTime": "2026"}},
            "C.DateLessThan.aws:CurrentTime",
            "is no date",
        ),
        (
            {"DateLessThan": {"aws:CurrentTime": "${aws:username}"}},
            "C.DateLessThan.aws:CurrentTime",
            "is no date",
        ),
        ({"IpAddress": {"aws:SourceIp": "10/8"}}, "C.IpAddress.aws:SourceIp", "is no address"),
        (
            {"ArnLike": {"aws:PrincipalArn": "user/*"}},
            "C.ArnLike.aws:PrincipalArn",
            "ARN of six parts",
        ),
    ],
)
def test_a_bad_condition_is_refused_with_its_place(block: Any, where: str, why: str) -> None:
    """Lost: a mistyped condition is stored and protects nothing."""
    with pytest.raises(PolicyError, match=why) as error:
        read_conditions(block, "C")
    assert error.value.where == where
