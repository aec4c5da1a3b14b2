"""A real boto3 client whose requests reach a Python function and not the network."""

import io
from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.config import Config

from lineament.wire.http import Headers, HttpRequest, HttpResponse

ACCOUNT = "111122223333"
REQUEST_ID = "0a1b2c3d-0000-4000-8000-0123456789ab"


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> list[bytes]:
        return [self.read()]


def boto_client(
    answer: Callable[[HttpRequest], HttpResponse], region: str = "eu-west-1", **options: Any
) -> BaseClient:
    """Return an unmodified client, without retries, whose calls `answer` serves.

    Args:
        answer: stands for the service; what it returns is held to the promises.
        region: of the credential scope.
        options: further settings of botocore's Config.
    """
    client = boto3.client(
        "rekognition",
        region_name=region,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="any",
        endpoint_url="http://127.0.0.1:9",
        config=Config(retries={"max_attempts": 0}, **options),
    )

    def serve(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        headers = Headers(
            (name, value.decode() if isinstance(value, bytes) else value)
            for name, value in request.headers.items()
        )
        reply = answer(HttpRequest(request.method, "/", headers, body))
        return AWSResponse(
            request.url, reply.status, Headers(reply.headers.items()), _Raw(reply.body)
        )

    client.meta.events.register("before-send.rekognition", serve)
    return client
