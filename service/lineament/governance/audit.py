"""The audit trail, as whoever answers calls sees it."""

from typing import Protocol

from lineament.domain.audit import Entry


class AuditTrail(Protocol):
    """Remembers each use of face data. Safe to share between threads."""

    def append(self, entry: Entry, *, strict: bool) -> None:
        """Return once the entry stands; the call may then be answered.

        Args:
            entry: of the call.
            strict: whether the call may be answered only if the entry stands. Where it need not,
                a failure is logged and counted here.

        Raises:
            NotRecorded: it does not stand, and `strict`.
        """


class NullTrail:
    """Remembers nothing: for `serve --local`, the test kit and tests."""

    def append(self, entry: Entry, *, strict: bool) -> None:
        """Forget it."""
