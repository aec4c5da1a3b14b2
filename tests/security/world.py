"""A deployment in this process, behind Flask, whose callers sign or need not."""

import json
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from flask import Flask

from lineament import config
from lineament.app import Application, build_application
from lineament.auth.derivation import new_root_key
from lineament.domain.counts import Counts
from lineament.server.app import create_server
from lineament.server.background import Background
from lineament.server.metrics import offered
from lineament.testing import Faces
from lineament.testing.engine import DeclaredEngine
from lineament.testing.service import declared_model, declaring
from tests.emulated import variables_of

ACCOUNT = "029608264753"
KEY = "AKIAQNZGKIQY56JQ7WML"
TEMPORARY = "ASIAQNZGKIQY56JQ7WML"
SECRET = "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"
TOKEN = "FwoGZXIvYXdzEJr//a-session-token-that-nobody-may-read-in-a-log"
HOST = "localhost"
BODY_CAP = 1 << 20


@dataclass(frozen=True)
class World:
    """One application, as its callers and as its operator have it."""

    application: Application
    server: Flask
    faces: Faces
    """What pictures hold."""
    root_key: str
    """In base64; empty where nobody signs."""

    def call(
        self, operation: str, body: Mapping[str, Any] | bytes, headers: Mapping[str, str] = {}
    ) -> Any:
        """Send a request, signed where that counts, and return Flask's answer.

        Args:
            operation: its name.
            body: JSON, or bytes as they are.
            headers: in place of the signed ones of the same name, or beside them.
        """
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = sign(sent, {"X-Amz-Target": f"RekognitionService.{operation}"})
        return self.send({**signed, **headers}, sent)

    def send(self, headers: Mapping[str, str], body: bytes = b"", path: str = "/") -> Any:
        """POST as it is."""
        return self.server.test_client().post(path, headers=dict(headers), data=body)


def sign(
    body: bytes,
    headers: Mapping[str, str] = {},
    *,
    key: tuple[str, str, str | None] = (KEY, SECRET, None),
    path: str = "/",
    region: str = "us-east-1",
) -> dict[str, str]:
    """Return the headers of a POST as botocore signs it now."""
    request = AWSRequest("POST", f"http://{HOST}{path}", dict(headers), body)
    SigV4Auth(Credentials(*key), "rekognition", region).add_auth(request)
    return {"Host": HOST, **{name: str(value) for name, value in request.headers.items()}}


def build(
    folder: Path,
    endpoint: str,
    *,
    auth: str,
    more_keys: Sequence[Mapping[str, Any]] = (),
    **settings: str,
) -> World:
    """Make a deployment on tables of its own.

    Args:
        folder: an empty one, for its secrets.
        endpoint: of an emulated AWS.
        auth: LINEAMENT_AUTH. With sigv4 there are two access keys, and a trail is kept.
        more_keys: as docs/keys.md has them.
        settings: as LINEAMENT_<NAME> has them, by name in lower case.
    """
    root = new_root_key()
    given = {"auth": auth, "table": f"w{uuid.uuid4().hex[:12]}", "max_body_bytes": str(BODY_CAP)}
    if auth == "sigv4":
        given |= {
            "access_keys": f"file:{key_file(folder, more_keys)}",
            "root_key": f"file:{_private(folder / 'root.key', root)}",
        }
    variables = {
        f"{config.PREFIX}{name.upper()}": value for name, value in {**given, **settings}.items()
    }
    loaded = config.load({**os.environ, **variables_of(endpoint), **variables})
    faces, model = Faces(), declared_model(loaded.profile)
    faces.open()
    engine = DeclaredEngine(faces, model, "no faces")
    application = build_application(loaded, adapt=declaring(engine, model))
    application.make_tables()
    background = cast("Background", SimpleNamespace(ready=True, reason=""))
    metrics = offered(Counts(), "on", 1)
    server = create_server(application, background, BODY_CAP, metrics=metrics)
    return World(application, server, faces, root if auth == "sigv4" else "")


def key_file(folder: Path, more: Sequence[Mapping[str, Any]] = ()) -> Path:
    """Write the two access keys, and more of them, into a folder."""
    common = {"secret": SECRET, "account": ACCOUNT, "user": "door", "policies": ["full-access"]}
    lasting = {"id": KEY, **common, "created": "2026-11-01T00:00:00Z"}
    temporary = {
        **lasting,
        "id": TEMPORARY,
        "expires": "2099-01-01T00:00:00Z",
        "token_sha256": sha256(TOKEN.encode()).hexdigest(),
    }
    return _private(folder / "keys.json", json.dumps([lasting, temporary, *more]))


def _private(path: Path, text: str) -> Path:
    path.touch(0o600)
    path.write_text(text)
    return path
