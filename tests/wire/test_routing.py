"""Which operation a request asks for."""

import pytest

from lineament.errors import UnknownOperationException
from lineament.wire import model
from lineament.wire.http import Headers, HttpRequest
from lineament.wire.routing import operation_of


def post(path: str = "/", **headers: str) -> HttpRequest:
    return HttpRequest("POST", path, {name.replace("_", "-"): v for name, v in headers.items()})


@pytest.mark.parametrize("name", model.operation_names())
def test_header_and_alias_path_name_every_operation(name: str) -> None:
    """An SDK, or a tool made from openapi.yaml, could not call the operation."""
    target = f"RekognitionService.{name}"
    assert operation_of(post(X_Amz_Target=target)) == name
    assert operation_of(post(f"/{name}")) == name
    assert operation_of(post(f"/{name}", x_amz_target=target)) == name


@pytest.mark.parametrize(
    "target",
    [
        "RekognitionService.Nope",
        "RekognitionService.indexfaces",
        "rekognitionservice.IndexFaces",
        "RekognitionService",
        "RekognitionService.",
        "IndexFaces",
        "RekognitionService.IndexFaces.x",
        "",
        "é" * 5000,
    ],
)
def test_pr07_unknown_operations_are_refused_in_short(target: str) -> None:
    """A mistyped operation would be a 500, or be answered at any length."""
    with pytest.raises(UnknownOperationException, match="X-Amz-Target names no op") as caught:
        operation_of(post(X_Amz_Target=target))
    assert caught.value.status == 400
    assert len(caught.value.message) < 150


def test_pr07_missing_target_is_told() -> None:
    """Somebody with curl would not learn which header is missing."""
    with pytest.raises(UnknownOperationException, match="X-Amz-Target is missing") as caught:
        operation_of(post())
    assert caught.value.status == 400


@pytest.mark.parametrize("path", ["/Nope", "/indexfaces", "/IndexFaces/", "//", "/v1/IndexFaces"])
def test_other_paths_are_404(path: str) -> None:
    """A health check on a wrong path would take the service for well."""
    with pytest.raises(UnknownOperationException) as caught:
        operation_of(post(path, X_Amz_Target="RekognitionService.IndexFaces"))
    assert caught.value.status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "post", ""])
def test_other_methods_are_404(method: str) -> None:
    """A browser's GET could run an operation."""
    with pytest.raises(UnknownOperationException) as caught:
        operation_of(HttpRequest(method, "/ListCollections"))
    assert caught.value.status == 404


def test_path_and_header_must_agree() -> None:
    """A proxy that allows calls by their header could be passed by with another path."""
    with pytest.raises(UnknownOperationException, match="different operations"):
        operation_of(post("/DeleteFaces", X_Amz_Target="RekognitionService.ListFaces"))


def test_headers_ignore_case_and_join_what_is_sent_twice() -> None:
    """HTTP/2 proxies send lower-case names; of two Authorization headers one would be ignored."""
    headers = Headers([("X-A", "1"), ("x-a", "2"), ("B", "")])
    assert (headers["X-a"], headers.get("b"), headers.get("c")) == ("1,2", "", None)
    assert "x-A" in headers
    assert dict(headers) == {"x-a": "1,2", "b": ""}
    assert len(headers) == 2
