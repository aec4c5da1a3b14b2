"""Issue 2: clients that hang up. After each, the server still answers."""

import base64
import json
import socket
from urllib.parse import urlsplit

import pytest

from tests.conformance import transports
from tests.conformance.album import Album


@pytest.mark.parametrize("when", ["in the headers", "in the body", "before the answer"])
def test_client_that_hangs_up(server_url: str, album: Album, when: str) -> None:
    """Lost: clients that give up take the server's threads with them."""
    address = urlsplit(server_url)
    body = json.dumps({"Image": {"Bytes": base64.b64encode(album.a1).decode()}}).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: RekognitionService.DetectFaces\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/rekognition/"
        f"aws4_request, SignedHeaders=host, Signature=0\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    sent = {
        "in the headers": head[:60],
        "in the body": head + body[:1000],
        "before the answer": head + body,
    }[when]
    for _ in range(6):  # more than the server has threads
        with socket.create_connection((address.hostname or "", address.port or 0), 30) as client:
            client.sendall(sent)
    c = transports.client(transports.over_http(server_url), server_url, "123456789012")
    assert len(c.detect_faces(Image={"Bytes": album.small})["FaceDetails"]) == 1
