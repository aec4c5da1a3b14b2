"""An HTTP request to S3 or DynamoDB, as the journal keeps it."""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

import orjson

ACCOUNT = b"123456789012"
"""Who owns every bucket and table here, whatever key a request is signed with: as with moto."""

_LENGTHS = struct.Struct("<II")
_CREDENTIAL = re.compile(r"Credential=[^/]+/(?P<date>\d+)/(?P<region>[\w-]+)/(?P<service>[\w-]+)/")
_PRESIGNED = re.compile(
    rb"&?X-Amz-(?:Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token)=[^&]*",
    re.IGNORECASE,
)
_UNKEPT = frozenset({b"authorization", b"x-amz-security-token", b"cookie"})
_TARGET = b"x-amz-target"
_DYNAMODB_READS = re.compile(
    rb"DynamoDB_\w+\.(?:(?:Batch|Transact)?Get|Query|Scan|Describe|List)\w*"
)
_S3_READS = frozenset({"GET", "HEAD", "OPTIONS"})

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. Nothing in it is a credential: signatures are not verified here."""

    method: str
    path: bytes
    """As it was sent, quoted."""
    query: bytes
    headers: Headers
    body: bytes

    @classmethod
    def signed_by_nobody(
        cls, method: str, path: bytes, query: bytes, headers: Headers, body: bytes
    ) -> "Request":
        """Return a request, with its signature replaced by a bare scope of ACCOUNT."""
        given = [value for name, value in headers if name.lower() == b"authorization"]
        given += [value.encode() for name, value in parse_qsl(query.decode("latin-1"))
                  if name.lower() == "x-amz-credential"]  # fmt: skip
        text = given[0].decode("latin-1") if given else ""
        scope = _CREDENTIAL.search(text if text.startswith("AWS4") else f"Credential={text}")
        date, region, service = scope.groups() if scope else ("20260101", "us-east-1", "s3")
        authorization = (
            b"AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=host, Signature=0"
            % (ACCOUNT, date.encode(), region.encode(), service.encode())
        )
        kept = [(name, value) for name, value in headers if name.lower() not in _UNKEPT]
        unsigned = _PRESIGNED.sub(b"", query).lstrip(b"&")
        return cls(method, path, unsigned, [*kept, (b"authorization", authorization)], body)

    @property
    def target(self) -> str:
        """The path as ministack reads it: unquoted once, and nothing else."""
        return unquote(self.path.decode("latin-1"))

    @property
    def changes(self) -> bool:
        """Whether it may change anything: everything may that is not known to read."""
        for name, value in self.headers:
            if name.lower() == _TARGET:
                return _DYNAMODB_READS.fullmatch(value) is None
        return self.method not in _S3_READS


EXPIRE = Request("", b"", b"", [], b"")
"""Remove the items whose time is over. HTTP has no empty method: no client sends this."""


@dataclass(frozen=True, slots=True)
class Record:
    """A request that may have changed something, and all that its outcome hung on."""

    request: Request
    moment: float
    """When it was applied, in seconds of the epoch: "now" for whatever handles it."""
    seed: bytes
    """What the ids that it made come from."""
    status: int
    """What it was answered; a replay has to answer the same."""

    def to_bytes(self) -> bytes:
        """Return the record, to be read back by `records_of`."""
        request = self.request
        head = orjson.dumps(
            {
                "at": self.moment,
                "seed": self.seed.hex(),
                "status": self.status,
                "method": request.method,
                "path": request.path.decode("latin-1"),
                "query": request.query.decode("latin-1"),
                "headers": [
                    [name.decode("latin-1"), value.decode("latin-1")]
                    for name, value in request.headers
                ],
            }
        )
        return _LENGTHS.pack(len(head), len(request.body)) + head + request.body


def records_of(frame: bytes) -> Iterator[Record]:
    """Yield the records that were written one behind the other."""
    at = 0
    while at < len(frame):
        head_size, body_size = _LENGTHS.unpack_from(frame, at)
        start = at + _LENGTHS.size
        head = orjson.loads(frame[start : start + head_size])
        at = start + head_size + body_size
        yield Record(
            request=Request(
                method=head["method"],
                path=head["path"].encode("latin-1"),
                query=head["query"].encode("latin-1"),
                headers=[
                    (name.encode("latin-1"), value.encode("latin-1"))
                    for name, value in head["headers"]
                ],
                body=frame[start + head_size : at],
            ),
            moment=head["at"],
            seed=bytes.fromhex(head["seed"]),
            status=head["status"],
        )
