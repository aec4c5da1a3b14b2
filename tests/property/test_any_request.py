"""Whatever the model allows is answered, and never with a 5xx."""

import contextlib
import json
import uuid
from typing import Any

from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from lineament.dispatch import Dispatcher
from lineament.handlers.table import OPERATIONS
from lineament.wire import model
from lineament.wire.http import HttpRequest, HttpResponse
from tests.conformance import promises
from tests.conformance.promises import AWS
from tests.property.conftest import Clients
from tests.property.engine import picture
from tests.property.examples import VECTORS, examples
from tests.wire.strategies import valid

ACCOUNT = "210987654321"
SERIALIZER = create_serializer("json", include_validation=False)
PICTURES = st.lists(VECTORS, max_size=3).map(picture)
IMAGES = st.one_of(
    PICTURES.map(lambda image: {"Bytes": image}),
    valid(model.operation("DetectFaces").input.members["Image"]),
)
IMAGE_MEMBERS = ("Image", "SourceImage", "TargetImage")


def ask(process: Dispatcher, operation: str, params: dict[str, Any]) -> HttpResponse:
    """Send what botocore would send, without asking botocore whether it may."""
    sent = SERIALIZER.serialize_to_request(params, AWS.operation_model(operation))
    headers = {
        **sent["headers"],
        "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/rekognition/"
        "aws4_request, SignedHeaders=host, Signature=0",
    }
    # It is held to the promises: 200 as modelled, or a 400 that the operation declares.
    return process.handle(HttpRequest("POST", "/", headers, sent["body"]))


def stock(process: Dispatcher) -> list[str]:
    """Make the collection that half of the requests are about, and return its FaceIds."""
    with contextlib.suppress(AssertionError):
        ask(process, "CreateCollection", {"CollectionId": "stock"})
    image = {"Bytes": picture([[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]])}
    answer = ask(process, "IndexFaces", {"CollectionId": "stock", "Image": image})
    return [record["Face"]["FaceId"] for record in json.loads(answer.body)["FaceRecords"]]


@examples(150)
@given(data=st.data(), operation=st.sampled_from(sorted(OPERATIONS)))
def test_any_valid_request_of_a_built_operation(
    processes: list[Dispatcher], data: st.DataObject, operation: str
) -> None:
    """Lost: a legal call is refused as malformed, or takes the service for a ride."""
    process = data.draw(st.sampled_from(processes))
    faces = stock(process)
    params = data.draw(valid(model.operation(operation).input))
    for name in IMAGE_MEMBERS:
        if name in params:
            params[name] = data.draw(IMAGES)
    if "CollectionId" in params and data.draw(st.booleans()):
        params["CollectionId"] = "stock"
    known = st.sampled_from([*faces, str(uuid.UUID(int=5, version=4))])
    if "FaceId" in params and data.draw(st.booleans()):
        params["FaceId"] = data.draw(known)
    if "FaceIds" in params and data.draw(st.booleans()):
        params["FaceIds"] = data.draw(st.lists(known, min_size=1))
    body = json.loads(ask(process, operation, params).body)
    assert body.get("__type") not in promises.FRAMEWORK_ERRORS


@examples(100)
@given(
    data=st.data(),
    operation=st.sampled_from(sorted(set(AWS.operation_names) - set(OPERATIONS))),
)
def test_any_valid_request_of_an_operation_not_built(
    processes: list[Dispatcher], data: st.DataObject, operation: str
) -> None:
    """Lost: a client meets a crash where it should read that the operation is not offered."""
    params = data.draw(valid(model.operation(operation).input))
    body = json.loads(ask(processes[0], operation, params).body)
    assert body["__type"] == "AccessDeniedException"


def test_stock_is_there(processes: list[Dispatcher], fresh: Clients) -> None:
    """Lost: the requests above ask about nothing."""
    assert len(set(stock(processes[0]))) == 3
    assert stock(processes[0]) == stock(processes[1])
    assert fresh().list_collections()["CollectionIds"] == []
