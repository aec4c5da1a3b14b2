"""A plugin of pytest: what shares a server, a file's fixtures or a collection runs in one process.

xdist 3.8's own groups do nothing with pytest 9.2 and do not say so (pytest-dev/pytest-xdist#1386).
Here the group follows from a test's id alone, so that nothing has to be carried between processes.
"""

import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_TEST = re.compile(
    r"(?P<file>[^:]+)::[^\[]+"
    r"(\[((?P<transport>in-process|http|lambda|declared)|(?P<emulator>moto|ministack))(?=[-\]]))?"
)


def group_of(test_id: str) -> str:
    """Return the name of the group of a test: its transport, or its file and emulator."""
    found = _TEST.match(test_id)
    if found is None:
        return test_id
    return found["transport"] or f"{found['file']} {found['emulator'] or ''}".rstrip()


class _ByGroup(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return the scheduler of `--dist loadgroup`."""
    return _ByGroup(config, log) if config.getvalue("dist") == "loadgroup" else None
