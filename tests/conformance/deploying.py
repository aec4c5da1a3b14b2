"""The service once more, over the transport of a test, with settings of the test's own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

from lambdas.api import make_handler
from lineament import config
from tests.conformance import declared, transports
from tests.conformance.conftest import BuildApplication, Wire
from tests.serving import Server


@contextmanager
def deployed(wire: Wire, build: BuildApplication, log: Path, **settings: str) -> Iterator[Wire]:
    """Run the service for as long as the block.

    Args:
        wire: whose transport is taken: a server is started where it is HTTP.
        build: makes an application in this process.
        log: a server's output.
        settings: as LINEAMENT_<NAME> has them, by name in lower case.
    """
    variables = {f"{config.PREFIX}{name.upper()}": value for name, value in settings.items()}
    if wire.name == "http":
        server = Server(log, {**wire.variables, **variables})
        try:
            yield replace(wire, send=transports.over_http(server.url), url=server.url)
        finally:
            server.stop()
        return
    loaded = config.load({**os.environ, **variables})
    settings_of = {field.name: getattr(loaded, field.name) for field in fields(loaded)}
    application = build(eyes=wire.name != declared.WAY, **settings_of)
    if wire.name == "lambda":
        handler = make_handler(application)
        yield Wire("lambda", transports.as_lambda_event(handler), None)
    else:
        yield Wire(wire.name, application.handle, None)
