"""Properties of parsing and serialising, over everything that the model allows."""

import json

import orjson
import pytest
from botocore.awsrequest import HeadersDict
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineament.errors import SerializationException, ValidationException
from lineament.wire import model
from lineament.wire.faults import fault
from lineament.wire.schemas import parse, schema_of
from lineament.wire.serialise import success
from tests.wire.strategies import BUILT, JSON, valid

AWS = ServiceModel(Loader().load_service_model("rekognition", "service-2"))
SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)


@pytest.mark.parametrize("name", model.operation_names())
def test_every_operation_has_a_schema(name: str) -> None:
    """A later operation could not be built, for a shape that nobody knows."""
    operation = model.operation(name)
    assert set(schema_of(operation.input).fields) == set(operation.input.members)


@SLOW
@given(name=st.sampled_from(model.operation_names()), body=JSON)
def test_any_json_is_read_or_refused(name: str, body: object) -> None:
    """Some body would be answered with a 500."""
    outcome(name, json.dumps(body).encode())


@SLOW
@given(data=st.data(), name=st.sampled_from(model.operation_names()))
def test_any_value_for_a_known_member_is_read_or_refused(data: st.DataObject, name: str) -> None:
    """Some value of a member would be answered with a 500."""
    members = list(model.operation(name).input.members)
    body = data.draw(st.dictionaries(st.sampled_from(members or ["none"]), JSON))
    outcome(name, json.dumps(body).encode())


@SLOW
@given(name=st.sampled_from(model.operation_names()), body=st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(name: str, body: bytes) -> None:
    """Some garbage would be answered with a 500."""
    outcome(name, body)


def outcome(name: str, body: bytes) -> None:
    try:
        params = parse(name, body)
    except (SerializationException, ValidationException) as error:
        told = orjson.loads(fault(error, "0", 0.0).body)["message"]
        assert told  # either outcome is right, but not an empty message
    else:
        assert set(params) <= set(model.operation(name).input.members)


@SLOW
@given(data=st.data(), name=st.sampled_from(model.operation_names()))
def test_what_botocore_sends_arrives_as_it_was_meant(data: st.DataObject, name: str) -> None:
    """A legal call would be refused, or reach the handler changed."""
    params = data.draw(valid(model.operation(name).input))
    serializer = create_serializer("json", include_validation=True)
    request = serializer.serialize_to_request(params, AWS.operation_model(name))
    assert parse(name, request["body"]) == params


@SLOW
@given(data=st.data(), name=st.sampled_from(BUILT))
def test_ap05_what_we_answer_arrives_as_it_was_meant(data: st.DataObject, name: str) -> None:
    """A boto3 user would read other values than the handler gave."""
    output = data.draw(valid(model.operation(name).output))
    answer = success(name, output, "id", 0.0)
    parsed = create_parser("json").parse(
        {
            "status_code": answer.status,
            "headers": HeadersDict(answer.headers),
            "body": answer.body,
        },
        AWS.operation_model(name).output_shape,
    )
    assert parsed.pop("ResponseMetadata")["RequestId"] == "id"
    if "CreationTimestamp" in parsed:
        parsed["CreationTimestamp"] = parsed["CreationTimestamp"].timestamp()
    assert parsed == output
