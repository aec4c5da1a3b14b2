"""Clients whose requests IAM checks before the function sees them."""

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from lambdas.api import make_handler
from lambdas.url_events import to_request
from lineament.app import Application
from lineament.auth.scope import caller
from lineament.errors import InvalidSignatureException
from tests.lambdas.test_api_event import HEADERS, _event

ACCOUNT = "210987654321"


def _context(**iam: str) -> dict[str, Any]:
    return {"stage": "$default", "http": {"method": "POST"}, "authorizer": {"iam": iam}}


def _signed(service: str) -> dict[str, str]:
    header = HEADERS["authorization"].replace("/rekognition/", f"/{service}/")
    return {**HEADERS, "authorization": header}


@pytest.mark.parametrize("service", ["lambda", "execute-api"])
def test_account_is_the_one_that_iam_found(service: str) -> None:
    """Lost: behind AWS_IAM no call works, or everybody claims the account they like."""
    event = _event(headers=_signed(service), requestContext=_context(accountId=ACCOUNT))
    principal, scope = caller(to_request(event).headers, "000000000000")
    assert (principal.account, scope.account, scope.region) == (ACCOUNT, ACCOUNT, "us-east-1")


@pytest.mark.parametrize(
    "domain", ["id.lambda-url.eu-west-1.on.aws", "id.execute-api.eu-west-1.amazonaws.com"]
)
def test_header_may_stay_at_the_front_end(domain: str) -> None:
    """Lost: a front end that has checked the signature and keeps it lets nobody in."""
    headers = {name: value for name, value in HEADERS.items() if name != "authorization"}
    context = {**_context(accountId=ACCOUNT), "domainName": domain}
    request = to_request(_event(headers=headers, requestContext=context))
    _, scope = caller(request.headers, "000000000000")
    assert (scope.account, scope.region) == (ACCOUNT, "eu-west-1")


@pytest.mark.parametrize("context", [{}, {"authorizer": 3}, {"authorizer": {"iam": None}}])
def test_signature_for_another_service_counts_only_where_iam_checked_it(
    context: dict[str, Any],
) -> None:
    """Lost: behind a public address, a signature that nobody checked looks like one of IAM's."""
    event = _event(headers=_signed("lambda"), requestContext=context)
    with pytest.raises(InvalidSignatureException):
        caller(to_request(event).headers, "000000000000")


def test_boto3_signs_for_lambda_by_one_hook(application: Application) -> None:
    """Lost: what docs/deploy.md tells users of a Function URL with AWS_IAM does not work."""
    seen: list[str] = []

    def sign_for_lambda(context: dict[str, Any], **_: object) -> None:
        context.setdefault("signing", {})["signing_name"] = "lambda"

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        seen.append(headers["authorization"])
        body = (request.body or b"").decode()
        event = _event(headers=headers, body=body, requestContext=_context(accountId=ACCOUNT))
        answer = make_handler(application)(json.loads(json.dumps(event)), None)

        class Raw:
            def stream(self, **_options: object) -> Any:
                yield answer["body"].encode()

        return AWSResponse(request.url, answer["statusCode"], answer["headers"], Raw())

    client = boto3.client("rekognition", endpoint_url="https://id.lambda-url.us-east-1.on.aws")
    client.meta.events.register("before-parameter-build.rekognition", sign_for_lambda)
    client.meta.events.register("before-send.rekognition", send)
    created = client.create_collection(CollectionId="signed-for-lambda")
    assert created["CollectionArn"].split(":")[4] == ACCOUNT
    client.delete_collection(CollectionId="signed-for-lambda")
    assert all("/us-east-1/lambda/aws4_request" in header for header in seen)
