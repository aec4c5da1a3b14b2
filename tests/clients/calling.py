"""What the flows ask of a client, whichever SDK it is.

Operations and members have AWS's names. An output is plain data: the metadata that an SDK adds is
left out, floats are as the SDK gives them, and a timestamp is a datetime of UTC to the millisecond,
the finest that all three SDKs keep.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

Params = dict[str, Any]
Output = dict[str, Any]


@dataclass(eq=False)
class Refused(Exception):
    """A call that ended in an error, as a program meets it in its SDK.

    Attributes:
        kind: the most special class that a program can catch it by; the AWS CLI has the code alone.
        code: AWS's name of the error.
        message: the service's text.
        status: HTTP's, or None where the client does not tell it.
        request_id: as the SDK reports it, or None where the client does not tell it.
        fault: "client" or "server" where the SDK says whose fault it takes it to be.
    """

    kind: str
    code: str
    message: str
    status: int | None = None
    request_id: str | None = None
    fault: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.code}: {self.message}"


class Client(Protocol):
    """One SDK, set up as its documentation says, for one account."""

    account: str
    unmodelled: str | None
    """The kind of an error that AWS's model does not name; None where a kind is the code itself."""

    def call(self, operation: str, params: Params) -> Output:
        """Return the output of one operation.

        Raises:
            Refused: the service answered with an error.
        """
        ...

    def pages(self, operation: str, params: Params, size: int) -> list[Output]:
        """Return each page that the SDK's own paginator gives, of `size` items, without tokens."""
        ...

    def wait(self, waiter: str, params: Params) -> str:
        """Return the text with which the SDK's own waiter gives up."""
        ...


def moment(seconds: float) -> datetime:
    """Return a time since 1970, to the millisecond."""
    return datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)


def without(output: Output, *members: str) -> Output:
    """Return an output without some of its members."""
    return {name: value for name, value in output.items() if name not in members}
