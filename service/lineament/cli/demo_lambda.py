"""A boto3 client whose requests go through the Lambda entry as events."""

import base64
import importlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

import lineament

SOURCE = Path(lineament.__file__).parents[2]
"""Where lambdas/ lies beside an installation from source."""


class _Body(io.BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_options: object) -> Iterator[bytes]:
        """Yield everything at once."""
        yield self.read()


def lambda_client() -> Any | None:  # noqa: ANN401 - boto3's client
    """Return one that calls the entry in this process, or None where lambdas/ is not beside it."""
    if not (SOURCE / "lambdas" / "api.py").exists():
        return None
    if str(SOURCE) not in sys.path:
        sys.path.append(str(SOURCE))
    entry = importlib.import_module("lambdas.api")
    return client_over(lambda event: json.loads(json.dumps(entry.handler(event, None))))


def client_over(invoke: Callable[[dict[str, Any]], Any]) -> Any:  # noqa: ANN401 - boto3's client
    """Return a client that is signed and parsed by boto3 as ever; between are Function URL events.

    Args:
        invoke: hands an event to the function and returns its answer.
    """

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        answer = invoke(_event(request))
        body = answer["body"]
        raw = base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()
        return AWSResponse(request.url, answer["statusCode"], answer["headers"], _Body(raw))

    client = boto3.client("rekognition")
    client.meta.events.register("before-send.rekognition", send)
    return client


def _event(request: AWSPreparedRequest) -> dict[str, Any]:
    """Return the request as Lambda's payload format 2.0."""
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else bytes(body)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    path = urlsplit(request.url).path
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": headers,
        "requestContext": {"http": {"method": request.method, "path": path}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
