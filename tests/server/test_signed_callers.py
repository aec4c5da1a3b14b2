"""Unmodified clients of a server that verifies signatures, as `lineament serve` starts it."""

import http.client
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.clients.javascript import NODE, PACKAGES
from tests.serving import Server

ACCOUNT = "029608264753"
TARGET = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "RekognitionService.ListCollections",
}


class Deployment:
    """A server, and what makes keys for it."""

    def __init__(self, folder: Path) -> None:
        self._environment = {
            **os.environ,
            "LINEAMENT_TABLE": f"s{uuid.uuid4().hex[:12]}",
            "LINEAMENT_AUTH": "sigv4",
            "LINEAMENT_REGIONS": "us-east-1,eu-west-1",
            "LINEAMENT_ACCESS_KEYS": "table",
            "LINEAMENT_ROOT_KEY": f"file:{folder / 'root.key'}",
        }
        root = folder / "root.key"
        root.touch(0o600)
        root.write_text(self.keys("root"))
        self.key = self.made()
        self.server = Server(folder / "log", self._environment)

    def keys(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "lineament", "keys", *arguments]
        done = subprocess.run(
            command, env=self._environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def made(self, *more: str) -> dict[str, str]:
        who = ("--account", ACCOUNT, "--user", "door", "--policy", "full-access")
        told = json.loads(self.keys("create", *who, "--json", *more))
        return {
            "aws_access_key_id": told["AccessKeyId"],
            "aws_secret_access_key": told["SecretAccessKey"],
            **({"aws_session_token": told["SessionToken"]} if "SessionToken" in told else {}),
        }

    def client(self, url: str | None = None, **change: str) -> Any:
        config = Config(retries={"max_attempts": 0})
        return boto3.client(
            "rekognition",
            endpoint_url=url or self.server.url,
            config=config,
            **{"region_name": "eu-west-1", **self.key, **change},
        )

    def signed(
        self, body: bytes = b"{}", at: float | None = None, **headers: str
    ) -> dict[str, str]:
        """Return the headers of a ListCollections as botocore signs it, its Host included."""
        host = headers.pop("host", urlsplit(self.server.url).netloc)
        request = AWSRequest("POST", f"http://{host}/", {**TARGET, **headers}, body)
        moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
        with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
            key = Credentials(self.key["aws_access_key_id"], self.key["aws_secret_access_key"])
            SigV4Auth(key, "rekognition", "eu-west-1").add_auth(request)
        return {"Host": host, **dict(request.headers.items())}

    def send(
        self, headers: dict[str, str], body: bytes = b"{}", path: str = "/"
    ) -> tuple[int, str]:
        """Return the status and the error's code of a request that goes out as it is."""
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        return answer.status, told.get("__type", "")


@pytest.fixture(scope="module")
def deployment(aws_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    assert aws_endpoint
    made = Deployment(tmp_path_factory.mktemp("signed"))
    yield made
    made.server.stop()


def refused(client: Any) -> str:
    with pytest.raises(ClientError) as caught:
        client.list_collections()
    return str(caught.value.response["Error"]["Code"])


def works(client: Any) -> bool:
    try:
        client.list_collections()
    except ClientError:
        return False
    return True


def test_au01_a_right_key(deployment: Deployment) -> None:
    """Lost: an unmodified boto3, on a port of its own, is locked out."""
    made = deployment.client().create_collection(CollectionId="signed")
    assert made["CollectionArn"].startswith(f"arn:aws:rekognition:eu-west-1:{ACCOUNT}:")
    assert deployment.client().list_collections()["CollectionIds"] == ["signed"]


@pytest.mark.parametrize("host", ["faces.example", "faces.example:8443", "[::1]:9000"])
def test_au01_a_proxy_that_keeps_the_host(deployment: Deployment, host: str) -> None:
    """Lost: behind a proxy nobody's signature is right."""
    assert deployment.send(deployment.signed(host=host)) == (200, "")
    rewritten = {**deployment.signed(host=host), "Host": urlsplit(deployment.server.url).netloc}
    assert deployment.send(rewritten) == (400, "InvalidSignatureException")


def test_au02_and_au03_wrong_secret_and_unknown_key(deployment: Deployment) -> None:
    """Lost: whoever reaches the port may call."""
    wrong = deployment.client(aws_secret_access_key="x" * 40)
    assert refused(wrong) == "InvalidSignatureException"
    for unknown in ("AKIAQNZGKIQY56JQ7WML", ACCOUNT):
        code = refused(deployment.client(aws_access_key_id=unknown))
        assert code == "UnrecognizedClientException"


def test_au05_a_changed_body_or_operation(deployment: Deployment) -> None:
    """Lost: somebody between client and server turns a list into a deletion."""
    headers = deployment.signed()
    assert deployment.send(headers, b'{"a":1}') == (400, "InvalidSignatureException")
    other = {**headers, "X-Amz-Target": "RekognitionService.DeleteCollection"}
    assert deployment.send(other) == (400, "InvalidSignatureException")
    assert deployment.send(headers, path="/?a=1") == (400, "InvalidSignatureException")
    assert deployment.send(headers) == (200, "")


@pytest.mark.parametrize("minutes", [-10, 10])
def test_au06_clocks(deployment: Deployment, minutes: int) -> None:
    """Lost: a recorded request can be played again."""
    headers = deployment.signed(at=time.time() + minutes * 60)
    assert deployment.send(headers) == (400, "InvalidSignatureException")


def test_au08_temporary_keys(deployment: Deployment) -> None:
    """Lost: a temporary key works without its token, or not at all."""
    temporary = deployment.made("--expires-in", "1h")
    assert "signed" in deployment.client(**temporary).list_collections()["CollectionIds"]
    bogus = {**temporary, "aws_session_token": "bogus"}
    assert refused(deployment.client(**bogus)) == "UnrecognizedClientException"
    code = refused(deployment.client(aws_session_token="bogus"))
    assert code == "UnrecognizedClientException"


def test_another_partition(deployment: Deployment) -> None:
    """Lost: who signs for cn-north-1 walks around every Deny on `arn:aws:...`."""
    assert refused(deployment.client(region_name="cn-north-1")) == "InvalidSignatureException"


def test_only_with_tls(deployment: Deployment, tmp_path: Path) -> None:
    """Lost: a Deny of what comes without TLS denies nothing."""
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    policy = tmp_path / "tls.json"
    policy.write_text(json.dumps({"Statement": [{**deny, "Condition": plain}]}))
    client = deployment.client(**deployment.made("--policy", str(policy)))
    assert refused(client) == "AccessDeniedException"

    def through_a_proxy(request: Any, **_: Any) -> None:
        request.headers["X-Forwarded-Proto"] = "https"

    client.meta.events.register("before-send.rekognition", through_a_proxy)
    assert works(client)


@pytest.mark.parametrize(
    ("operator", "answer"), [("NotIpAddress", "works"), ("IpAddress", "AccessDeniedException")]
)
def test_only_from_an_address(
    deployment: Deployment, tmp_path: Path, operator: str, answer: str
) -> None:
    """Lost: a key that may be used from one network is used from everywhere, or by a header."""
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    here = {operator: {"aws:SourceIp": "127.0.0.0/8"}}
    policy = tmp_path / "address.json"
    policy.write_text(json.dumps({"Statement": [{**deny, "Condition": here}]}))
    client = deployment.client(**deployment.made("--policy", str(policy)))

    def said(request: Any, **_: Any) -> None:
        request.headers["X-Forwarded-For"] = "203.0.113.9"

    client.meta.events.register("before-send.rekognition", said)
    assert answer == ("works" if works(client) else refused(client))


def test_no_header_changes_the_path(deployment: Deployment) -> None:
    """Lost: a header that nobody signed says which operation is meant."""
    for name in ("SCRIPT_NAME", "PATH_INFO"):
        told = deployment.send({**deployment.signed(), name: "/DeleteCollection"})
        assert told == (200, "")
    renamed = {**deployment.signed(), "SCRIPT_NAME": "/prefix"}
    assert deployment.send(renamed, path="/prefix/") == (404, "UnknownOperationException")


def test_header_fields_in_odd_forms(deployment: Deployment) -> None:
    """Lost: a field with spaces, or one that a proxy adds unsigned, breaks the signature."""
    headers = deployment.signed(**{"My-Field": "a   b ,  c"})
    spaced = {
        name: f"  {value} " if name == "My-Field" else value for name, value in headers.items()
    }
    added = {"X-Forwarded-For": "10.0.0.1", "Via": "1.1 proxy", "X-Amzn-Trace-Id": "Root=1"}
    assert deployment.send({**spaced, **added}) == (200, "")
    # With an underscore it would become the same variable as the signed field.
    assert deployment.send({**headers, "X_Amz_Target": TARGET["X-Amz-Target"][:-1]}) == (200, "")


def test_javascript(deployment: Deployment) -> None:
    """Lost: AWS's SDK for JavaScript, which signs more fields than boto3, is locked out."""
    script = """
    const { RekognitionClient, ListCollectionsCommand } = require("@aws-sdk/client-rekognition");
    const [endpoint, region] = process.argv.slice(1);
    new RekognitionClient({ endpoint, region }).send(new ListCollectionsCommand({}))
      .then((told) => console.log(JSON.stringify(told)));
    """
    for key in (deployment.key, deployment.made("--expires-in", "1h")):
        environment = {name.upper(): value for name, value in key.items()}
        told = subprocess.run(
            [str(NODE), "-e", script, deployment.server.url, "eu-west-1"],
            env={**os.environ, **environment, "NODE_PATH": str(PACKAGES)},
            check=True,
            capture_output=True,
        )
        assert "signed" in json.loads(told.stdout)["CollectionIds"]


def test_aws_cli(deployment: Deployment) -> None:
    """Lost: AWS's command line, which signs as boto3 does, is locked out."""
    made = subprocess.run(
        [
            str(Path(sys.executable).with_name("aws")),
            *("rekognition", "list-collections", "--region", "eu-west-1"),
            *("--endpoint-url", deployment.server.url),
        ],
        env={
            **os.environ,
            "AWS_ACCESS_KEY_ID": deployment.key["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": deployment.key["aws_secret_access_key"],
        },
        check=True,
        capture_output=True,
    )
    assert "signed" in json.loads(made.stdout)["CollectionIds"]


def test_revoked_within_five_seconds(deployment: Deployment) -> None:
    """Lost: a stolen key goes on working in servers that are under way."""
    stolen = deployment.made()
    client = deployment.client(**stolen)
    client.list_collections()
    deployment.keys("revoke", "--id", stolen["aws_access_key_id"])
    revoked = time.monotonic()
    while time.monotonic() - revoked < 5 and works(client):
        pass
    assert refused(client) == "UnrecognizedClientException"
    deployment.client().list_collections()
