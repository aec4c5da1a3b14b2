"""Policy documents that are refused, and where they say so."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.auth.policies import Policy
from lineament.auth.policy_documents import PolicyError

GOOD: dict[str, Any] = {
    "Version": "2012-10-17",
    "Id": "one",
    "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "rekognition:*", "Resource": "*"}],
}


def second(**members: Any) -> dict[str, Any]:
    """Return the good document with a second statement, changed; None takes a member out."""
    statement = {**GOOD["Statement"][0], "Sid": "B", **members}
    kept = {name: value for name, value in statement.items() if value is not None}
    return {**GOOD, "Statement": [GOOD["Statement"][0], kept]}


def test_what_iam_takes_is_taken() -> None:
    """Lost: policies written for AWS have to be written again."""
    for document in (
        GOOD,
        json.dumps(GOOD, indent=4),
        {**GOOD, "Statement": GOOD["Statement"][0]},
        {"Statement": GOOD["Statement"]},
        second(Action=["rekognition:Search*", "iam:PassRole", "logs:*", "*"]),
        second(Action=None, NotAction="rekognition:DetectLabels", Condition={}),
        second(Resource=["arn:aws-cn:rekognition:*:*:collection/x", "arn:aws:s3:::b/*"]),
        second(Sid=None),
    ):
        assert Policy.parse(document).problem is None


@pytest.mark.parametrize(
    ("document", "where", "why"),
    [
        ("", "", "no JSON: Expecting value"),
        ("{", "", "line 1, column 2"),
        ("[]", "", "must be a JSON object"),
        ("[" * 10_000, "", "nested too deeply"),
        ('{"a":' * 2_000, "", "nested too deeply"),
        (
            '{"Statement": {"Effect": ' + "[" * 400 + "]" * 400 + "}}",
            "",
            "nested too deeply; 8 levels",
        ),
        (json.dumps(GOOD) + " " * 10_240, "", "10240 are the most"),
        ('{"Version": "2012-10-17", "Version": "2012-10-17"}', "", "'Version' twice"),
        ('{"Statement": NaN}', "", "NaN is no number"),
        ('{"Statement": ' + "1" * 5_000 + "}", "", "too long"),
        ({"Statement": {1, 2}}, "", "cannot be written as JSON"),
        ({**GOOD, "Statements": []}, "", "unknown member 'Statements'"),
        ({**GOOD, "Version": "2012-10-18"}, "Version", "must be one of"),
        ({**GOOD, "Version": ["2012-10-17"]}, "Version", "must be one of"),
        ({**GOOD, "Id": 1}, "Id", "must be a string"),
        ({"Version": "2012-10-17"}, "", "has no Statement"),
        ({**GOOD, "Statement": []}, "Statement", "at least one"),
        ({**GOOD, "Statement": "x"}, "Statement", "must be an object"),
        ({**GOOD, "Statement": [None]}, "Statement[0]", "must be an object"),
        (second(Principal="*"), "Statement[1].Principal", "resource policies"),
        (second(NotPrincipal={"AWS": "*"}), "Statement[1].NotPrincipal", "resource policies"),
        (second(Actions="*"), "Statement[1]", "unknown member 'Actions'"),
        (second(Sid="A"), "Statement[1].Sid", "another statement is named 'A'"),
        (second(Sid="a b"), "Statement[1].Sid", "letters and digits"),
        (second(Effect="allow"), "Statement[1].Effect", "must be Allow or Deny"),
        (second(Effect=["Deny"]), "Statement[1].Effect", "must be Allow or Deny"),
        (second(Effect=None), "Statement[1].Effect", "must be Allow or Deny"),
        (second(Action=None), "Statement[1]", "either Action or NotAction"),
        (second(NotAction="*"), "Statement[1]", "either Action or NotAction"),
        (second(Resource=None), "Statement[1]", "either Resource or NotResource"),
        (second(Action=[]), "Statement[1].Action", "at least one"),
        (second(Action=["*", 1]), "Statement[1].Action[1]", "must be a string"),
        (second(Action="SearchFaces"), "Statement[1].Action", "service:Name"),
        (second(Action="rekognition:Search Faces"), "Statement[1].Action", "service:Name"),
        (second(Action="rekognition:SearchFace"), "Statement[1].Action", "no operation"),
        (second(Action=["*", "rekognition:Serch*"]), "Statement[1].Action[1]", "no operation"),
        (second(Resource=["*", "staff"]), "Statement[1].Resource[1]", "ARN of six parts"),
        (second(Condition=["*"]), "Statement[1].Condition", "object of operators"),
        (
            second(Condition={"Bool": {"aws:SecureTransport": ["true", "on"]}}),
            "Statement[1].Condition.Bool.aws:SecureTransport[1]",
            "neither true nor false",
        ),
        (
            {"Statement": second(Resource="arn:aws:s3:::b/${aws:username}")["Statement"]},
            "Statement[1]",
            "variables need",
        ),
    ],
)
def test_a_bad_document_says_what_is_wrong_and_where(document: Any, where: str, why: str) -> None:
    """Lost: a document that does not do what its author thinks, found out after an incident."""
    with pytest.raises(PolicyError, match=why) as error:
        Policy.parse(document)
    assert error.value.where.startswith(where)
    assert bool(error.value.where) is bool(where)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Statement", "Effect", "Action", "Resource", "Condition", "Bool", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON, _JSON)
def test_no_document_fails_in_another_way(statement: Any, condition: Any) -> None:
    """Lost: a strange document breaks the command or the server instead of being refused."""
    for document in (
        {"Statement": statement},
        second(Condition=condition),
        second(Action=statement, Resource=condition),
        second(Condition={"StringLike": {"aws:username": condition}}),
        second(Condition={"DateLessThan": {"aws:CurrentTime": condition}}),
        second(Condition={"NumericLessThan": {"lineament:MaxFaces": condition}}),
        second(Condition={"IpAddress": {"aws:SourceIp": condition}}),
    ):
        policy = Policy.stored(document)
        assert policy.statements
