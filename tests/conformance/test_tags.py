"""TG*, CO13: TagResource, UntagResource, ListTagsForResource. SPEC.md B.19, F."""

import json
from typing import Any

import pytest

from tests.conformance.asking import VALIDATION, raw_refused, refused
from tests.conformance.conftest import Wire

INVALID = "InvalidParameterException"
NOT_FOUND = "ResourceNotFoundException"
QUOTA = "ServiceQuotaExceededException"
UNICODE = {"Abteilung/Größe": "naïve café", "部署 チーム": "٤٢ 日本", "_.:/=+-@": ""}
"""Letters, digits and spaces of several scripts, and all of the ASCII marks."""


@pytest.fixture
def arn(c: Any) -> str:
    """Return the ARN of a collection of the test's own, as CreateCollection tells it."""
    return str(c.create_collection(CollectionId="own")["CollectionArn"])


def tags_of(c: Any, arn: str) -> Any:
    return c.list_tags_for_resource(ResourceArn=arn)["Tags"]


def test_tg01_round_trip(c: Any, arn: str) -> None:
    """Lost: cost and access tools that keep their marks in tags."""
    assert tags_of(c, arn) == {}
    c.tag_resource(ResourceArn=arn, Tags={"team": "a", "env": "test"})
    c.tag_resource(ResourceArn=arn, Tags={"team": "b", "Team": "c"})
    assert tags_of(c, arn) == {"team": "b", "env": "test", "Team": "c"}
    answer = c.untag_resource(ResourceArn=arn, TagKeys=["env", "never there", "env"])
    assert set(answer) == {"ResponseMetadata"}
    assert tags_of(c, arn) == {"team": "b", "Team": "c"}
    c.untag_resource(ResourceArn=arn, TagKeys=["team", "Team"])
    assert tags_of(c, arn) == {}


def test_tg01_nothing_asked_changes_nothing(c: Any, arn: str) -> None:
    """Lost: tools that send empty lists, as the model allows."""
    c.tag_resource(ResourceArn=arn, Tags={"a": "1"})
    c.tag_resource(ResourceArn=arn, Tags={})
    c.untag_resource(ResourceArn=arn, TagKeys=[])
    assert tags_of(c, arn) == {"a": "1"}


def test_tg01_unicode_and_empty_values(c: Any, arn: str) -> None:
    """Lost: tags in other languages than English, and marks that need no value."""
    c.tag_resource(ResourceArn=arn, Tags=UNICODE)
    assert tags_of(c, arn) == UNICODE
    c.untag_resource(ResourceArn=arn, TagKeys=list(UNICODE)[:2])
    assert tags_of(c, arn) == {"_.:/=+-@": ""}


def test_tg01_longest_keys_and_values(c: Any, arn: str) -> None:
    """Lost: what AWS stores is refused here."""
    longest = {"k" * 128: "v" * 256, "é" * 128: "ü" * 256}
    c.tag_resource(ResourceArn=arn, Tags=longest)
    assert tags_of(c, arn) == longest


def test_tg01_unknown_collection(c: Any, arn: str) -> None:
    """Lost: a typing error in a script looks like success."""
    absent = arn.replace("/own", "/absent")
    for operation, more in (
        (c.tag_resource, {"Tags": {"a": "1"}}),
        (c.untag_resource, {"TagKeys": ["a"]}),
        (c.list_tags_for_resource, {}),
    ):
        message = refused(operation, NOT_FOUND, ResourceArn=absent, **more)
        assert message == "The collection id: absent does not exist"


@pytest.mark.parametrize(
    "resource",
    [
        "streamprocessor/door",
        "project/p/version/v.1/1600000000000",
        "project/p/1600000000000",
        "project/p/dataset/train/1600000000000",
    ],
)
def test_tg01_unknown_resources_of_other_kinds(c: Any, arn: str, resource: str) -> None:
    """Lost: a tool that walks all kinds stops at an error that means its own mistake."""
    other = arn.replace("collection/own", resource)
    for operation, more in (
        (c.tag_resource, {"Tags": {"a": "1"}}),
        (c.untag_resource, {"TagKeys": ["a"]}),
        (c.list_tags_for_resource, {}),
    ):
        message = refused(operation, NOT_FOUND, ResourceArn=other, **more)
        assert message.endswith("does not exist")


def test_tg01_tags_go_with_their_collection(c: Any, arn: str) -> None:
    """Lost: a new collection carries the marks of a deleted one."""
    c.tag_resource(ResourceArn=arn, Tags={"a": "1"})
    c.delete_collection(CollectionId="own")
    refused(c.list_tags_for_resource, NOT_FOUND, ResourceArn=arn)
    c.create_collection(CollectionId="own")
    assert tags_of(c, arn) == {}


