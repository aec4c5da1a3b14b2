"""The facade over AWS's model, and our deviations from it."""

import subprocess
import sys
import unicodedata
from collections.abc import Iterator

import pytest

from lineament.wire import model
from lineament.wire.model import Shape


def within(shape: Shape) -> Iterator[Shape]:
    yield shape
    for inner in (*shape.members.values(), shape.key, shape.element):
        if inner is not None:
            yield from within(inner)


OPERATIONS = [model.operation(name) for name in model.operation_names()]
INPUTS = {shape for operation in OPERATIONS for shape in within(operation.input)}
OUTPUTS = {shape for operation in OPERATIONS for shape in within(operation.output)}


def test_all_operations_are_there() -> None:
    """Calls of an operation that AWS has would be answered as if nobody knew it."""
    assert len(model.operation_names()) == 75


def test_constraints_are_read() -> None:
    """Requests would be checked against nothing."""
    request = model.operation("IndexFaces").input
    collection, image = request.members["CollectionId"], request.members["Image"]
    assert request.required == ("CollectionId", "Image")
    assert (collection.minimum, collection.maximum) == (1, 255)
    assert request.members["QualityFilter"].enum == ("NONE", "AUTO", "LOW", "MEDIUM", "HIGH")
    assert image.members["Bytes"].kind == "blob"
    assert "InvalidImageFormatException" in model.operation("IndexFaces").errors


def test_tag_patterns_equal_unicode_categories() -> None:
    """Tags that AWS takes would be refused, or others taken: checked on every code point."""
    shapes = {shape.name: shape for shape in INPUTS}
    for name in ("TagKey", "TagValue"):
        regex = shapes[name].regex
        assert regex is not None
        for point in range(sys.maxunicode + 1):
            text = chr(point)
            wanted = unicodedata.category(text)[0] in "LZN" or text in "_.:/=+-@"
            assert bool(regex.match(text)) == wanted, hex(point)
    key = shapes["TagKey"].regex
    assert key is not None
    assert not key.match("aws:x")
    assert key.match("AWS:x")


def test_every_deviation_is_still_needed_and_used() -> None:
    """A deviation for a shape that AWS renamed would silently do nothing."""
    names = {shape.name for shape in INPUTS | OUTPUTS}
    told = model._deviations()
    assert set(told["patterns"]) <= names
    assert set(told["limits"]["max"]) <= names
    document = model._document()["shapes"]
    assert not [name for name in told["limits"]["max"] if "max" in document[name]]
    members = {f"{shape.name}.{member}" for shape in INPUTS | OUTPUTS for member in shape.members}
    assert set(told["notes"]["members"]) <= members


def test_no_request_list_is_without_end() -> None:
    """One body could keep a worker busy for seconds with millions of elements."""
    endless = {shape.name for shape in INPUTS if shape.kind == "list" and shape.maximum is None}
    assert not endless


@pytest.mark.parametrize("module", ["lineament.wire.model", "lineament.wire.schemas"])
def test_reading_the_model_makes_no_client(module: str) -> None:
    """A cold start would pay for boto3 sessions, Flask and numpy before its first request."""
    code = (
        f"import sys, {module}; from lineament.wire import model; model.operation('IndexFaces');"
        "print([name for name in ('boto3', 'botocore.session', 'botocore.client', 'flask',"
        " 'numpy', 'yaml', 'cv2', 'onnxruntime') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
