"""Nothing that is secret, and nobody's face, stands in what a server writes or answers."""

import base64
import contextlib
import json
import os
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lineament.auth.derivation import new_root_key
from lineament.cli.emulator import LOOPBACK
from lineament.domain.faces import Vector
from lineament.storage import entries
from lineament.storage.provision import connect
from tests.emulated import emulated, set_meanwhile, variables_of
from tests.security.traces import found
from tests.security.world import ACCOUNT, KEY, SECRET, TEMPORARY, TOKEN, key_file
from tests.serving import Server

pytestmark = pytest.mark.provokes_faults
BUCKET = "secrecy"


@dataclass
class Session:
    """What was done with a server, and all that came of it."""

    server: Server
    written: bytes = b""
    """Errors that clients were told, and what stands in the audit trail and its anchors."""
    secrets: dict[str, bytes] = field(default_factory=dict)
    vectors: dict[str, Vector] = field(default_factory=dict)

    def client(self, key: str = KEY, secret: str = SECRET, token: str | None = None) -> Any:
        made = boto3.client(
            "rekognition",
            region_name="us-east-1",
            endpoint_url=self.server.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}, parameter_validation=False),
        )

        def note(request: Any, **_: Any) -> None:
            said = request.headers["Authorization"]
            said = said.decode() if isinstance(said, bytes) else said
            signature = said.rpartition("Signature=")[2]
            self.secrets[f"signature {len(self.secrets)}"] = signature.encode()

        made.meta.events.register("before-send.rekognition", note)
        return made

    def refused(self, call: Any, **params: Any) -> None:
        """Make a call that has to fail, and keep what the client is told."""
        with pytest.raises(ClientError) as caught:
            call(**params)
        if "failed to satisfy constraint" in str(caught.value):
            return  # Repeats a value of the wrong member to who sent it, as AWS does.
        self.written += json.dumps(caught.value.response, default=str).encode()

    def raw(self, *lines: str, body: bytes = b"") -> None:
        """Send what is no request, and keep the answer."""
        with socket.create_connection((LOOPBACK, self.server.port), 30) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            with contextlib.suppress(OSError):  # The server may have refused and hung up already.
                connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                while piece := connection.recv(65536):
                    self.written += piece


