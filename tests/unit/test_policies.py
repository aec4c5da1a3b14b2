"""Whole policies: what a set of documents allows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.auth.policies import Policy, Reason, Request, authorise, decide
from lineament.auth.policy_keys import Context
from lineament.auth.policy_managed import MANAGED, compiled
from lineament.errors import AccessDeniedException, InvalidS3ObjectException
from tests.unit.test_policy_matching import naive

ANA = "arn:aws:iam::123456789012:user/ana"
STAFF = "arn:aws:rekognition:eu-west-1:123456789012:collection/staff"
GUESTS = "arn:aws:rekognition:eu-west-1:123456789012:collection/guests"


def request(action: str, resource: str = STAFF, **facts: Any) -> Request:
    return Request(action, resource, ANA, Context({"aws:username": "ana", **facts}))


def policy(*statements: dict[str, Any]) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(**members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "rekognition:*", "Resource": "*", **members}


def deny(**members: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "rekognition:*", "Resource": "*", **members}


def without(statement: dict[str, Any], member: str, **members: Any) -> dict[str, Any]:
    return {**{name: statement[name] for name in statement if name != member}, **members}


@pytest.mark.parametrize(
    ("statements", "action", "resource", "reason"),
    [
        ([allow()], "rekognition:SearchFaces", STAFF, Reason.ALLOWED),
        ([allow()], "s3:GetObject", "arn:aws:s3:::b/k", Reason.NOT_ALLOWED),
        ([allow(Action="*")], "s3:GetObject", "arn:aws:s3:::b/k", Reason.ALLOWED),
        ([allow(Action="Rekognition:searchFACES")], "rekognition:SearchFaces", STAFF, "yes"),
        ([allow(Action=["rekognition:List*", "rekognition:Describe*"])], "rekognition:ListFaces",
         STAFF, "yes"),
        ([allow(Action="rekognition:SearchFaces")], "rekognition:SearchFacesByImage", STAFF, "no"),
        ([allow(Resource=STAFF)], "rekognition:SearchFaces", STAFF, "yes"),
        ([allow(Resource=STAFF)], "rekognition:SearchFaces", GUESTS, "no"),
        ([allow(Resource=STAFF)], "rekognition:SearchFaces", STAFF + "2", "no"),
        ([allow(Resource=STAFF.upper())], "rekognition:SearchFaces", STAFF, "refused"),
        ([allow(Resource=STAFF.replace("staff", "Staff"))], "rekognition:SearchFaces", STAFF, "no"),
        ([allow(Resource=STAFF)], "rekognition:DetectFaces", "*", "no"),
        ([allow(Resource="arn:aws:rekognition:*:*:collection/*")], "rekognition:DetectFaces", "*",
         "no"),
        ([allow(), deny(Resource=STAFF)], "rekognition:SearchFaces", STAFF, Reason.DENIED),
        ([deny(Resource=STAFF), allow()], "rekognition:SearchFaces", STAFF, Reason.DENIED),
        ([allow(), deny(Resource=STAFF)], "rekognition:SearchFaces", GUESTS, "yes"),
        ([deny(Resource=STAFF)], "rekognition:SearchFaces", GUESTS, "no"),
        ([without(allow(), "Action", NotAction="rekognition:Delete*")],
         "rekognition:DeleteFaces", STAFF, "no"),
        ([without(allow(), "Action", NotAction="rekognition:Delete*")],
         "rekognition:IndexFaces", STAFF, "yes"),
        ([allow(), without(deny(), "Action", NotAction="rekognition:List*")],
         "rekognition:IndexFaces", STAFF, Reason.DENIED),
        ([allow(), without(deny(), "Resource", NotResource=STAFF)],
         "rekognition:SearchFaces", GUESTS, Reason.DENIED),
        ([allow(), without(deny(), "Resource", NotResource=STAFF)],
         "rekognition:SearchFaces", STAFF, "yes"),
        ([allow(), without(deny(), "Resource", NotResource=STAFF)],
         "rekognition:ListCollections", "*", Reason.DENIED),
        ([allow(Resource=STAFF.replace("staff", "${aws:username}-*"))],
         "rekognition:SearchFaces", STAFF.replace("staff", "ana-1"), "yes"),
        ([allow(Resource=STAFF.replace("staff", "${aws:username}-*"))],
         "rekognition:SearchFaces", STAFF, "no"),
        # A variable without a value: AWS lets such a Deny pass, here it holds.
        ([allow(Resource=STAFF.replace("staff", "${aws:userid}"))],
         "rekognition:SearchFaces", STAFF, "no"),
        ([without(allow(), "Resource", NotResource=STAFF.replace("staff", "${aws:userid}"))],
         "rekognition:SearchFaces", STAFF, "no"),
        ([allow(), deny(Resource=STAFF.replace("staff", "${aws:userid}"))],
         "rekognition:SearchFaces", STAFF, Reason.DENIED),
        ([allow(), deny(Resource=STAFF.replace("staff", "${aws:userid}"))],
         "rekognition:DetectFaces", "*", "yes"),
        ([allow(), deny(Resource=STAFF.replace("staff", "${aws:userid}"),
                        Condition={"StringEquals": {"aws:username": "bob"}})],
         "rekognition:SearchFaces", STAFF, "yes"),
    ],
)  # fmt: skip
def test_statements_decide_as_iam_says(
    statements: list[dict[str, Any]], action: str, resource: str, reason: Reason | str
) -> None:
    """Lost: somebody reads a collection that the policy keeps from them, or not their own."""
    if reason == "refused":  # An ARN begins with arn, in lower case.
        assert Policy.stored({"Version": "2012-10-17", "Statement": statements}).problem
        return
    expected = {"yes": Reason.ALLOWED, "no": Reason.NOT_ALLOWED}.get(str(reason), reason)
    assert decide([policy(*statements)], request(action, resource)).reason is expected


def test_a_deny_in_one_policy_beats_an_allow_in_another() -> None:
    """Lost: a lock put on a key does nothing because the key has full access too."""
    full, lock = policy(allow()), policy(deny(Sid="Locked", Action="rekognition:Delete*"))
    for both in ([full, lock], [lock, full]):
        decision = decide(both, request("rekognition:DeleteFaces"))
        assert (decision.reason, decision.statement) == (Reason.DENIED, "Locked")
        assert decide(both, request("rekognition:IndexFaces")).allowed


def test_a_caller_without_policies_may_nothing() -> None:
    """Lost: a key that was made without a policy can do everything."""
    assert decide([], request("rekognition:ListCollections", "*")).reason is Reason.NOT_ALLOWED


@pytest.mark.parametrize(
    ("tags", "expected"),
    [({"team": "red"}, True), ({"team": "blue"}, False), ({}, False), (None, False)],
)
def test_tags_of_a_collection_decide(tags: dict[str, str] | None, expected: bool) -> None:
    """Lost: teams cannot be kept apart by tags; or a collection without tags is open to all."""
    by_allow = policy(allow(Condition={"StringEquals": {"aws:ResourceTag/team": "red"}}))
    by_deny = policy(allow(), deny(Condition={"StringNotEquals": {"aws:ResourceTag/team": "red"}}))
    for one in (by_allow, by_deny):
        asked = request("rekognition:SearchFaces", **{"aws:ResourceTag": lambda: tags})
        assert decide([one], asked).allowed is expected


def test_tags_that_differ_in_case_only_open_nothing() -> None:
    """Lost: who may tag adds `Team` beside `team` and reads another team's collection."""
    both = {"aws:ResourceTag": {"team": "blue", "Team": "red"}}
    by_allow = policy(allow(Condition={"StringEquals": {"aws:ResourceTag/team": "red"}}))
    by_deny = policy(allow(), deny(Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}))
    for one in (by_allow, by_deny):
        assert not decide([one], request("rekognition:SearchFaces", **both)).allowed


