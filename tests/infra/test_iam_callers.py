"""Callers whom AWS's IAM has let in before a deployed function."""

import json

from lambdas import container
from tests.emulated import set_meanwhile
from tests.infra.stack import ACCOUNT, REGION, Stack, inside_moto

IAM = {"accountId": ACCOUNT, "userArn": f"arn:aws:iam::{ACCOUNT}:user/ann", "accessKey": "AKIA"}


def test_callers_whom_iam_knows_may_do_what_their_policies_say() -> None:
    """Lost: behind IAM nobody may do anything; or read-only is a word."""
    with inside_moto():
        stack = Stack(UrlAuth="AWS_IAM", IamPolicies="read-only")
        with set_meanwhile(stack.environment("Api")):
            container.forget()
            try:
                assert status(stack, "ListCollections", {}) == 200
                assert status(stack, "CreateCollection", {"CollectionId": "a"}) == 400
            finally:
                container.forget()


def status(stack: Stack, operation: str, asked: dict[str, str]) -> int:
    """Return the status of a call as a Function URL hands it over once IAM has let it in."""
    signed = f"AWS4-HMAC-SHA256 Credential=AKIA/20261128/{REGION}/lambda/aws4_request"
    answer = stack.entry("Api")(
        {
            "version": "2.0",
            "rawPath": "/",
            "headers": {
                "x-amz-target": f"RekognitionService.{operation}",
                "content-type": "application/x-amz-json-1.1",
                "authorization": signed,
            },
            "requestContext": {
                "http": {"method": "POST", "path": "/"},
                "authorizer": {"iam": IAM},
            },
            "body": json.dumps(asked),
            "isBase64Encoded": False,
        },
        None,
    )
    return int(answer["statusCode"])
