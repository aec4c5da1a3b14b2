"""docs/deploy.md and docs/container.md name what templates, AWS CLI and commands have."""

import argparse
import importlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from awscli.clidriver import create_clidriver

from lineament.cli.main import COMMANDS
from lineament.jobs import messages
from tests.infra.page import CONTAINER, DEPLOY, DOCS, FUNCTIONS, blocks, called, section
from tests.infra.stack import DASHBOARD, OPERATION, OPERATOR, TEMPLATE, decoded

SAME = [
    *("Auth", "Rates", "Audit", "UseCase", "Purpose", "NoticeUrl", "Contact", "DisclosureUrl"),
    *("Profile", "CollectionProfiles"),
]
"""Parameters that a function of an operation takes over from the stack."""


class _Sent(Exception):
    """A request that would have been sent now: its address, and what it is signed with."""


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return decoded(TEMPLATE)


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """Return what the part about functions calls, all of it in one shell."""
    script = "\n".join([*blocks(DEPLOY, "sh"), *blocks(FUNCTIONS, "sh")])
    return called(script, tmp_path_factory.mktemp("deploy"), ("aws", "docker", "lineament"))


def option(call: Sequence[str], name: str) -> str:
    return call[call.index(name) + 1]


def given(calls: list[list[str]], template: Path) -> list[dict[str, str]]:
    """Return the parameters of each deployment of a template."""
    asked = [call for call in calls if call[1:3] == ["cloudformation", "deploy"]]
    assert {option(call, "--template-file") for call in asked} == {
        f"infra/{each.name}" for each in (TEMPLATE, OPERATION, DASHBOARD, OPERATOR)
    }
    deployed = [
        call for call in asked if Path(option(call, "--template-file")).name == template.name
    ]
    words = [call[call.index("--parameter-overrides") + 1 :] for call in deployed]
    return [dict(word.split("=", 1) for word in each) for each in words]


def outputs_asked(text: str) -> set[str]:
    return set(re.findall(r"\boutput ([A-Z]\w+)", text))


@pytest.mark.parametrize(
    ("file", "names"),
    [
        (TEMPLATE, ["ImageUri", "ImagesBucket", "ImageUri", "DeletionProtection", "UrlAuth"]),
        (OPERATION, 2 * ["Operation", "RootKeyArns", "ImageUri", *SAME]),
        (OPERATOR, ["RootKeyArns"]),
    ],
    ids=["stack", "operation", "operator"],
)
def test_deployments_give_parameters_that_the_template_takes(
    file: Path, names: list[str], calls: list[list[str]]
) -> None:
    """Lost: the first command of a deployment is refused."""
    told = given(calls, file)
    assert [name for each in told for name in each] == names
    if file == OPERATION:
        both = set(decoded(TEMPLATE)["Parameters"]) & set(decoded(OPERATION)["Parameters"])
        own = {"ImageUri", "Architecture", "MemorySize", "LogLevel", "LogRetentionDays"}
        assert both == {*SAME, *own, "AlarmTopicArn", "Name", "RootKeyArns"}, "a rule is left out"
    for name, value in (item for each in told for item in each.items()):
        parameter = decoded(file)["Parameters"][name]
        assert value in parameter.get("AllowedValues", [value])
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value)