def test_tags_are_not_read_for_a_statement_of_another_action() -> None:
    """Lost: each call costs a read of the collection, whatever it does."""
    one = policy(
        allow(),
        deny(
            Action="rekognition:DeleteFaces",
            Condition={"Null": {"aws:ResourceTag/team": "true"}},
        ),
    )

    def tags() -> dict[str, str]:
        raise AssertionError

    assert decide([one], request("rekognition:SearchFaces", **{"aws:ResourceTag": tags})).allowed


def test_refusals_read_as_awss() -> None:
    """Lost: AU09; tools that read who may not do what from the text."""
    with pytest.raises(AccessDeniedException) as implicit:
        authorise([], [request("rekognition:IndexFaces")])
    assert implicit.value.message == (
        f"User: {ANA} is not authorized to perform: rekognition:IndexFaces on resource: {STAFF} "
        "because no identity-based policy allows the rekognition:IndexFaces action"
    )
    with pytest.raises(AccessDeniedException) as explicit:
        authorise([policy(allow(), deny())], [request("rekognition:IndexFaces")])
    assert explicit.value.message == (
        f"User: {ANA} is not authorized to perform: rekognition:IndexFaces on resource: {STAFF} "
        "with an explicit deny in an identity-based policy"
    )


def test_every_request_of_a_call_must_be_allowed() -> None:
    """Lost: a caller who may search reads any picture in S3 through the service."""
    picture = request("s3:GetObject", "arn:aws:s3:::b/k")
    with pytest.raises(InvalidS3ObjectException, match="access permissions"):
        authorise([policy(allow())], [request("rekognition:SearchFacesByImage"), picture])
    authorise([Policy.parse(MANAGED["full-access"])], [request("rekognition:IndexFaces"), picture])


def test_a_stored_document_that_cannot_be_read_denies_everything() -> None:
    """Lost: after a rollback, a Deny that the older release does not understand is left out."""
    newer = Policy.stored('{"Version": "2030-01-01", "Statement": []}')
    assert newer.problem == "Version: must be one of 2012-10-17, 2008-10-17"
    full = policy(allow())
    assert full.problem is None
    for action, resource in (("rekognition:ListCollections", "*"), ("s3:GetObject", STAFF)):
        decision = decide([full, newer], request(action, resource))
        assert (decision.reason, decision.statement) == (Reason.DENIED, "unreadable policy")


