"""The thread behind a server: makes the application ready, then keeps house."""

import logging
import threading
from collections.abc import Callable

from lineament.app import Application
from lineament.errors import CannotStart, LineamentError

_RETRY_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Background:
    """Readiness first, housekeeping after, in one daemon thread.

    Attributes:
        ready: models are loaded and the table is reachable.
        reason: why it is not ready, a sentence; empty while the first attempt runs.
    """

    def __init__(
        self,
        application: Application,
        interval: float,
        give_up: Callable[[], None] = lambda: None,
    ) -> None:
        """Take what to look after.

        Args:
            application: whose readiness and house.
            interval: seconds between two rounds of housekeeping.
            give_up: called, after the reason is logged, when no waiting can help.
        """
        self.ready = False
        self.reason = ""
        self._application = application
        self._interval = interval
        self._give_up = give_up
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start the thread. Call it in the process that serves: threads do not survive a fork."""
        threading.Thread(target=self._run, name="background", daemon=True).start()

    def stop(self) -> None:
        """Let the thread end after the round that it is in."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._become_ready():
            if self._stopped.wait(_RETRY_SECONDS):
                return
        while not self._stopped.wait(self._interval):
            self._keep_house()

    def _become_ready(self) -> bool:
        try:
            self._application.ready()
        except CannotStart as error:
            self._note(str(error))
            self._give_up()
        except LineamentError as error:
            self._note(str(error))
        except Exception as error:  # noqa: BLE001 - an unready server must say why, not die
            self._note(f"{type(error).__name__} while starting")
        else:
            self.ready, self.reason = True, ""
            _log.info("ready")
        return self.ready

    def _note(self, reason: str) -> None:
        if reason != self.reason:
            _log.error("not ready: %s", reason)
        self.reason = reason

    def _keep_house(self) -> None:
        try:
            self._application.housekeep()
        except LineamentError as error:
            _log.warning("housekeeping: %s", error)
        except Exception as error:  # noqa: BLE001 - the next round must come whatever happens
            _log.error("housekeeping: %s", type(error).__name__)
