"""What a Lambda container keeps from one event to the next."""

import functools
import logging

from lineament import config
from lineament.app import Application, build_application
from lineament.config import Settings
from lineament.context import Scope
from lineament.storage.objects import S3ObjectStore
from lineament.storage.queues import Queue


@functools.cache
def settings() -> Settings:
    """Read the settings, once, and write the log as they say."""
    settings = config.load()
    logging.getLogger("lineament").setLevel(settings.log_level)
    return settings


@functools.cache
def application() -> Application:
    """Build the application once, at the first event; loads no model and makes no call."""
    return build_application(settings())


@functools.cache
def objects() -> S3ObjectStore:
    """Return what reads uploads and their tags; makes no call."""
    return S3ObjectStore()


@functools.cache
def queue() -> Queue | None:
    """Return the queue of jobs, None where the settings name none; makes no call."""
    url = settings().work_queue_url
    return Queue(url, settings().region) if url else None


def scope() -> Scope:
    """Return the account and region of calls that carry no signature."""
    return Scope(settings().default_account, settings().region)


def make_tables() -> bool:
    """Make the tables where they are missing, once; tell whether this was the time.

    For whoever was told that DynamoDB is not there: infra/template.yaml makes tables first.

    Raises:
        LineamentError: DynamoDB does not answer or refuses; the next call tries again.
    """
    looked = _tables.cache_info().currsize > 0
    _tables()
    return not looked


@functools.cache
def _tables() -> None:
    application().make_tables()


def forget() -> None:
    """Begin anew, as a container does that has seen no event."""
    for kept in (settings, application, objects, queue, _tables):
        kept.cache_clear()
