"""What every answer promises, whatever the test is about (AP05, PR02, PR03, PR06, PR15, PR21).

The judge is botocore's own model and validator, not Lineament's copy of them.
"""

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from lineament.wire.http import Headers, HttpResponse

AWS = ServiceModel(Loader().load_service_model("rekognition", "service-2"))
FRAMEWORK_ERRORS = {
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "RequestEntityTooLargeException",
    "SerializationException",
    "ServiceUnavailable",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
}
"""The model knows none of them."""
_STATUSES = {
    "InternalServerError": {500},
    "RequestEntityTooLargeException": {413},
    "ServiceUnavailable": {503},
    "ThrottlingException": {500},
    "UnknownOperationException": {400, 404},
}
"""Where it is not 400. 404 is for paths and methods that no SDK sends."""
_INTERNALS = re.compile(
    r"Traceback|File \"|site-packages|\.py\b|<class|object at 0x|NoneType|\w+Error\b"
    r"|\b(botocore|marshmallow|numpy|orjson|onnxruntime|cv2|lineament)\."
    r"|(^|\s)/(work|usr|home|root|tmp|opt|var|app)/"
)


def keep(operation: str, answer: HttpResponse, *, faults_allowed: bool = False) -> None:
    """Assert that an answer of the API keeps every promise.

    Args:
        operation: as the request named it; need not exist.
        answer: as it came back.
        faults_allowed: whether 5xx are answers too, each with its code's status.
    """
    headers = Headers(answer.headers.items())
    uuid.UUID(headers["x-amzn-RequestId"])
    assert headers["Content-Type"] == "application/x-amz-json-1.1"
    assert int(headers["Content-Length"]) == len(answer.body)
    assert headers["Date"].endswith("GMT")
    body = json.loads(answer.body, parse_constant=_no_number)
    _no_nulls(body, operation)
    if answer.status == 200:
        _fits_output(operation, body)
    else:
        assert answer.status < 500 or faults_allowed, (answer.status, body)
        _is_modelled_error(operation, answer.status, headers, body)


def _no_number(text: str) -> None:
    raise AssertionError(f"{text} is not JSON")


def _no_nulls(value: Any, path: str) -> None:
    """Assert that there is no null, and no empty string: a loop would follow an empty token.

    A tag may have an empty value.
    """
    assert value is not None, f"{path} is null"
    assert value != "" or path.startswith("ListTagsForResource.Tags."), f"{path} is empty"
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _no_nulls(inner, f"{path}.{name}")
    if isinstance(value, list):
        for inner in value:
            _no_nulls(inner, f"{path}[]")


def _fits_output(operation: str, body: Any) -> None:
    assert operation in AWS.operation_names, f"the unknown operation {operation} succeeds"
    shape = AWS.operation_model(operation).output_shape
    assert isinstance(body, dict), f"{operation} answered no object"
    report = ParamValidator().validate(body, shape).generate_report().splitlines()
    # A list that the operation always gives may be empty, though the model wants one element of
    # some (SPEC.md A.2); that no string is empty is asserted above.
    problems = [line for line in report if not re.search("Invalid length .* value: 0,", line)]
    assert problems == [], f"{operation}: {problems}"
    _enums_hold(shape, body, operation)


def _enums_hold(shape: Any, value: Any, path: str) -> None:
    if shape.type_name == "structure":
        for name, inner in value.items():
            _enums_hold(shape.members[name], inner, f"{path}.{name}")
    elif shape.type_name == "list":
        for inner in value:
            _enums_hold(shape.member, inner, f"{path}[]")
    elif shape.type_name == "string" and shape.enum:
        assert value in shape.enum, f"{path} is {value}"


def _is_modelled_error(operation: str, status: int, headers: Headers, body: Any) -> None:
    code = body["__type"]
    assert status in _STATUSES.get(code, {400}), (status, body)
    assert headers["x-amzn-ErrorType"] == code
    if code in FRAMEWORK_ERRORS:
        assert set(body) == {"__type", "message"}
        message = body["message"]
    else:
        assert operation in AWS.operation_names, f"{code} by the unknown operation {operation}"
        declared = {shape.name for shape in AWS.operation_model(operation).error_shapes}
        assert code in declared, f"{operation} does not declare {code}"
        assert set(body) == {"__type", "Code", "Logref", "Message"}
        assert body["Code"] == code
        assert body["Logref"] == headers["x-amzn-RequestId"]
        message = body["Message"]
    assert message
    assert not _INTERNALS.search(message), message
