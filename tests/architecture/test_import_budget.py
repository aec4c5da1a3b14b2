"""What a process loads before it needs it."""

from lineament.app import Application
from tests.fresh_process import loaded

HEAVY = (
    "tensorflow",
    "torch",
    "cv2",
    "onnxruntime",
    "onnx",
    "deepface",
    "faiss",
    "matplotlib",
    "prometheus_client",
)

_LIST_COLLECTIONS = """
import json
from lambdas.api import handler
answer = handler({
    "rawPath": "/",
    "headers": {
        "x-amz-target": "RekognitionService.ListCollections",
        "authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20261123/us-east-1/"
        "rekognition/aws4_request, SignedHeaders=host, Signature=0",
    },
    "requestContext": {"http": {"method": "POST"}},
    "body": "{}",
}, None)
assert answer["statusCode"] == 200, answer
"""


def _loaded(program: str) -> set[str]:
    """Return the heavy modules that a fresh process has loaded after the program."""
    return loaded(program) & set(HEAVY)


def test_import_loads_no_model_runtime() -> None:
    """Lost: a test suite or a script pays seconds and hundreds of MiB for an import."""
    modules = (
        "lineament, lineament.app, lineament.cli.main, lambdas.api, lambdas.retention, "
        "lambdas.operations, lambdas.image_uploaded, lambdas.worker"
    )
    assert _loaded(f"import {modules}") == set()


def test_list_collections_loads_no_model_runtime(application: Application) -> None:
    """Lost: a cold Lambda that only lists collections waits for models it never uses."""
    application.ready()  # makes the table that the other process finds
    assert _loaded(_LIST_COLLECTIONS) == set()


def test_faces_are_found_without_what_prepares_graphs() -> None:
    """Lost: every server and every cold Lambda loads the onnx package, which installing needs."""
    assert "onnx" not in _loaded("import lineament.vision.engine, lineament.vision.clients")


def test_the_probe_sees_what_is_loaded() -> None:
    """Lost: the two tests above pass whatever is loaded."""
    assert "onnxruntime" in _loaded("import onnxruntime")