@pytest.fixture(scope="module")
def session(photo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Return a session with all that goes right and wrong, at the most talkative level."""
    folder = tmp_path_factory.mktemp("secrecy")
    root, table = new_root_key(), f"t{uuid.uuid4().hex[:12]}"
    (folder / "root.key").touch(0o600)
    (folder / "root.key").write_text(root)
    settings = {
        "AUTH": "sigv4",
        "ACCESS_KEYS": f"file:{key_file(folder)}",
        "ROOT_KEY": f"file:{folder / 'root.key'}",
        "TABLE": table,
        "LOG_LEVEL": "DEBUG",
        "SNAPSHOT_BUCKET": BUCKET,
        "HOUSEKEEPING_SECONDS": "1",
    }
    named = {f"LINEAMENT_{name}": value for name, value in settings.items()}
    with contextlib.ExitStack() as stack:
        emulator = stack.enter_context(contextlib.ExitStack())
        url = emulator.enter_context(emulated(ministack=False))
        environment = {**variables_of(url), "AWS_DEFAULT_REGION": "us-east-1", **named}
        stack.enter_context(set_meanwhile(environment))
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        made = Session(Server(folder / "log", os.environ))
        stack.callback(made.server.kill)
        pictures = [(photo_dir / name).read_bytes() for name in ("obama.jpg", "biden.jpg")]
        made.secrets |= {
            "secret key": SECRET.encode(),
            "session token": TOKEN.encode(),
            "root key": base64.b64decode(root),
            "root key, in base64": root.encode(),
            **{f"picture {number}": picture for number, picture in enumerate(pictures)},
        }
        _go_right(made, pictures)
        _go_wrong(made, pictures[0])
        made.vectors = _stored_vectors(table)
        made.written += _stored_trail(table)
        emulator.close()  # DynamoDB and S3 are gone.
        _go_on_without(made, pictures)
        made.server.kill()
        made.written += made.server.log.read_bytes()
        yield made


def _go_right(session: Session, pictures: list[bytes]) -> None:
    for c in (session.client(), session.client(TEMPORARY, SECRET, TOKEN)):
        name = {"CollectionId": f"people-{len(session.secrets)}"}
        c.create_collection(**name, Tags={"team": "red"})
        for picture in pictures:
            c.index_faces(**name, Image={"Bytes": picture}, DetectionAttributes=["ALL"])
        answer = c.search_faces_by_image(**name, Image={"Bytes": pictures[0]})
        face_id = answer["FaceMatches"][0]["Face"]["FaceId"]
        c.search_faces(**name, FaceId=face_id)
        c.create_user(**name, UserId="ada")
        c.associate_faces(**name, UserId="ada", FaceIds=[face_id])
        c.search_users_by_image(**name, Image={"Bytes": pictures[0]})
        c.list_faces(**name)
    c.compare_faces(SourceImage={"Bytes": pictures[0]}, TargetImage={"Bytes": pictures[1]})
    c.detect_faces(Image={"Bytes": pictures[1]}, Attributes=["ALL"])


def _go_wrong(session: Session, picture: bytes) -> None:
    c = session.client()
    for bad in (picture[: len(picture) // 2], picture[9:], base64.b64encode(picture)):
        session.refused(c.detect_faces, Image={"Bytes": bad})
    damaged = bytearray(picture)
    damaged[len(picture) // 3 : len(picture) // 3 + 900] = bytes(900)
    with contextlib.suppress(ClientError):
        c.detect_faces(Image={"Bytes": bytes(damaged)})
    text = base64.b64encode(picture).decode()
    session.refused(c.search_faces, CollectionId="none", FaceId=text)
    session.refused(c.detect_faces, Image={"S3Object": {"Bucket": BUCKET, "Name": "none.jpg"}})
    session.refused(c.detect_faces, Image={"Bytes": picture * 200})
    session.refused(session.client(secret=SECRET[::-1]).list_collections)
    session.refused(session.client(TEMPORARY, SECRET).list_collections)
    session.refused(session.client(KEY, SECRET, TOKEN).list_collections)
    head = [
        "Host: x",
        "X-Amz-Target: RekognitionService.DetectFaces",
        f"X-Amz-Security-Token: {TOKEN}",
    ]
    broken = f"Authorization: AWS4-HMAC-SHA256 Credential={KEY}/x, Signature={'9f3c' * 16}"
    session.secrets["signature, broken"] = b"9f3c" * 16
    content = json.dumps({"Image": {"Bytes": text}}).encode()
    for lines in (
        ["POST / HTTP/1.1", *head, broken, f"Content-Length: {len(content)}"],
        ["POST / HTTP/1.1", *head, broken, f"Content-Length: {len(content) + 9}"],
        ["POST / HTTP/1.1", *head, broken, f"Content-Length: {TOKEN}"],
        ["POST / HTTP/1.1", *head, f"{broken} : {TOKEN}", f"no header {TOKEN}"],
        [f"POST /?{TOKEN}{text[:900]} HTTP/1.1", *head, broken],
        [f"{text[:2000]}", *head, broken],
    ):
        session.raw(*lines, body=content)


def _go_on_without(session: Session, pictures: list[bytes]) -> None:
    c = session.client(TEMPORARY, SECRET, TOKEN)
    image = {"Bytes": pictures[1]}
    for call in (c.index_faces, c.search_faces_by_image):
        session.refused(call, CollectionId="people", Image=image)
    session.refused(c.create_collection, CollectionId="later")
    session.refused(c.detect_faces, Image={"S3Object": {"Bucket": BUCKET, "Name": "none.jpg"}})


def _stored_vectors(table: str) -> dict[str, Vector]:
    """Return the vectors that the deployment keeps, as it keeps them."""
    faces = connect(table, "us-east-1").faces
    kept: dict[str, Vector] = {}
    for page in faces.client.get_paginator("scan").paginate(TableName=faces.name):
        for item in page["Items"]:
            for face_id, block in entries.kept_vectors(item).items() if "vectors" in item else ():
                kept[f"vector {face_id}"] = np.frombuffer(block, np.float16).astype(np.float32)
    return kept


def _stored_trail(table: str) -> bytes:
    """Return all that is kept of trust: the trail, its heads; and the objects of its anchors."""
    trust = connect(table, "us-east-1").trust
    pages = trust.client.get_paginator("scan").paginate(TableName=trust.name)
    told = repr([page["Items"] for page in pages]).encode()
    s3 = boto3.client("s3")
    objects = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    audits = [each["Key"] for each in objects if "/audit/" in each["Key"]]
    return told + b"".join(s3.get_object(Bucket=BUCKET, Key=k)["Body"].read() for k in audits)


def test_nothing_secret_is_written(session: Session) -> None:
    """Lost: who reads the log, an error or the trail can sign, or has somebody's face."""
    assert len(session.vectors) >= 4
    assert found(session.written, session.secrets, session.vectors) == []


def test_the_session_left_something_to_look_at(session: Session) -> None:
    """Lost: the test above looks at nothing."""
    for trace in (
        b'"operation": "IndexFaces"',  # the access log
        b"InvalidImageFormatException",  # errors that clients were told
        b"InvalidSignatureException",
        b"SearchFacesByImage",
        f"AUDIT#{ACCOUNT}".encode(),  # the trail
        b"ServiceUnavailable",  # the outage, in the log
        b"refused: ",  # what gunicorn could not read
        KEY.encode(),
    ):
        assert trace in session.written, trace


def test_the_search_finds_every_form(session: Session) -> None:
    """Lost: a form in which something leaks is not looked for."""
    picture, vector = session.secrets["picture 0"], next(iter(session.vectors.values()))
    half = vector.astype(np.float16)
    for planted in (
        base64.b64encode(picture),
        base64.b64encode(b"x" + picture),
        picture.hex().encode(),
        repr(picture).encode(),
        base64.b64encode(half.tobytes()),
        repr(half.tobytes()).encode(),
        json.dumps(half.tolist()).encode(),
        json.dumps(half.astype(np.float32).tolist()).encode(),
        np.array2string(half, precision=4).encode(),
        f"x {SECRET} x".encode(),
        repr({"Authorization": TOKEN}).encode(),
    ):
        assert found(planted, session.secrets, session.vectors), planted[:60]
    assert not found(os.urandom(100_000), session.secrets, session.vectors)
