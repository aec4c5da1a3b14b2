"""What SDKs do by themselves: retries, tokens, paginators, waiters, files of parameters."""

import json
import uuid
from pathlib import Path

import pytest

from tests.clients import flows
from tests.clients.calling import Client
from tests.clients.command_line import FAILED, CommandLine
from tests.clients.conftest import SDKS, Connect, Photos
from tests.clients.relay import losing_the_first_answer
from tests.conformance.conftest import random_account

HERE = {"CollectionId": "people"}
NOT_OFFERED = "rekognition:DescribeProjectVersions is not offered by this deployment of Lineament"
TOKENS = ("CreateUser", "DeleteUser", "AssociateFaces", "DisassociateFaces")
"""Operations whose ClientRequestToken the SDKs make up."""


@pytest.mark.parametrize("sdk", SDKS)
def test_a_retry_indexes_nothing_twice(
    sdk: str, connect: Connect, photos: Photos, server_url: str
) -> None:
    """Lost: where an answer is lost on its way, a face is stored twice."""
    account = random_account()
    direct = connect("boto3", account)
    direct.call("CreateCollection", HERE)
    params = {**HERE, "Image": photos.inline("small")}
    with losing_the_first_answer(server_url) as (url, bodies):
        answer = connect(sdk, account, url).call("IndexFaces", params)
    assert len(bodies) == 2
    assert len(answer["FaceRecords"]) == 1
    assert direct.call("DescribeCollection", HERE)["FaceCount"] == 1


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize("operation", TOKENS)
def test_a_retry_gets_the_answer_that_was_lost(
    operation: str, sdk: str, connect: Connect, photos: Photos, server_url: str
) -> None:
    """Lost: a user that was made is a conflict, one that was deleted was never there."""
    account = random_account()
    direct = connect("boto3", account)
    direct.call("CreateCollection", HERE)
    ann = {**HERE, "UserId": "ann"}
    if operation != "CreateUser":
        direct.call("CreateUser", ann)
    faces = {}
    if operation.endswith("Faces"):
        faces["FaceIds"] = flows.index(direct, photos.inline("small"), "ann")
        if operation == "DisassociateFaces":
            direct.call("AssociateFaces", {**ann, **faces})
    with losing_the_first_answer(server_url) as (url, bodies):
        answer = connect(sdk, account, url).call(operation, {**ann, **faces})
    first, second = bodies
    assert uuid.UUID(first["ClientRequestToken"]).version == 4
    assert second == first
    changed = [{"FaceId": face} for face in faces.get("FaceIds", [])]
    assert answer.get("AssociatedFaces", answer.get("DisassociatedFaces", [])) == changed


@pytest.mark.parametrize("waiter", ["ProjectVersionRunning", "ProjectVersionTrainingCompleted"])
def test_waiters_give_up_and_say_why(waiter: str, client: Client) -> None:
    """Lost: a script waits for half an hour for something that is never going to be there."""
    arn = f"arn:aws:rekognition:us-east-1:{client.account}:project/a/1690405809285"
    assert NOT_OFFERED in client.wait(waiter, {"ProjectArn": arn})


def test_javascript_checks_nothing_itself(connect: Connect) -> None:
    """Lost: which member is missing, for those whose SDK sends a call as it is."""
    client = connect("javascript", random_account())
    message = flows.refused(client, "ValidationException", "DescribeCollection", {})
    assert "Value null at 'collectionId' failed to satisfy constraint" in message


def test_cli_as_a_process(shell: CommandLine, photos: Photos) -> None:
    """Lost: shell scripts, each of whose calls is a program that starts and ends."""
    flows.looks(shell, photos)


def test_cli_goes_on_where_it_stopped(shell: CommandLine, photos: Photos) -> None:
    """Lost: scripts that look through a large collection some faces at a time."""
    shell.call("CreateCollection", HERE)
    stored = sorted(flows.index(shell, photos.stored("group"), "group"))
    command = ["list-faces", "--collection-id", "people"]
    # Fewer items than a page has: the CLI cuts the page, and its token says where.
    first = shell.output(*command, "--page-size", "3", "--max-items", "2")
    rest = shell.output(*command, "--page-size", "3", "--starting-token", first["NextToken"])
    assert [face["FaceId"] for face in first["Faces"] + rest["Faces"]] == stored
    assert "NextToken" not in rest
    whole = shell.run(*command, "--page-size", "3", "--query", "Faces[].FaceId", "--output", "text")
    assert sorted(whole.stdout.split()) == stored


def test_cli_reads_parameters_from_files(
    shell: CommandLine, photos: Photos, tmp_path: Path
) -> None:
    """Lost: calls that are kept in files, as `--generate-cli-skeleton` prints them."""
    shell.call("CreateCollection", HERE)
    skeleton = shell.output("index-faces", "--generate-cli-skeleton")
    assert {"CollectionId", "Image", "MaxFaces"} <= set(skeleton)
    path = tmp_path / "index.json"
    params = {**HERE, "Image": photos.stored("group"), "MaxFaces": 2}
    path.write_text(json.dumps(params))
    answer = shell.output("index-faces", "--cli-input-json", f"file://{path}")
    assert len(answer["FaceRecords"]) == 2


def test_cli_tells_of_an_error_and_fails(shell: CommandLine) -> None:
    """Lost: scripts that go on after a failure."""
    done = shell.run("describe-collection", "--collection-id", "nowhere")
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert done.stderr.strip() == (
        "An error occurred (ResourceNotFoundException) when calling the DescribeCollection "
        "operation: The collection id: nowhere does not exist"
    )
