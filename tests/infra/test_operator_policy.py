"""The policy of operators, held against the calls that their commands make."""

from pathlib import Path

import boto3
import pytest

from lambdas import container
from tests.emulated import set_meanwhile
from tests.infra import operators
from tests.infra.callers import grant
from tests.infra.granted import granted
from tests.infra.reach import IMAGES, arns, deployed, names
from tests.infra.recording import recorded
from tests.infra.stack import ACCOUNT, OPERATOR, REGION, Deployed
from tests.infra.world import World

pytestmark = pytest.mark.timeout(300)


def test_policy_allows_what_operators_do_and_nothing_else(
    photo_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: an operator is refused in the middle of an emergency; or may delete faces."""
    with deployed() as stack, set_meanwhile(stack.environment("Api")):
        beside = Deployed(OPERATOR, "operator", RootKeyArns=stack.outputs["RootKey"])
        container.forget()
        grant(ACCOUNT, IMAGES)
        world = World(stack.entry("Api"), IMAGES, photo_dir)
        world.call("CreateCollection", CollectionId="b", Tags={"rk:use-case": "missing-persons"})
        world.put("p.jpg")
        place = {"S3Object": {"Bucket": IMAGES, "Name": "p.jpg"}}
        world.call("IndexFaces", CollectionId="b", Image=place)
        world.call("SearchFacesByImage", CollectionId="b", Image=place)

        def said() -> str:
            return capsys.readouterr().out

        with recorded(names(stack)) as recording:
            operators.keys_and_grants(said)
            operators.rules_and_suspensions("b")
            operators.agreements("b", said)
            operators.reviews(said)
            operators.audits()
        container.forget()
        policy = boto3.client("iam", REGION).get_policy_version(
            PolicyArn=beside.outputs["OperatorPolicyArn"], VersionId="v1"
        )["PolicyVersion"]["Document"]
        allowed = granted(policy["Statement"], arns(stack, stack.ids["ApiLogs"]))
    assert recording.unknown == set()
    needed = {(action, name.split(" ")[0]) for action, name in recording.rights}
    assert needed - allowed == set()
    assert allowed - needed == set()
