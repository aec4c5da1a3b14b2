"""Holds every answer of the API that this process sees to `promises`, whatever its test is about.

Answers are seen in two places: in every boto3 client of Rekognition, which covers servers that are
processes of their own, and in every `Dispatcher` of this process. A broken promise is raised where
it is seen, and fails its test even where a thread or a server swallows it. Raw HTTP to a server in
another process passes neither place: such tests call `judge` themselves.

tests/conftest.py registers this module as a plugin of pytest.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import botocore.handlers
import pytest

from lineament.dispatch import Dispatcher
from lineament.wire.http import HttpRequest, HttpResponse
from tests.conformance import promises

OPERATIONS = "operations"
"""The user property of a test that names the operations which it asked, its fixtures' left out."""
_FAULTS = "provokes_faults"


class _Court:
    """What was judged so far."""

    def __init__(self) -> None:
        self.answers = 0
        self.breaches: list[str] = []
        self.asked: set[str] = set()
        self.faults_allowed = False


_court = _Court()


def judge(operation: str, answer: HttpResponse) -> None:
    """Assert that an answer keeps every promise, and remember it where it does not.

    Args:
        operation: as the request named it; need not exist.
        answer: as it came back.
    """
    _court.answers += 1
    _court.asked.add(operation)
    try:
        promises.keep(operation, answer, faults_allowed=_court.faults_allowed)
    except Exception as error:
        breach = f"{operation} answered {answer.status}: {error!r}"
        _court.breaches.append(breach)
        raise AssertionError(breach) from error


@contextmanager
def breaches() -> Iterator[list[str]]:
    """Return a list that takes the promises broken meanwhile; they fail no test."""
    outer, _court.breaches = _court.breaches, []
    try:
        yield _court.breaches
    finally:
        _court.breaches = outer


def _judge_client(event_name: str, response_dict: dict[str, Any] | None, **_: Any) -> None:
    if response_dict is not None:
        headers = dict(response_dict["headers"].items())
        answer = HttpResponse(response_dict["status_code"], headers, response_dict["body"])
        judge(event_name.rpartition(".")[2], answer)


def _operation(request: HttpRequest) -> str:
    target = request.headers.get("x-amz-target", "").rpartition(".")[2]
    return target if request.path in {"", "/"} else request.path.removeprefix("/")


def _install() -> None:
    botocore.handlers.BUILTIN_HANDLERS.append(("response-received.rekognition", _judge_client))
    handle, refuse = Dispatcher.handle, Dispatcher.refuse_oversized

    def judged_handle(self: Dispatcher, request: HttpRequest) -> HttpResponse:
        answer = handle(self, request)
        judge(_operation(request), answer)
        return answer

    def judged_refusal(self: Dispatcher) -> HttpResponse:
        answer = refuse(self)
        judge("", answer)
        return answer

    Dispatcher.handle = judged_handle  # type: ignore[method-assign]
    Dispatcher.refuse_oversized = judged_refusal  # type: ignore[method-assign]


def pytest_configure(config: pytest.Config) -> None:
    """Begin to judge, before any test makes a client."""
    config.addinivalue_line(
        "markers", f"{_FAULTS}: the test breaks what the service needs; answers of 5xx are expected"
    )
    _install()


def _held(item: pytest.Item) -> Generator[None, Any, Any]:
    _court.faults_allowed = item.get_closest_marker(_FAULTS) is not None
    result = yield
    if _court.breaches:
        told, _court.breaches = _court.breaches, []
        pytest.fail("\n".join(told), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test whose fixtures saw a broken promise."""
    return (yield from _held(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that saw a broken promise, and note which operations it asked."""
    _court.asked.clear()
    try:
        return (yield from _held(item))
    finally:
        _court.breaches.clear()  # told by what the test raised
        known = sorted(_court.asked & set(promises.AWS.operation_names))
        item.user_properties.append((OPERATIONS, known))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test whose fixtures saw a broken promise at their end."""
    return (yield from _held(item))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the count of one of several processes to the one that reports."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["judged"] = _court.answers


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the count of another process."""
    _court.answers += getattr(node, "workeroutput", {}).get("judged", 0)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how many answers were held to the promises."""
    terminalreporter.write_line(f"{_court.answers} answers of the API judged")
