"""Errors as SDKs and people read them."""

from collections.abc import Iterator

import orjson
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from lineament import errors
from lineament.errors import FrameworkError, ServiceError, WireError
from lineament.wire import model
from lineament.wire.faults import fault
from lineament.wire.http import HttpRequest, HttpResponse
from tests.wire.boto import REQUEST_ID, boto_client

NOW = 1_760_000_000.0


def raised(error: WireError) -> ClientError:
    def answer(_: HttpRequest) -> HttpResponse:
        return fault(error, REQUEST_ID, NOW)

    client = boto_client(answer, parameter_validation=False)
    operation = next(declaring(error), "ListCollections")
    with pytest.raises(ClientError) as caught:
        getattr(client, xform_name(operation))()
    expected = getattr(client.exceptions, error.code) if modelled(error) else ClientError
    assert type(caught.value) is expected
    return caught.value


def declaring(error: WireError) -> Iterator[str]:
    names = sorted(model.operation_names())
    return (name for name in names if error.code in model.operation(name).errors)


def modelled(error: WireError) -> bool:
    return any(declaring(error))


@pytest.mark.provokes_faults
@pytest.mark.parametrize("kind", ServiceError.__subclasses__())
def test_pr21_service_errors_are_boto3_exception_classes(kind: type[ServiceError]) -> None:
    """`except client.exceptions.ResourceNotFoundException` would catch nothing."""
    error = kind("What is wrong.")
    assert modelled(error)
    caught = raised(error).response
    assert caught["Error"] == {"Code": kind.__name__, "Message": "What is wrong."}
    assert caught["ResponseMetadata"]["RequestId"] == REQUEST_ID
    assert caught["ResponseMetadata"]["HTTPStatusCode"] == kind.status


@pytest.mark.provokes_faults
@pytest.mark.parametrize("kind", FrameworkError.__subclasses__())
def test_framework_errors_are_plain_client_errors(kind: type[FrameworkError]) -> None:
    """The code would be the status number, as for any foreign server."""
    error = kind("What is wrong.")
    assert not modelled(error)
    caught = raised(error).response
    assert caught["Error"]["Code"] == kind.__name__
    assert caught["Error"]["Message"] == "What is wrong."


@pytest.mark.parametrize("kind", ServiceError.__subclasses__())
def test_pr05_client_errors_are_400(kind: type[ServiceError]) -> None:
    """A 403 or 404 would be retried, cached or explained wrongly on the way."""
    ours = {"InternalServerError", "ThrottlingException"}
    assert fault(kind(""), "id", NOW).status == (500 if kind.__name__ in ours else 400)


def test_pr04_pr06_service_dialect() -> None:
    """SDKs other than boto3 read Code, and an operator could not find the log line."""
    error = errors.ResourceNotFoundException("The collection id: c does not exist")
    answer = fault(error, "7", NOW)
    assert orjson.loads(answer.body) == {
        "__type": "ResourceNotFoundException",
        "Code": "ResourceNotFoundException",
        "Logref": "7",
        "Message": "The collection id: c does not exist",
    }
    assert answer.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"
    assert answer.headers["x-amzn-RequestId"] == "7"
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert answer.headers["Content-Length"] == str(len(answer.body))


def test_framework_dialect() -> None:
    """Clients that read AWS's lower-case message would show none."""
    answer = fault(errors.ValidationException("1 validation error detected: x"), "7", NOW)
    assert answer.body == (
        b'{"__type":"ValidationException","message":"1 validation error detected: x"}'
    )
    assert fault(errors.RequestEntityTooLargeException("x"), "7", NOW).status == 413


def test_text_that_is_no_unicode_still_leaves() -> None:
    """Echoing what a hostile client sent would turn a 400 into a 500."""
    answer = fault(errors.UnknownOperationException("no \ud800 here"), "7", NOW)
    assert orjson.loads(answer.body)["message"] == "no ? here"
