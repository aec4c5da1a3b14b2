"""A real boto3 client whose requests reach a Python function and not the network."""

import io
from collections.abc import Callable

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.config import Config

from lineament.wire.http import Headers, HttpRequest, HttpResponse

ACCOUNT = "111122223333"


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> list[bytes]:
        return [self.read()]


def boto_client(
    answer: Callable[[HttpRequest], HttpResponse], region: str = "eu-west-1"
) -> BaseClient:
    """Return an unmodified client, without retries, whose calls `answer` serves."""
    client = boto3.client(
        "rekognition",
        region_name=region,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="any",
        endpoint_url="http://127.0.0.1:9",
        config=Config(retries={"max_attempts": 0}),
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