def test_every_parameter_and_output_is_told(template: dict[str, Any]) -> None:
    """Lost: a parameter that nobody finds, or one that is gone and still on the page."""
    rows = re.findall(r"^\| (`.*?) \|", section("What can be chosen"), re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(told) == sorted(template["Parameters"])
    beside, operator = decoded(OPERATION), decoded(OPERATOR)
    assert set(beside["Parameters"]) <= {*template["Parameters"], "Operation"}
    known = {*template["Parameters"], *template["Outputs"], "FunctionUrl", "HttpApi", "None"}
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`", DEPLOY))
    outputs = {*template["Outputs"], *beside["Outputs"], *operator["Outputs"]}
    assert named <= known | outputs | {"Decrypts", "ApiRole", "RetentionRole"}
    assert outputs_asked(DEPLOY + FUNCTIONS) | named >= outputs
    assert outputs_asked(DEPLOY) <= set(template["Outputs"])


def test_roles_that_the_page_names_are_there(template: dict[str, Any]) -> None:
    """Lost: whoever gives a server its rights looks for a role that is gone."""
    roles = re.findall(r"`(\w+Role)`", CONTAINER)
    assert roles == ["ApiRole", "RetentionRole"]
    assert set(roles) <= set(template["Resources"])


def test_teardown_reaches_all_that_stays(template: dict[str, Any]) -> None:
    """Lost: faces, pictures or a key that is paid for stay behind, and nobody knows."""
    stays = {
        name
        for name, each in template["Resources"].items()
        if each.get("DeletionPolicy", "Delete") != "Delete"
        and each["Type"] != "AWS::S3::BucketPolicy"  # which goes with its bucket
    }
    values = [template["Outputs"][name]["Value"] for name in outputs_asked(section("Teardown"))]
    assert stays == {name for name in stays if any(name in str(value) for value in values)}
    assert len(stays) >= 5


def test_upgrades_stop_every_function(template: dict[str, Any], calls: list[list[str]]) -> None:
    """Lost: an old release goes on beside a new one, which docs/decisions.md forbids."""
    name = template["Parameters"]["Name"]["Default"]
    functions = {
        str(each["Properties"]["FunctionName"]["Fn::Sub"]).replace("${Name}", name)
        for each in template["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function" and "Condition" not in each
    }
    order = [(call[2], option(call, "--function-name")) for call in calls if call[1] == "lambda"]
    stopped = {function for what, function in order if what == "put-function-concurrency"}
    started = {function for what, function in order if what == "delete-function-concurrency"}
    of_operation = f"{name}-{decoded(OPERATION)['Mappings']['Operations']['IndexFaces']['Entry']}"
    assert stopped == started == functions | {of_operation}


def test_numbers_are_the_template_s(template: dict[str, Any]) -> None:
    """Lost: somebody waits for a message that has long been given up."""
    resources = template["Resources"]
    queues = {name: resources[name]["Properties"] for name in ("UploadsQueue", "JobsQueue")}
    tries = [queue["RedrivePolicy"]["maxReceiveCount"] for queue in queues.values()]
    assert tries == [5, 3]
    assert "What failed five times (jobs: three)" in DEPLOY
    assert resources["JobsDeadLetters"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queues["UploadsQueue"]["VisibilityTimeout"] == 12 * 60
    assert resources["WorkerFunction"]["Properties"]["Timeout"] == 15 * 60
    default = template["Parameters"]["MemorySize"]["Default"]
    assert f"{default:,} are {default / 1769:.1f} cores" in DEPLOY
    assert f"{default / 2 * 1024**2 / 665 / 1e6:.1f} million faces" in DEPLOY


def test_the_aws_cli_has_each_command_and_option(tmp_path: Path, calls: list[list[str]]) -> None:
    """Lost: a command that ends in a usage message, in the middle of a deployment."""
    (tmp_path / "lineament.env").write_text(blocks(CONTAINER, "ini")[0])
    script = "\n".join(blocks(CONTAINER, "sh"))
    container = called(script, tmp_path, ("aws", "docker", "curl"))
    program = create_clidriver().create_help_command()
    seen = 0
    for call in (each for each in calls + container if each[0] == "aws"):
        command, words = program.command_table[call[1]], call[2:]
        while words and words[0] in (below := command.create_help_command().command_table):
            command, words = below[words[0]], words[1:]
        taken = dict(command.arg_table)
        options = {word[2:] for word in words if word.startswith("--")}
        assert options <= {*taken, *program.arg_table}, call
        required = {name for name, each in taken.items() if each.required}
        assert required <= options, call
        seen += 1
    assert seen > 30


def test_lineament_has_each_command_and_option(calls: list[list[str]]) -> None:
    """Lost: a command that ends in a usage message."""
    own = [call[1:] for call in calls if call[0] == "lineament"]
    own += [line.split() for line in re.findall(r"^lineament ([a-z][^\n`]+)", CONTAINER, re.M)]
    own += [line.split() for line in re.findall(r"[;`(] ?lineament ([a-z][^\n`>)]+)", CONTAINER)]
    assert {call[0] for call in own} >= {"import", "doctor", "keys", "accounts", "suspend", "audit"}
    for command, *words in own:
        parser = argparse.ArgumentParser(exit_on_error=False)
        importlib.import_module(f"lineament.cli.{COMMANDS[command][0]}").configure(parser)
        parser.parse_args(words)


def test_jobs_are_jobs(calls: list[list[str]]) -> None:
    """Lost: a job that is copied from the page goes to the dead letters."""
    sent = [
        option(call, "--message-body") for call in calls if call[1:3] == ["sqs", "send-message"]
    ]
    assert [messages.read(body)["job"] for body in sent] == ["compact", "reindex"]
    kinds = re.search(r"Jobs go to a queue: ([^(]+) \(", DEPLOY)
    assert kinds is not None
    assert re.findall(r"`(\w+)`", kinds[1]) == list(messages.KINDS)


def test_a_bucket_tells_the_queue(calls: list[list[str]]) -> None:
    """Lost: pictures in a bucket of one's own are never indexed."""
    (call,) = (each for each in calls if "put-bucket-notification-configuration" in each)
    told = json.loads(option(call, "--notification-configuration"))
    (queue,) = told["QueueConfigurations"]
    assert queue == {"QueueArn": "told-uploadsqueuearn", "Events": ["s3:ObjectCreated:*"]}


def test_clients_sign_for_the_function_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: every call of a client that follows the page is answered with 403."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    (code,) = blocks(FUNCTIONS, "python")
    code, asked = code.replace("<id>", "abc"), "faces.create_collection("
    scope: dict[str, Any] = {}
    exec(code.split(asked)[0], scope)  # noqa: S102 - our own page

    def stop(request: Any, **_: object) -> None:
        raise _Sent(request.url, request.headers["Authorization"].decode())

    scope["faces"].meta.events.register("before-send.rekognition", stop)
    with pytest.raises(_Sent) as sent:
        exec(asked + code.split(asked)[1], scope)  # noqa: S102
    url, authorization = sent.value.args
    assert url.startswith("https://abc.lambda-url.eu-west-1.on.aws")
    assert "/eu-west-1/lambda/aws4_request" in authorization


def test_files_that_the_page_names_are_there() -> None:
    """Lost: a reader is sent to a page that is not there."""
    root = DOCS.parent
    named = set(
        re.findall(
            r"\b(?:docs|infra|lambdas|service|tests)/[\w./]+(?:md|py|yaml|Dockerfile)",
            DEPLOY + CONTAINER + FUNCTIONS,
        )
    )
    assert [name for name in sorted(named) if not (root / name).exists()] == []