def test_tg04_arn_of_create_collection_verbatim(c: Any, account: str) -> None:
    """Lost: the ARN that one call gives is refused by the next."""
    for name in ("own", "Own", "a.b_c-d", "n" * 255):
        arn = c.create_collection(CollectionId=name)["CollectionArn"]
        c.tag_resource(ResourceArn=arn, Tags={"name": name})
        assert tags_of(c, arn) == {"name": name}
        assert c.describe_collection(CollectionId=name)["CollectionARN"] == arn
    short = f"aws:rekognition:us-east-1:{account}:collection/own"  # as AWS's samples print it
    c.tag_resource(ResourceArn=short, Tags={"more": ""})
    assert tags_of(c, f"arn:{short}") == tags_of(c, short) == {"name": "own", "more": ""}


def test_tg04_partitions(wire: Wire, account: str) -> None:
    """Lost: tags in China's and the government's regions."""
    for region in ("cn-north-1", "us-gov-west-1"):
        c = wire.client(account, region)
        arn = c.create_collection(CollectionId="own")["CollectionArn"]
        c.tag_resource(ResourceArn=arn, Tags={"a": "1"})
        assert tags_of(c, arn) == {"a": "1"}


def test_co13_tags_given_at_creation_are_listed(c: Any) -> None:
    """Lost: apps that create their collection with tags never see them."""
    arn = c.create_collection(CollectionId="a", Tags=UNICODE)["CollectionArn"]
    assert tags_of(c, arn) == UNICODE
    arn = c.create_collection(CollectionId="b", Tags={})["CollectionArn"]
    assert tags_of(c, arn) == {}


def test_co13_too_many_or_reserved_tags_create_nothing(c: Any) -> None:
    """Lost: a refused call leaves a collection without its tags behind."""
    many = {f"k{number}": "" for number in range(51)}
    assert "50" in refused(c.create_collection, QUOTA, CollectionId="a", Tags=many)
    refused(c.create_collection, INVALID, CollectionId="a", Tags={"Aws:x": ""})
    assert c.list_collections()["CollectionIds"] == []
    del many["k0"]
    arn = c.create_collection(CollectionId="a", Tags=many)["CollectionArn"]
    assert tags_of(c, arn) == many


def test_tags_of_a_collection_are_50_at_most(c: Any, arn: str) -> None:
    """Lost: a limit that AWS's tag editors rely on; or it hits those who only change values."""
    many = {f"k{number}": "" for number in range(50)}
    c.tag_resource(ResourceArn=arn, Tags=many)
    message = refused(c.tag_resource, QUOTA, ResourceArn=arn, Tags={"k1": "new", "k50": ""})
    assert message == "The resource would have 51 tags; the maximum is 50"
    assert tags_of(c, arn) == many
    c.tag_resource(ResourceArn=arn, Tags=dict.fromkeys(many, "new"))
    c.untag_resource(ResourceArn=arn, TagKeys=["k0"])
    c.tag_resource(ResourceArn=arn, Tags={"k50": ""})
    assert len(tags_of(c, arn)) == 50
    refused(c.tag_resource, QUOTA, ResourceArn=arn, Tags={f"m{n}": "" for n in range(200)})


@pytest.mark.parametrize("key", ["AWS:x", "Aws:", "aWs:createdBy"])
def test_reserved_prefix_in_any_case(c: Any, arn: str, key: str) -> None:
    """Lost: callers pass their own marks off as AWS's."""
    message = refused(c.tag_resource, INVALID, ResourceArn=arn, Tags={"fine": "", key: "v"})
    assert f"tag key {key} begins with aws:" in message
    assert tags_of(c, arn) == {}
    c.tag_resource(ResourceArn=arn, Tags={"aws": "", "my-aws:x": "", "awsome": ""})
    assert len(tags_of(c, arn)) == 3


@pytest.mark.parametrize(
    "tags",
    [
        {f"k{number}": "" for number in range(201)},
        {"k" * 129: "v"},
        {"": "v"},
        {"k": "v" * 257},
        {"aws:x": "v"},
        {"k!": "v"},
        {"k": "v\n"},
        {"k\n": "v"},
        {"k": "<v>"},
        {"\U0001f600": "v"},
    ],
    ids=[
        "201 tags",
        "129 characters",
        "no key",
        "257 characters",
        "aws:",
        "mark",
        "line",
        "line in key",
        "brackets",
        "emoji",
    ],
)
def test_tags_that_the_model_refuses(wire: Wire, c: Any, arn: str, tags: dict[str, str]) -> None:
    """Lost: tags that AWS refuses are stored, and break the tools that read them."""
    asked = {"ResourceArn": arn, "Tags": tags}
    account = arn.split(":")[4]
    message = raw_refused(wire.raw("TagResource", asked, account), VALIDATION)
    assert "'tags" in message
    assert tags_of(c, arn) == {}


