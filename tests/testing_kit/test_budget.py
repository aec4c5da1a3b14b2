"""What the kit costs those who have it installed, and those who use it."""

from tests.fresh_process import loaded

MODELS = {"tensorflow", "torch", "onnxruntime", "onnx", "deepface", "keras"}
_MOCK = """
import boto3
from lineament.testing import faces, mock_rekognition
with mock_rekognition():
    c = boto3.client("rekognition", "us-east-1")
    c.create_collection(CollectionId="people")
"""
_PICTURES = """
    c.index_faces(CollectionId="people", Image={"Bytes": faces.picture("alice")})
    found = c.search_faces_by_image(CollectionId="people", Image={"Bytes": faces.picture("alice")})
    assert len(found["FaceMatches"]) == 1
"""


def test_the_plugin_loads_nothing_at_pytests_start() -> None:
    """Lost: every pytest on the machine of who installed Lineament begins a second later."""
    with_plugin = loaded("import pytest, lineament.testing.plugin")
    heavy = {*MODELS, "numpy", "cv2", "faiss", "boto3", "botocore", "moto", "flask", "marshmallow"}
    assert with_plugin & heavy == set()
    assert with_plugin - loaded("import pytest") <= {"lineament", "hashlib", "_hashlib", "_blake2"}


def test_no_test_with_declared_faces_loads_a_model_runtime() -> None:
    """Lost: tests that declare faces wait for models, or fail where none can be installed."""
    assert loaded(_MOCK) & {*MODELS, "cv2", "flask"} == set()
    with_pictures = loaded(_MOCK + _PICTURES)
    assert with_pictures & {*MODELS, "flask"} == set()
    assert {"cv2", "moto", "simplejpeg"} <= with_pictures, "the probe sees what is loaded"
