"""HTTP requests as Lambda hands them over (payload format 2.0), and answers to them.

Where a Function URL or an API Gateway HTTP API lets in only whom IAM knows (AWS_IAM), clients sign
for `lambda` or `execute-api` in place of `rekognition`, and the account is the one that IAM found.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from lineament.wire.http import HttpRequest, HttpResponse, IamCaller

Event = Mapping[str, Any]
Answer = dict[str, Any]
_SIGNED = re.compile(r"Credential=[^/,]+/\d{8}/([a-z0-9\-]+)/(?:lambda|execute-api)/")
_REGIONAL = re.compile(r"\.(?:lambda-url|execute-api)\.([a-z0-9\-]+)\.")
"""Of a domain; for a front end that keeps the header to itself, which AWS documents for neither."""
_BY_IAM = (
    "AWS4-HMAC-SHA256 Credential={account}/19700101/{region}/rekognition/aws4_request, "
    "SignedHeaders=host, Signature=of-iam"
)


def to_request(event: Event) -> HttpRequest:
    """Read a payload 2.0 event. API Gateway puts a named stage before the path; it is dropped."""
    context = _mapping(event, "requestContext")
    stage = f"/{context.get('stage', '$default')}/"
    sent = path = str(_mapping(event).get("rawPath") or "/")
    if f"{path}/".startswith(stage):
        path = "/" + path[len(stage) :]
    headers = {str(name): str(value) for name, value in _mapping(event, "headers").items()}
    iam = _mapping(_mapping(context, "authorizer"), "iam")
    account, domain = str(iam.get("accountId", "")), str(context.get("domainName", ""))
    region = _SIGNED.search(headers.get("authorization", "")) or _REGIONAL.search(domain)
    found = None
    if account and region:
        headers["authorization"] = _BY_IAM.format(account=account, region=region[1])
        key, arn = (str(iam.get(name) or "") for name in ("accessKey", "userArn"))
        found = IamCaller(account, region[1], key or account, arn)
    http = _mapping(context, "http")
    return HttpRequest(
        str(http.get("method", "")),
        path,
        headers,
        _body(_mapping(event)),
        query=str(_mapping(event).get("rawQueryString") or ""),
        sent_path=sent,
        source_ip=str(http.get("sourceIp") or ""),
        secure=True,  # AWS's front ends answer nothing else.
        iam=found,
    )


def from_response(response: HttpResponse) -> Answer:
    """Write an answer: text as it is, anything else as base64."""
    answer: Answer = {"statusCode": response.status, "headers": response.headers}
    try:
        return {**answer, "body": response.body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        encoded = base64.b64encode(response.body).decode()
        return {**answer, "body": encoded, "isBase64Encoded": True}


def _body(event: Event) -> bytes:
    text = str(event.get("body") or "")
    body = text.encode(errors="surrogatepass")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return body  # no JSON either: the application says so


def _mapping(event: object, member: str | None = None) -> Event:
    value = event.get(member) if member and isinstance(event, Mapping) else event
    return value if isinstance(value, Mapping) else {}
