"""An emulated AWS in a process of its own: moto's, or ministack's on a folder."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lineament.cli.emulator import free_port, running

_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux keeps it in memory: a flush costs nothing there
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "local"}


@contextmanager
def emulated(*, ministack: bool) -> Iterator[str]:
    """Give the address; boto3 finds its credentials meanwhile."""
    data = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None)) if ministack else None
    try:
        with set_meanwhile(_CREDENTIALS), running(free_port(), data=data) as url:
            yield url
    finally:
        if data is not None:
            shutil.rmtree(data)


def variables_of(url: str) -> dict[str, str]:
    """Return the variables that lead boto3 to an emulated AWS."""
    return {"AWS_ENDPOINT_URL_S3": url, "AWS_ENDPOINT_URL_DYNAMODB": url}


@contextmanager
def set_meanwhile(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment, and put back what was there."""
    kept = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