def test_untag_keys_that_the_model_refuses(wire: Wire, c: Any, arn: str) -> None:
    """Lost: AWS's own tags could be taken off, or a request of any size is worked through."""
    c.tag_resource(ResourceArn=arn, Tags={"a": "1"})
    account = arn.split(":")[4]
    for keys in (["a", "aws:x"], ["a", ""], ["a", "k" * 129], ["a"] * 201):
        asked = {"ResourceArn": arn, "TagKeys": keys}
        message = raw_refused(wire.raw("UntagResource", asked, account), VALIDATION)
        assert "'tagKeys" in message
    assert tags_of(c, arn) == {"a": "1"}


@pytest.mark.parametrize(
    "tags",
    [[{"Key": "a", "Value": "b"}], [], "a=b", {"a": 1}, {"a": {"Value": "b"}}, {"a": ["b"]}, True],
)
def test_tags_that_are_no_map_of_texts(wire: Wire, c: Any, arn: str, tags: Any) -> None:
    """Lost: the form of AWS's other services is half understood and stored."""
    account = arn.split(":")[4]
    for operation, asked in (
        ("TagResource", {"ResourceArn": arn, "Tags": tags}),
        ("CreateCollection", {"CollectionId": "another", "Tags": tags}),
    ):
        raw_refused(wire.raw(operation, asked, account), "SerializationException")
    assert tags_of(c, arn) == {}
    assert c.list_collections()["CollectionIds"] == ["own"]


@pytest.mark.parametrize("lacking", ["ResourceArn", "Tags", "TagKeys"])
def test_required_members(wire: Wire, arn: str, lacking: str) -> None:
    """Lost: a forgotten member is taken for an empty one."""
    operation = "UntagResource" if lacking == "TagKeys" else "TagResource"
    asked = {"ResourceArn": arn, "Tags": {"a": "1"}, "TagKeys": ["a"]}
    del asked[lacking]
    message = raw_refused(wire.raw(operation, asked, arn.split(":")[4]), VALIDATION)
    assert f"'{lacking[0].lower()}{lacking[1:]}'" in message


WRONG = {
    "no ARN at all": "a collection called own",
    "another service": "arn:aws:s3:us-east-1:{account}:collection/own",
    "another partition": "arn:aws-cn:rekognition:us-east-1:{account}:collection/own",
    "another region": "arn:aws:rekognition:eu-west-1:{account}:collection/own",
    "another account": "arn:aws:rekognition:us-east-1:{other}:collection/own",
    "no region": "arn:aws:rekognition::{account}:collection/own",
    "no account": "arn:aws:rekognition:us-east-1::collection/own",
    "another kind": "arn:aws:rekognition:us-east-1:{account}:faceset/own",
    "no name": "arn:aws:rekognition:us-east-1:{account}:collection/",
    "a name with a colon": "arn:aws:rekognition:us-east-1:{account}:collection/own:x",
    "a name with a slash": "arn:aws:rekognition:us-east-1:{account}:collection/own/x",
    "a long name": "arn:aws:rekognition:us-east-1:{account}:collection/" + "n" * 256,
    "a line's end": "arn:aws:rekognition:us-east-1:{account}:collection/own\n",
    "arn: twice": "arn:arn:aws:rekognition:us-east-1:{account}:collection/own",
    "other case": "ARN:AWS:rekognition:us-east-1:{account}:collection/own",
    "a version without time": "arn:aws:rekognition:us-east-1:{account}:project/p/version/v",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_arns_that_name_nothing_here(c: Any, wire: Wire, account: str, wrong: str) -> None:
    """Lost: one customer reads or changes another's tags, or a mistake in an ARN has no name."""
    c.create_collection(CollectionId="own", Tags={"a": "1"})
    other = f"{(int(account) + 1) % 10**12:012d}"
    wire.client(other).create_collection(CollectionId="own", Tags={"foreign": "tag"})
    arn = wrong.format(account=account, other=other)
    for operation, more in (
        (c.tag_resource, {"Tags": {"b": "2"}}),
        (c.untag_resource, {"TagKeys": ["a"]}),
        (c.list_tags_for_resource, {}),
    ):
        message = refused(operation, INVALID, ResourceArn=arn, **more)
        assert "ResourceArn" in message
    right = f"arn:aws:rekognition:us-east-1:{account}:collection/own"
    assert tags_of(c, right) == {"a": "1"}
    assert tags_of(wire.client(other), right.replace(account, other)) == {"foreign": "tag"}


@pytest.mark.parametrize("arn", ["", "a" * 19, "arn:aws:rekognition:" + "a" * 2029])
def test_arns_of_a_wrong_length(wire: Wire, arn: str) -> None:
    """Lost: a text of any length is worked through."""
    message = raw_refused(wire.raw("ListTagsForResource", {"ResourceArn": arn}), VALIDATION)
    assert "'resourceArn'" in message


def test_tags_are_an_object_on_the_wire(wire: Wire, arn: str) -> None:
    """Lost: typed SDKs, which read a map: an absent member is null to them."""
    answer = wire.raw("ListTagsForResource", {"ResourceArn": arn}, arn.split(":")[4])
    assert json.loads(answer.body) == {"Tags": {}}
