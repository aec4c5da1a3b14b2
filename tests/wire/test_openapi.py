"""openapi.yaml: valid, fresh, and as strict as the service."""

import argparse
import re
import sys
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

from lineament import errors
from lineament.cli import openapi as command
from lineament.handlers.table import OPERATIONS
from lineament.wire import model
from lineament.wire.openapi import document, to_yaml
from tests.wire.strategies import BUILT
from tests.wire.test_model import INPUTS, OUTPUTS

COMMITTED = Path(__file__).parents[2] / "openapi.yaml"


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args(words))


def test_committed_file_is_fresh() -> None:
    """Clients generated from the file would speak another API than the service."""
    assert call("--check", "--output", str(COMMITTED)) == 0


def test_document_is_valid_openapi() -> None:
    """Generators and linters would refuse the file."""
    validate(yaml.safe_load(COMMITTED.read_text(encoding="utf-8")))


def test_one_path_an_operation() -> None:
    """An operation would be missing from the clients that people generate."""
    assert list(document(OPERATIONS)["paths"]) == [f"/{name}" for name in sorted(OPERATIONS)]


def test_order_of_operations_does_not_matter() -> None:
    """The file would change with the order of a table and CI call it stale."""
    assert to_yaml(document(BUILT)) == to_yaml(document(reversed(BUILT)))


def test_constraints_are_in_the_document() -> None:
    """A generated client would send what the service refuses."""
    schemas = document(BUILT)["components"]["schemas"]
    assert schemas["CollectionId"] | {"description": ""} == {
        "description": "",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": r"^(?:[a-zA-Z0-9_.\-]+)$",
    }
    assert schemas["FaceIdList"]["maxItems"] == 4096
    assert schemas["Percent"]["maximum"] == 100
    assert schemas["ImageBlob"]["maxLength"] == 6990508
    assert schemas["IndexFacesRequest"]["required"] == ["CollectionId", "Image"]
    assert (
        "seconds"
        in schemas["DescribeCollectionResponse"]["properties"]["CreationTimestamp"]["description"]
    )


def test_errors_are_in_the_document() -> None:
    """A generated client would not know an error that it gets."""
    described = document(BUILT)
    codes = described["components"]["schemas"]["ServiceError"]["properties"]["Code"]["enum"]
    assert codes == sorted(kind.__name__ for kind in errors.ServiceError.__subclasses__())
    for name in BUILT:
        answers = described["paths"][f"/{name}"]["post"]["responses"]
        assert list(answers) == ["200", "400", "413", "500", "503"]
        schema = answers["400"]["content"]["application/x-amz-json-1.1"]["schema"]
        told = schema["anyOf"][0]["allOf"][1]["properties"]["Code"]["enum"]
        assert set(told) <= set(codes)
        assert "ThrottlingException" not in told


def test_portable_patterns_accept_all_that_the_service_accepts() -> None:
    """A generated client would refuse a value that the service takes."""
    patterned = [shape for shape in INPUTS | OUTPUTS if shape.pattern]
    for shape in patterned:
        assert re.compile(model.portable_pattern(shape) or "")
    for shape in patterned:
        if shape.name in {"TagKey", "TagValue"}:
            portable = re.compile(model.portable_pattern(shape) or "")
            for point in range(sys.maxunicode + 1):
                taken = bool(shape.regex and shape.regex.match(chr(point)))
                matches = portable.fullmatch(chr(point)) is not None
                assert matches == taken or (matches and point > 127)


def test_command_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CI could not tell a stale file from a fresh one."""
    path = tmp_path / "api.yaml"
    assert call("--check", "--output", str(path)) == 1
    assert call("--output", str(path)) == 0
    assert call("--check", "--output", str(path)) == 0
    path.write_text(path.read_text(encoding="utf-8") + "#", encoding="utf-8")
    assert call("--check", "--output", str(path)) == 1
    assert "stale" in capsys.readouterr().out
