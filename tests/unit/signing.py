"""Requests as botocore signs them, and an access key for them."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lineament.auth.credentials import AccessKey
from lineament.wire.http import HttpRequest

NOW = datetime(2026, 11, 28, 2, 15, tzinfo=UTC).timestamp()
KEY = AccessKey(
    access_key_id="AKIAQNZGKIQY56JQ7WML",
    account="029608264753",
    user="door",
    secret="s3cr3t/s3cr3t+s3cr3t/s3cr3t+s3cr3t/abcd",
    policies=("full-access",),
    created=NOW - 60,
)
TARGET = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "RekognitionService.ListCollections",
}


class OneKey:
    """Credentials of one key, whatever is asked for, or of none."""

    def __init__(self, key: AccessKey | None) -> None:
        self.key = key
        self.asked: list[str] = []

    def find(self, access_key_id: str) -> AccessKey | None:
        self.asked.append(access_key_id)
        return self.key


def boto_signed(  # noqa: PLR0913 - what a signature covers
    body: bytes,
    *,
    host: str = "faces.example:8443",
    fields: Mapping[str, str] | None = None,
    region: str = "us-east-1",
    path: str = "/",
    query: str = "",
    token: str | None = None,
    key: AccessKey = KEY,
    now: float = NOW,
) -> HttpRequest:
    """Return the request that botocore's own SigV4Auth signs, as it arrives."""
    url = f"http://{host}{path}" + (f"?{query}" if query else "")
    request = AWSRequest("POST", url, {**TARGET, **(fields or {})}, body)
    moment = datetime.fromtimestamp(now, UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        credentials = Credentials(key.access_key_id, key.secret, token)
        SigV4Auth(credentials, "rekognition", region).add_auth(request)
    headers = {"Host": host, **dict(request.headers.items())}
    return HttpRequest("POST", "/", headers, body, query=query, sent_path=path)


def flip(text: bytes, chance: random.Random) -> bytes:
    """Return the bytes with one changed into another letter or digit, or byte."""
    place = chance.randrange(len(text))
    other = chance.choice([each for each in b"abcXYZ019" if each != text[place]])
    return text[:place] + bytes([other]) + text[place + 1 :]
