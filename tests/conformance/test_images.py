"""IM*: pictures in, by bytes and from S3. Source: SPEC.md F, A.7."""

import base64
from typing import Any

import pytest

from tests import pictures
from tests.conformance.album import Album
from tests.conformance.asking import VALIDATION, refused

FORMAT = "InvalidImageFormatException"
LARGE = "ImageTooLargeException"
PARAMETER = "InvalidParameterException"
S3_ERROR = "InvalidS3ObjectException"
METADATA = "Unable to get object metadata from S3."
BLOB = 5 * 1024 * 1024


def boxes(c: Any, image: bytes) -> list[dict[str, float]]:
    """Return the boxes of the faces in a picture."""
    found = c.detect_faces(Image={"Bytes": image})["FaceDetails"]
    return [face["BoundingBox"] for face in found]


def test_im01_jpeg_and_png(c: Any, album: Album) -> None:
    """Lost: one of the two formats that everybody has."""
    assert len(boxes(c, album.a1)) == 1
    assert len(boxes(c, pictures.png(album.small_pixels))) == 1


@pytest.mark.parametrize(
    "dress", ["progressive", "grey", "cmyk", "palette", "16-bit", "interlaced"]
)
def test_im01_every_dress_of_them(c: Any, album: Album, dress: str) -> None:
    """Lost: ordinary files, as cameras, scanners and web sites make them."""
    make = {
        "progressive": pictures.progressive_jpeg,
        "grey": pictures.grey_jpeg,
        "cmyk": pictures.cmyk_jpeg,
        "palette": pictures.palette_png,
        "16-bit": pictures.sixteen_bit_png,
        "interlaced": pictures.interlaced_png,
    }[dress]
    assert len(boxes(c, make(album.small_pixels))) == 1


@pytest.mark.parametrize("make", [pictures.alpha_png, pictures.sixteen_bit_alpha_png])
def test_im01_four_channels(c: Any, album: Album, make: Any) -> None:
    """Lost: cut-out portraits."""
    opaque = album.small_pixels[..., 0] * 0 + 255
    assert len(boxes(c, make(album.small_pixels, opaque))) == 1
    assert boxes(c, make(album.small_pixels, opaque * 0)) == []


@pytest.mark.parametrize("kind", sorted(pictures.not_pictures(pictures.scenery(90, 90))))
def test_im02_other_formats(c: Any, kind: str) -> None:
    """Lost: a wrong upload looks like a fault of the service, or like a picture without faces."""
    image = pictures.not_pictures(pictures.scenery(90, 90))[kind]
    if kind == "nothing":
        assert "'image.bytes'" in refused(c.detect_faces, VALIDATION, Image={"Bytes": image})
        return
    message = refused(c.detect_faces, FORMAT, Image={"Bytes": image})
    assert message.startswith("Request has invalid image format")


def test_im03_size_of_the_blob(c: Any, album: Album) -> None:
    """Lost: the largest picture that AWS takes is refused, or there is no limit."""
    fits = pictures.jpeg_of_size(album.small_pixels, BLOB)
    assert len(boxes(c, fits)) == 1
    over = pictures.jpeg_of_size(album.small_pixels, BLOB + 1)
    assert refused(c.detect_faces, VALIDATION, Image={"Bytes": over}) == (
        "1 validation error detected: Value at 'image.bytes' failed to satisfy constraint: "
        "Member must have length less than or equal to 5242880"
    )


def test_im04_empty_blob(c: Any) -> None:
    """Lost: an upload that went wrong is not named."""
    message = refused(c.detect_faces, VALIDATION, Image={"Bytes": b""})
    assert "Value at 'image.bytes' failed" in message
    assert "Member must have length greater than or equal to 1" in message


@pytest.mark.parametrize("size", [(60, 60), (79, 200), (200, 79)])
def test_im05_too_few_pixels(c: Any, size: tuple[int, int]) -> None:
    """Lost: a thumbnail is answered with no faces, and nobody learns why."""
    image = pictures.jpeg(pictures.scenery(*size))
    message = refused(c.detect_faces, PARAMETER, Image={"Bytes": image})
    assert "80" in message
    assert f"{size[0]}x{size[1]}" in message


