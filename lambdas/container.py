"""What a Lambda container keeps from one event to the next."""

import functools

from lineament import config
from lineament.app import Application, build_application


@functools.cache
def application() -> Application:
    """Build the application once, at the first event; loads no model and makes no call."""
    return build_application(config.load())


@functools.cache
def make_tables() -> None:
    """Make the tables where they are missing, once; tried again at the next event if it fails.

    Raises:
        LineamentError: DynamoDB does not answer or refuses.
    """
    application().make_tables()