def test_policies_can_be_kept_by_value() -> None:
    """Lost: equal policies of many keys cannot be kept once."""
    text = (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
    )
    assert hash(Policy.parse(text)) == hash(Policy.parse(text))
    assert Policy.parse(text) == Policy.parse(text) != policy(allow())


def test_what_a_key_carries_is_compiled_once() -> None:
    """Lost: a policy of a key by its name; or each call compiles all documents again."""
    text = '{"Statement": {"Effect": "Deny", "Action": "rekognition:Delete*", "Resource": "*"}}'
    full, lock = compiled(["full-access", text])
    assert decide([full, lock], request("rekognition:IndexFaces")).allowed
    assert not decide([full, lock], request("rekognition:DeleteFaces")).allowed
    again = compiled(["full-access", str(text + " ").strip()])
    assert again[0] is full
    assert again[1] is lock


def test_a_name_that_nobody_knows_denies_everything() -> None:
    """Lost: a key whose restriction was renamed away keeps the rest of its rights."""
    full, gone = compiled(["full-access", "lockdown"])
    assert gone.problem == f"No policy is named 'lockdown'; there are {', '.join(MANAGED)}"
    assert decide([full, gone], request("rekognition:IndexFaces")).reason is Reason.DENIED


@pytest.mark.parametrize("name", MANAGED)
@pytest.mark.parametrize(
    ("action", "resource", "who"),
    [
        ("rekognition:DeleteCollection", STAFF, {"full-access"}),
        ("rekognition:TagResource", STAFF, {"full-access"}),
        ("rekognition:IndexFaces", STAFF, {"full-access", "enrol-only"}),
        ("rekognition:SearchUsers", STAFF, {"full-access", "read-only", "search-only"}),
        ("rekognition:CompareFaces", "*", {"full-access", "read-only", "analysis-only"}),
        ("rekognition:ListFaces", STAFF, {"full-access", "read-only", "auditor"}),
        ("rekognition:ListTagsForResource", STAFF, {"full-access", "read-only", "auditor"}),
        ("s3:GetObjectVersion", "arn:aws:s3:::b/k", set(MANAGED) - {"auditor"}),
        ("s3:PutObject", "arn:aws:s3:::b/k", set()),
    ],
)
def test_managed_policies_give_what_their_names_say(
    name: str, action: str, resource: str, who: set[str]
) -> None:
    """Lost: a key made `search-only` that can enrol or delete."""
    assert decide([Policy.parse(MANAGED[name])], request(action, resource)).allowed is (name in who)


ACTIONS = ["rekognition:SearchFaces", "rekognition:ListFaces", "rekognition:DeleteFaces"]
RESOURCES = ["*", *(f"arn:aws:rekognition:r:1:collection/{name}" for name in ("a", "b", "ab"))]
_ACTIONS = st.lists(
    st.sampled_from([*ACTIONS, "*", "rekognition:*Faces", "rekognition:?i*"]),
    min_size=1,
    max_size=2,
)
_RESOURCES = st.lists(
    st.sampled_from([*RESOURCES, *(f"arn:aws:rekognition:*:1:collection/{end}" for end in "*?")]),
    min_size=1,
    max_size=2,
)
_STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "actions": st.tuples(st.sampled_from(["Action", "NotAction"]), _ACTIONS),
        "resources": st.tuples(st.sampled_from(["Resource", "NotResource"]), _RESOURCES),
        "operator": st.sampled_from([None, "StringEquals", "StringNotEquals"]),
        "names": st.lists(st.sampled_from(["ana", "bob"]), min_size=1, max_size=2),
    }
)


def _document(drawn: list[dict[str, Any]]) -> dict[str, Any]:
    statements = [
        {
            "Effect": one["Effect"],
            one["actions"][0]: one["actions"][1],
            one["resources"][0]: one["resources"][1],
            "Condition": {one["operator"]: {"aws:username": one["names"]}}
            if one["operator"]
            else {},
        }
        for one in drawn
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _naive_applies(one: dict[str, Any], action: str, resource: str, name: str | None) -> bool:
    (act, actions), (res, resources) = one["actions"], one["resources"]
    acts = any(naive(pattern.lower(), action.lower()) for pattern in actions)
    named = any(
        pattern == "*" or (resource != "*" and naive(pattern, resource)) for pattern in resources
    )
    asked = one["operator"] is None or (name in one["names"]) is (one["operator"] == "StringEquals")
    return (acts is (act == "Action")) and (named is (res == "Resource")) and asked


@given(
    st.lists(_STATEMENTS, min_size=1, max_size=4),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.sampled_from(["ana", "eve", None]),
)
def test_decisions_are_those_of_a_plain_reading(
    drawn: list[dict[str, Any]], action: str, resource: str, name: str | None
) -> None:
    """Lost: some combination of statements is decided otherwise than it reads."""
    effects = {one["Effect"] for one in drawn if _naive_applies(one, action, resource, name)}
    asked = Request(action, resource, ANA, Context({"aws:username": name}))
    assert decide([Policy.parse(_document(drawn))], asked).allowed is (effects == {"Allow"})