def test_im05_eighty_pixels_are_enough(c: Any) -> None:
    """Lost: the smallest picture that AWS takes."""
    for make in (pictures.jpeg, pictures.png):
        assert boxes(c, make(pictures.scenery(80, 80))) == []


@pytest.mark.parametrize(
    "image",
    [{}, {"Bytes": b"x", "S3Object": {"Bucket": "some-bucket", "Name": "n"}}],
)
def test_im06_neither_or_both_sources(c: Any, image: dict[str, Any]) -> None:
    """Lost: it is a guess which picture was looked at."""
    assert "Image" in refused(c.detect_faces, PARAMETER, Image=image)
    message = refused(c.compare_faces, PARAMETER, SourceImage=image, TargetImage=image)
    assert "SourceImage" in message


def test_im08_s3_object_and_its_version(c: Any, s3: Any, bucket: str, album: Album) -> None:
    """Lost: pictures in S3, or the right one of a picture's versions."""
    old = s3.put_object(Bucket=bucket, Key="im/08 \u00e9.jpg", Body=album.nobody)["VersionId"]
    new = s3.put_object(Bucket=bucket, Key="im/08 \u00e9.jpg", Body=album.a1)["VersionId"]
    pointer = {"Bucket": bucket, "Name": "im/08 \u00e9.jpg"}
    for version, faces in (({}, 1), ({"Version": new}, 1), ({"Version": old}, 0)):
        found = c.detect_faces(Image={"S3Object": {**pointer, **version}})
        assert len(found["FaceDetails"]) == faces


def test_im08_s3_object_may_be_larger_than_a_blob(
    c: Any, s3: Any, bucket: str, album: Album
) -> None:
    """Lost: the reason to put pictures into S3 at all: 15 MB instead of 5."""
    limit = 15 * 1024 * 1024
    for size in (limit, limit + 1):
        image = pictures.jpeg_of_size(album.small_pixels, size)
        s3.put_object(Bucket=bucket, Key=f"{size}.jpg", Body=image)
    whole = {"S3Object": {"Bucket": bucket, "Name": f"{limit}.jpg"}}
    assert len(c.detect_faces(Image=whole)["FaceDetails"]) == 1
    over = {"S3Object": {"Bucket": bucket, "Name": f"{limit + 1}.jpg"}}
    assert str(limit) in refused(c.detect_faces, LARGE, Image=over)


def test_im09_missing_key_bucket_or_version(c: Any, s3: Any, bucket: str, album: Album) -> None:
    """Lost: a mistyped key is not told from a broken picture."""
    s3.put_object(Bucket=bucket, Key="there.jpg", Body=album.small)
    for pointer in (
        {"Bucket": bucket, "Name": "missing.jpg"},
        {"Bucket": "no-such-bucket-here", "Name": "there.jpg"},
        {"Bucket": bucket, "Name": "there.jpg", "Version": "00000000-0000-4000-8000-000000000000"},
        {"Bucket": bucket, "Name": "there.jpg", "Version": "nope"},
    ):
        message = refused(c.detect_faces, S3_ERROR, Image={"S3Object": pointer})
        assert message.startswith(METADATA)


@pytest.mark.parametrize("pointer", [{}, {"Bucket": "some-bucket"}, {"Name": "there.jpg"}])
def test_im09_half_a_pointer(c: Any, pointer: dict[str, str]) -> None:
    """Lost: a forgotten bucket reads as a missing picture."""
    message = refused(c.detect_faces, S3_ERROR, Image={"S3Object": pointer})
    assert message == "Request has invalid S3 object. Image.S3Object must hold Bucket and Name"


@pytest.mark.parametrize("orientation", range(2, 9))
def test_im11_exif_orientation(c: Any, album: Album, orientation: int) -> None:
    """Lost: boxes of photos from phones lie beside the faces, or no face is found."""
    (upright,) = boxes(c, pictures.jpeg(album.small_pixels))
    (turned,) = boxes(c, pictures.oriented_jpeg(album.small_pixels, orientation))
    for side, value in upright.items():
        assert turned[side] == pytest.approx(value, abs=0.01)


def test_im16_double_base64(c: Any, album: Album) -> None:
    """Lost: the commonest mistake with boto3 is not named."""
    twice = base64.b64encode(album.small)
    message = refused(c.detect_faces, FORMAT, Image={"Bytes": twice})
    assert "twice" in message
