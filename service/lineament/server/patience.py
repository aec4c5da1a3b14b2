"""How long a server waits for a client that holds one of its threads."""

import socket
import time
from dataclasses import dataclass

from gunicorn.http.errors import NoMoreData


@dataclass(frozen=True, slots=True)
class Patience:
    """What a client may take, in seconds, however it spreads its bytes.

    Attributes:
        headers: for the request line and all headers, from when a thread has them to read.
        body: for the body, and a second more for each `rate` bytes of it that have come.
        rate: bytes a second. 14 MB get 84 s; a body of one byte every ten seconds gets 30 s.
        drain: for the rest of a body that is over the cap and thrown away.
        answer: for taking the answer.
    """

    headers: float = 10.0
    body: float = 30.0
    rate: float = 256 * 1024
    drain: float = 20.0
    answer: float = 30.0


class TooSlow(NoMoreData, TimeoutError):  # type: ignore[misc] # gunicorn has no type hints
    """The client's time is over. To gunicorn, one that hung up: the connection is closed."""


class PatientSocket(socket.socket):
    """A socket whose `recv` keeps to one deadline for many calls.

    A timeout alone begins anew with each byte, so that a client may hold a thread for ever.
    """

    _deadline: float | None = None
    _rate: float | None = None

    def allow(self, seconds: float | None, rate: float | None = None) -> None:
        """Set the deadline of everything that is received from now on.

        Args:
            seconds: from now; None for no deadline.
            rate: each so many bytes that are received move the deadline by a second.
        """
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._rate = rate

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Receive as ever, within the deadline and the socket's own timeout.

        Raises:
            TooSlow: the deadline is over.
        """
        if self._deadline is None:
            return super().recv(size, flags)
        own = self.gettimeout()
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TooSlow
        try:
            self.settimeout(left if own is None else min(left, own))
            received = super().recv(size, flags)
        except TimeoutError as error:
            raise TooSlow from error
        finally:
            self.settimeout(own)
        if self._rate is not None:
            self._deadline += len(received) / self._rate
        return received
