"""AP05: the judge of the whole suite sees every answer, and nobody can swallow what it finds."""

import contextlib
import json
from typing import Any

import pytest

from lineament.dispatch import Dispatcher, Rules, unverified
from lineament.errors import ImageTooLargeException
from lineament.wire import serialise
from lineament.wire.http import HttpRequest, HttpResponse
from tests import judging
from tests.unit.test_dispatch import HEADERS
from tests.wire.boto import REQUEST_ID, boto_client

UNDECLARED = {
    "__type": "ImageTooLargeException",
    "Code": "ImageTooLargeException",
    "Logref": REQUEST_ID,
    "Message": "Image size is too large.",
}
BAD: list[tuple[int, dict[str, Any], str]] = [
    (200, {"CollectionIds": [], "Extra": 1}, "Extra"),
    (200, {"CollectionIds": None}, "is null"),
    (400, UNDECLARED, "does not declare ImageTooLargeException"),
]


def whole(status: int, body: dict[str, Any]) -> HttpResponse:
    """Return an answer to ListCollections with headers as they should be."""
    content = json.dumps(body).encode()
    headers = serialise.standard_headers(content, REQUEST_ID, 0.0)
    kind = {"x-amzn-ErrorType": body["__type"]} if status != 200 else {}
    return HttpResponse(status, {**headers, **kind}, content)


@pytest.mark.parametrize(("status", "body", "told"), BAD)
def test_any_client_of_boto3_is_judged(status: int, body: dict[str, Any], told: str) -> None:
    """Lost: a bad answer of a server in another process passes in a test about something else."""
    client = boto_client(lambda _: whole(status, body))
    with judging.breaches() as found, pytest.raises(AssertionError, match=told):
        client.list_collections()
    assert len(found) == 1


def dispatcher(operation: Any) -> Dispatcher:
    """Return a service whose ListCollections is this function."""
    services: Any = None
    rules = Rules("ValidationException", 1024)
    return Dispatcher({"ListCollections": operation}, services, rules, unverified("123456789012"))


@pytest.mark.parametrize(("status", "body", "told"), BAD)
def test_any_dispatcher_is_judged(
    status: int, body: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a bad answer passes where no boto3 client reads it, as in tests of Lambda events."""

    def list_collections(*_: object) -> dict[str, Any]:
        if status != 200:
            raise ImageTooLargeException
        return body

    # Lineament's own serialiser would refuse these; without it the judge is alone.
    monkeypatch.setattr("lineament.dispatch.success", lambda _, body, *__: whole(200, body))
    request = HttpRequest("POST", "/", HEADERS, b"{}")
    with judging.breaches() as found, pytest.raises(AssertionError, match=told):
        dispatcher(list_collections).handle(request)
    assert len(found) == 1


def test_an_unexpected_fault_is_found() -> None:
    """Lost: a 500 passes in a test that only looks at what is stored."""

    def list_collections(*_: object) -> dict[str, Any]:
        raise KeyError("x")

    request = HttpRequest("POST", "/", HEADERS, b"{}")
    with judging.breaches() as found, contextlib.suppress(AssertionError):
        dispatcher(list_collections).handle(request)
    (breach,) = found
    assert "InternalServerError" in breach


def test_what_a_thread_swallows_fails_the_test_all_the_same(
    request: pytest.FixtureRequest,
) -> None:
    """Lost: concurrency tests, whose threads forgive errors, forgive broken answers too."""
    with judging.breaches():
        held = judging._held(request.node)
        next(held)
        with contextlib.suppress(AssertionError):
            judging.judge("ListCollections", whole(*BAD[0][:2]))
        with pytest.raises(pytest.fail.Exception, match="Extra"):
            held.send(None)
