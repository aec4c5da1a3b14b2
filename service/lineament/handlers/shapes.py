"""Domain dataclasses to wire structures. Source: SPEC.md B.0."""

from lineament.domain.faces import DetectedFace, FaceRecord, RatioBox
from lineament.handlers.services import Output


def bounding_box(box: RatioBox) -> Output:
    """Return a BoundingBox."""
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def face_detail(face: DetectedFace) -> Output:
    """Return a FaceDetail with the DEFAULT attributes; a ComparedFace has the same members."""
    return {
        "BoundingBox": bounding_box(face.box),
        "Landmarks": [{"Type": mark.kind, "X": mark.x, "Y": mark.y} for mark in face.landmarks],
        "Pose": {"Roll": face.pose.roll, "Yaw": face.pose.yaw, "Pitch": face.pose.pitch},
        "Quality": {
            "Brightness": face.quality.brightness,
            "Sharpness": face.quality.sharpness,
        },
        "Confidence": face.confidence,
    }


def indexed_face(record: FaceRecord) -> Output:
    """Return a Face as IndexFaces tells it: without model version and user."""
    return {
        "FaceId": record.face_id,
        "BoundingBox": bounding_box(record.box),
        "ImageId": record.image_id,
        "ExternalImageId": record.external_image_id,
        "Confidence": record.confidence,
    }


def stored_face(record: FaceRecord, model_version: str) -> Output:
    """Return a Face as ListFaces and the searches tell it."""
    return {
        **indexed_face(record),
        "IndexFacesModelVersion": model_version,
        "UserId": record.user_id,
    }
