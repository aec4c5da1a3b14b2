"""The test kit: Amazon Rekognition beside moto's `mock_aws`, in process and computed for real.

    from lineament.testing import faces, mock_rekognition

    @mock_rekognition
    def test_alice_is_found():
        faces.declare("alice.jpg", person="alice")
        ...

docs/testing.md has more examples. Importing this loads neither the service nor a model runtime:
both come when the first mock begins, and models only with `engine="real"`.
"""

from lineament.testing.declarations import DeclarationError, Faces, UndeclaredPicture, faces
from lineament.testing.face import Face
from lineament.testing.mock import MockRekognition, mock_rekognition

__all__ = [
    "DeclarationError",
    "Face",
    "Faces",
    "MockRekognition",
    "UndeclaredPicture",
    "faces",
    "mock_rekognition",
]
