"""Signatures of clients that call a function's own URL, verified as the adapter hands them over."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdas.url_events import to_request
from lineament.auth.authenticator import Authenticator
from lineament.errors import FrameworkError, InvalidSignatureException
from tests.unit.signing import KEY, NOW, TARGET, OneKey

URL = "https://id.lambda-url.us-east-1.on.aws"
BODY = json.dumps({"CollectionId": "caf\u00e9"}, ensure_ascii=False).encode()
ACCOUNT = "210987654321"
ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/door/session"


def event(url: str, stage: str = "$default", **context: Any) -> dict[str, Any]:
    """Return the event that a request becomes which botocore signed for `url`."""
    request = AWSRequest("POST", url, dict(TARGET), BODY)
    with mock.patch(
        "botocore.auth.get_current_datetime", return_value=datetime.fromtimestamp(NOW, UTC)
    ):
        key = Credentials(KEY.access_key_id, KEY.secret)
        SigV4Auth(key, "rekognition", "us-east-1").add_auth(request)
    host, _, path = url.removeprefix("https://").partition("/")
    path, _, query = path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    http = {"method": "POST", "sourceIp": "203.0.113.9"}
    return {
        "version": "2.0",
        "rawPath": f"/{path}",
        "rawQueryString": query,
        "headers": {**headers, "host": host, "x-forwarded-for": "203.0.113.9"},
        "requestContext": {"stage": stage, "http": http, "domainName": host, **context},
        "body": base64.b64encode(BODY).decode(),
        "isBase64Encoded": True,
    }


@pytest.mark.parametrize(
    ("url", "stage"),
    [
        (f"{URL}/", "$default"),
        (f"{URL}/?a=1&b=", "$default"),
        ("https://id.execute-api.us-east-1.amazonaws.com/prod/", "prod"),
        ("https://faces.example/", "$default"),
    ],
)
def test_what_a_client_signs_for_the_functions_url_is_accepted(url: str, stage: str) -> None:
    """Lost: behind a Function URL or a named stage of API Gateway nobody's signature is right."""
    request = to_request(event(url, stage))
    principal, scope, _ = Authenticator(OneKey(KEY)).authenticate(request, NOW)
    assert (principal.name, scope.account, scope.region) == (KEY.user, KEY.account, "us-east-1")
    assert (request.path, request.source_ip, request.iam) == ("/", "203.0.113.9", None)
    assert request.secure


@pytest.mark.parametrize("part", ["body", "host", "rawQueryString"])
def test_a_changed_event_is_refused(part: str) -> None:
    """Lost: what stands between client and function may change a request."""
    changed = event(f"{URL}/")
    if part == "host":
        changed["headers"]["host"] = "other.example"
    else:
        changed[part] = {"body": "e30=", "rawQueryString": "a=1"}[part]
    with pytest.raises(InvalidSignatureException):
        Authenticator(OneKey(KEY)).authenticate(to_request(changed), NOW)


def test_iams_word_is_taken_from_the_event_alone() -> None:
    """Lost: behind AWS_IAM nobody is known; or a header is believed as if IAM had written it."""
    iam = {"accountId": ACCOUNT, "userArn": ARN, "accessKey": "ASIAQNZGKIQY56JQ7WML"}
    found = to_request(event(f"{URL}/", authorizer={"iam": iam}))
    authenticator = Authenticator(OneKey(KEY), iam_policies=("read-only",))
    principal, scope, key = authenticator.authenticate(found, NOW)
    assert (principal.arn, principal.access_key_id) == (ARN, iam["accessKey"])
    assert (scope.account, scope.region, key.policies) == (ACCOUNT, "us-east-1", ("read-only",))
    forged = event(f"{URL}/")
    forged["headers"]["authorization"] = found.headers["authorization"]
    with pytest.raises(FrameworkError):
        authenticator.authenticate(to_request(forged), NOW)
