"""Three ways to the same handlers: in process, over HTTP, and as a Lambda event.

A transport sends an HttpRequest and returns an HttpResponse. `client` makes an unmodified boto3
client whose requests take that way.
"""

import base64
import http.client
import io
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from lineament.wire.http import HttpRequest, HttpResponse

Transport = Callable[[HttpRequest], HttpResponse]
LambdaHandler = Callable[[dict[str, Any], object], dict[str, Any]]


def over_http(url: str) -> Transport:
    """Return a transport to a server."""
    address = urlsplit(url)

    def send(request: HttpRequest) -> HttpResponse:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        connection.request(request.method, request.path, request.body, dict(request.headers))
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return HttpResponse(answer.status, dict(answer.getheaders()), body)

    return send


def as_lambda_event(handler: LambdaHandler) -> Transport:
    """Return a transport that wraps requests as Function URL events (payload format 2.0)."""

    def send(request: HttpRequest) -> HttpResponse:
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": request.path,
            "rawQueryString": "",
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "requestContext": {"http": {"method": request.method, "path": request.path}},
            "body": base64.b64encode(request.body).decode(),
            "isBase64Encoded": True,
        }
        answer = handler(json.loads(json.dumps(event)), None)
        answer = json.loads(json.dumps(answer))
        body = answer.get("body", "")
        raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        return HttpResponse(answer["statusCode"], answer["headers"], raw)

    return send


class _Body(io.BytesIO):
    """What botocore reads a response from."""

    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def client(
    transport: Transport,
    url: str | None,
    account: str,
    region: str = "us-east-1",
    secret: tuple[str, str | None] = ("any", None),
    **options: Any,
) -> Any:
    """Return an unmodified boto3 client of an account, without retries.

    Args:
        transport: carries the client's requests where `url` is None.
        url: of a server that boto3's own HTTP client calls.
        account: 12 digits; the access key, which tells the account. Or any other access key.
        region: of the credential scope.
        secret: of the access key, and a session token or None.
        options: further settings of botocore's Config.
    """
    made = _session().client(
        "rekognition",
        aws_access_key_id=account,
        aws_secret_access_key=secret[0],
        aws_session_token=secret[1],
        region_name=region,
        endpoint_url=url or "http://127.0.0.1:1",
        config=Config(retries={"max_attempts": 0}, **options),
    )

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        body, address = request.body or b"", urlsplit(request.url)
        answer = transport(
            HttpRequest(
                method=request.method,
                path=address.path or "/",
                headers={
                    "Host": address.netloc,
                    **{name: _text(value) for name, value in request.headers.items()},
                },
                body=body.encode() if isinstance(body, str) else bytes(body),
            )
        )
        return AWSResponse(request.url, answer.status, answer.headers, _Body(answer.body))

    if url is None:
        made.meta.events.register("before-send.rekognition", send)
    return made


@cache
def _session() -> Any:
    """One session: each new one reads botocore's model files again."""
    return boto3.session.Session()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
