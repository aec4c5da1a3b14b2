"""The production server: gunicorn's threaded worker.

One worker holds each gallery once and was as fast as two workers on real bodies. Source: DESIGN.md
section 5. Of its many threads few work at once (`overload`): the others wait, so that calls without
a picture need not. The application is built in the worker and not before the fork: onnxruntime's
threads do not survive one. A client holds a thread for as long as `Patience` says, headers
included; who opens enough connections still keeps others waiting so long, so put a proxy or a load
balancer before a server that strangers can reach.
"""

import logging
import os

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError

from lineament.app import build_application
from lineament.config import Settings
from lineament.errors import LineamentError
from lineament.server.app import create_server
from lineament.server.arenas import share_arenas
from lineament.server.background import Background
from lineament.server.listen import Listen
from lineament.server.metrics import offered
from lineament.server.overload import Limits, Overload
from lineament.server.patience import Patience
from lineament.server.worker import Worker

_HEAPS = 64
"""More than the cores that a process makes use of."""


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no type hints
    """Serves until SIGTERM, which lets running requests finish, or SIGINT, which does not."""

    def __init__(
        self,
        settings: Settings,
        listen: Listen,
        patience: Patience | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Keep the settings; nothing is loaded before `run`."""
        self._limits = Limits.of(listen.threads) if limits is None else limits
        self.patience = Patience() if patience is None else patience
        self._settings = settings
        self._listen = listen
        super().__init__(prog="lineament")

    def load_config(self) -> None:
        """Tell gunicorn how to run."""
        chosen = {
            "bind": f"{self._listen.host}:{self._listen.port}",
            "workers": self._listen.workers,
            "threads": self._listen.threads,
            "worker_class": Worker,
            "graceful_timeout": 30,
            "keepalive": 75,
            "limit_request_line": 4094,
            "limit_request_fields": 64,
            "limit_request_field_size": 16384,  # room for an STS session token
            "forwarder_headers": "",  # no header of a proxy's may change the path that was signed
            "accesslog": "-",
            "loglevel": self._settings.log_level.lower(),
            "logger_class": "lineament.server.access_log.AccessLog",
            "control_socket_disable": True,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application; gunicorn calls it in each worker."""
        overload = Overload(self._limits)
        share_arenas(min(self._limits.pictures, _HEAPS))
        try:
            application = build_application(self._settings, adapt=overload.guard)
        except LineamentError as error:
            raise AppImportError(str(error)) from error
        overload.refused = application.counts.refused
        background = Background(application, self._settings.housekeeping_seconds, _stop_server)
        background.start()
        cap = self._settings.max_body_bytes
        metrics = offered(application.counts, self._settings.metrics, self._listen.workers)
        return create_server(application, background, cap, self.patience, metrics, overload)


def _stop_server() -> None:
    """End this worker with the status on which gunicorn's master stops, too."""
    logging.shutdown()
    os._exit(Arbiter.APP_LOAD_ERROR)  # sys.exit would end the calling thread alone
