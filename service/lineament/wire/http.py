"""A request and an answer as bytes: what Flask, a Lambda event and a test all become."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


class Headers(Mapping[str, str]):
    """Header fields by name, whatever its case; a field sent twice is joined with a comma."""

    __slots__ = ("_fields",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        """Take (name, value) pairs in the order in which they were sent."""
        self._fields: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            earlier = self._fields.get(key)
            self._fields[key] = value if earlier is None else f"{earlier},{value}"

    def __getitem__(self, name: str) -> str:
        """Return the field's value.

        Raises:
            KeyError: the request has no such field.
        """
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names in lower case."""
        return iter(self._fields)

    def __len__(self) -> int:
        """Return the number of distinct names."""
        return len(self._fields)


@dataclass(frozen=True, slots=True)
class IamCaller:
    """Who calls, as IAM has found in front of a function. An adapter's word, never a header's."""

    account: str
    region: str
    access_key_id: str
    arn: str


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What arrived. `headers` may be given as any mapping and is kept as `Headers`."""

    method: str
    path: str
    """Without the query string."""
    headers: Mapping[str, str] = field(default_factory=Headers)
    body: bytes = b""
    query: str = ""
    """As it was sent, without the question mark."""
    sent_path: str = ""
    """The path before anything was decoded or taken off: what the client has signed; `path` where
    it is empty."""
    source_ip: str = ""
    """Of the peer, which is the proxy where there is one; empty where nobody knows."""
    secure: bool | None = None
    """Whether it came by TLS; None where nobody knows."""
    iam: IamCaller | None = None
    """Set where IAM has checked the signature in front of us, and nowhere else."""

    def __post_init__(self) -> None:
        """Make header names case-insensitive, once and for every reader."""
        if not isinstance(self.headers, Headers):
            object.__setattr__(self, "headers", Headers(self.headers.items()))


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What goes out."""

    status: int
    headers: dict[str, str]
    body: bytes
