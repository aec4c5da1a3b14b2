"""SPEC.md F, images: what is taken, and what each bad picture is told."""

import base64
import io
from typing import Any

import boto3
import numpy as np
import pytest
from PIL import Image as Pillow

from tests.conformance.photos import A1, image, photo


def encoded(width: int, height: int, form: str) -> bytes:
    buffer = io.BytesIO()
    Pillow.fromarray(np.full((height, width, 3), 90, np.uint8)).save(buffer, form)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        encoded(100, 100, "GIF"),
        encoded(100, 100, "WEBP"),
        encoded(100, 100, "BMP"),
        b"%PDF-1.7",
        b"text",
        encoded(200, 200, "JPEG")[:300],
        encoded(200, 200, "PNG")[:60],
    ],
)
def test_im02_im14_other_formats_and_broken_files(c: Any, content: bytes) -> None:
    """Else a client learns of a wrong file by a crash."""
    with pytest.raises(c.exceptions.InvalidImageFormatException):
        c.detect_faces(Image={"Bytes": content})
    assert c.list_collections()["CollectionIds"] == []


def test_im16_double_base64_is_no_image(c: Any) -> None:
    """Else the commonest mistake of clients is an internal error."""
    with pytest.raises(c.exceptions.InvalidImageFormatException):
        c.detect_faces(Image={"Bytes": base64.b64encode(photo(A1))})


@pytest.mark.parametrize("size", [0, 5_242_881])
def test_im03_im04_bytes_have_bounds(c: Any, size: int) -> None:
    """Else large bodies are decoded, or an empty one reaches the decoder."""
    with pytest.raises(c.exceptions.ClientError, match=r"'image\.bytes' failed") as error:
        c.detect_faces(Image={"Bytes": b"x" * size})
    assert error.value.response["Error"]["Code"] == "ValidationException"


def test_im05_a_small_image_is_told_its_size(c: Any) -> None:
    """Else users hunt for hours what is wrong with a thumbnail."""
    with pytest.raises(c.exceptions.InvalidParameterException, match="79x200"):
        c.detect_faces(Image={"Bytes": encoded(79, 200, "PNG")})


def test_im14_a_huge_image_is_refused_by_its_header(c: Any) -> None:
    """Else a few kilobytes fill the memory."""
    with pytest.raises(c.exceptions.ImageTooLargeException):
        c.detect_faces(Image={"Bytes": encoded(12_000, 90, "PNG")})


@pytest.mark.parametrize(
    "both", [{}, {"Bytes": b"x", "S3Object": {"Bucket": "bucket", "Name": "n"}}]
)
def test_im06_exactly_one_source(c: Any, both: dict[str, Any]) -> None:
    """Else a picture is chosen that the client did not mean."""
    with pytest.raises(c.exceptions.InvalidParameterException, match="Bytes or S3Object"):
        c.detect_faces(Image=both)


def test_im08_im09_images_in_s3(c: Any, account: str) -> None:
    """Else the service cannot read where its users keep photos."""
    s3 = boto3.client("s3")
    bucket = f"photos-{account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="p/a.jpg", Body=photo(A1))["VersionId"]
    s3.put_object(Bucket=bucket, Key="p/a.jpg", Body=photo("coffee.png"))
    place = {"Bucket": bucket, "Name": "p/a.jpg"}
    assert c.detect_faces(Image={"S3Object": place})["FaceDetails"] == []
    versioned = c.detect_faces(Image={"S3Object": {**place, "Version": first}})
    assert versioned["FaceDetails"] == c.detect_faces(Image=image(A1))["FaceDetails"]
    for wrong in (
        {"Bucket": bucket, "Name": "missing"},
        {"Bucket": f"none-{account}", "Name": "a"},
        {**place, "Version": "nope"},
        {"Bucket": bucket},
    ):
        with pytest.raises(c.exceptions.InvalidS3ObjectException):
            c.detect_faces(Image={"S3Object": wrong})


def test_im11_exif_orientation_is_applied(c: Any) -> None:
    """Else boxes of phone photos point beside the faces."""
    upright = Pillow.open(io.BytesIO(photo(A1))).convert("RGB")
    plain, turned = io.BytesIO(), io.BytesIO()
    upright.save(plain, "JPEG", quality=95)
    exif = Pillow.Exif()
    exif[0x0112] = 6
    upright.transpose(Pillow.Transpose.ROTATE_90).save(turned, "JPEG", quality=95, exif=exif)
    boxes = [
        c.detect_faces(Image={"Bytes": picture.getvalue()})["FaceDetails"][0]["BoundingBox"]
        for picture in (plain, turned)
    ]
    assert boxes[1] == pytest.approx(boxes[0], abs=0.01)
