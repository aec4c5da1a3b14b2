"""schemathesis asks what openapi.yaml allows, and what it does not; every answer has to conform.

Every answer is held to the promises of tests/conformance besides (tests/judging.py).
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lineament.handlers.table import OPERATIONS
from tests.fuzz.stock import COLLECTION, Stock, encoded
from tests.security.world import HOST, World, sign

SCHEMA = schemathesis.openapi.from_path(Path(__file__).parents[2] / "openapi.yaml")
MODES = {"allowed": GenerationMode.POSITIVE, "not allowed": GenerationMode.NEGATIVE}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
"""Not those of what has to be accepted: AWS answers 400 where schemathesis expects 404, ignores
members that it does not know, and takes null for absent."""
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
"""Of each operation and mode. More of them take longer and look further."""
_IMAGES = ("Image", "SourceImage", "TargetImage")


def existing(body: Any, stock: Stock, choose: st.DataObject) -> Any:
    """Replace some of a body's names by such as there are: they lead further."""
    if not isinstance(body, dict):
        return body
    known: dict[str, Any] = {
        "CollectionId": COLLECTION,
        "ResourceArn": stock.arn,
        "FaceId": stock.face_ids[0],
        "FaceIds": stock.face_ids[:2],
        "UserId": "ada",
        **{name: {"Bytes": encoded(stock.picture)} for name in _IMAGES},
    }
    return {
        name: known[name] if name in known and choose.draw(st.integers(0, 3)) else value
        for name, value in body.items()
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_answer_conforms(world: World, stock: Stock, operation: str, mode: str) -> None:
    """Lost: some request makes a 500, or an answer that generated clients cannot read."""
    cases = SCHEMA[f"/{operation}"]["POST"].as_strategy(MODES[mode])

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, choose=st.data())
    def ask(case: Case, choose: st.DataObject) -> None:
        body = existing(case.body, stock, choose)
        case.body = body
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        path = f"/{operation}"
        signed = sign(content, path=path)
        if mode == "not allowed" and choose.draw(st.booleans()):
            # Its headers as well: an Authorization that is none, and others that mean nothing.
            signed |= {name: _sendable(value) for name, value in (case.headers or {}).items()}
        headers = {"Content-Type": case.media_type or "application/json", **signed, "Host": HOST}
        answer = world.send(headers, content, path)
        assert answer.status_code < 500
        case.validate_response(answer, checks=CHECKS)

    ask()


def _sendable(value: Any) -> str:
    return str(value).encode("latin-1", "replace").decode("latin-1").translate({10: 32, 13: 32})


def test_openapi_names_every_operation() -> None:
    """Lost: an operation that nobody asks, since the description leaves it out."""
    assert {path.removeprefix("/") for path in SCHEMA} == set(OPERATIONS)
