"""Domain dataclasses to wire structures. Source: SPEC.md B.0."""

from lineament.domain.attributes import Attributes
from lineament.domain.collections import Collection
from lineament.domain.faces import DetectedFace, FaceRecord, Landmark, RatioBox
from lineament.domain.ports import GalleryView
from lineament.domain.users import User
from lineament.handlers.services import Output


def bounding_box(box: RatioBox) -> Output:
    """Return a BoundingBox."""
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def face_detail(face: DetectedFace, attributes: Attributes | None = None) -> Output:
    """Return a FaceDetail; without attributes it has the members of a ComparedFace."""
    detail = {
        "BoundingBox": bounding_box(face.box),
        "Landmarks": _landmarks(face.landmarks),
        "Pose": {"Roll": face.pose.roll, "Yaw": face.pose.yaw, "Pitch": face.pose.pitch},
        "Quality": {
            "Brightness": face.quality.brightness,
            "Sharpness": face.quality.sharpness,
        },
        "Confidence": face.confidence,
    }
    return detail if attributes is None else {**detail, **_beyond_default(attributes)}


def _beyond_default(attributes: Attributes) -> Output:
    members: Output = {
        member: {"Value": judgement.value, "Confidence": judgement.confidence}
        for member, judgement in attributes.judgements.items()
    }
    if attributes.landmarks is not None:
        members["Landmarks"] = _landmarks(attributes.landmarks)
    if attributes.age is not None:
        members["AgeRange"] = {"Low": attributes.age.low, "High": attributes.age.high}
    if attributes.gender is not None:
        gender = attributes.gender
        members["Gender"] = {"Value": gender.value, "Confidence": gender.confidence}
    if attributes.emotions is not None:
        members["Emotions"] = [
            {"Type": emotion.kind, "Confidence": emotion.confidence}
            for emotion in attributes.emotions
        ]
    if attributes.eye_direction is not None:
        gaze = attributes.eye_direction
        members["EyeDirection"] = {
            "Yaw": gaze.yaw,
            "Pitch": gaze.pitch,
            "Confidence": gaze.confidence,
        }
    return members


def _landmarks(landmarks: tuple[Landmark, ...]) -> list[Output]:
    return [{"Type": mark.kind, "X": mark.x, "Y": mark.y} for mark in landmarks]


def indexed_face(record: FaceRecord) -> Output:
    """Return a Face as IndexFaces tells it: without model version and user."""
    return {
        "FaceId": record.face_id,
        "BoundingBox": bounding_box(record.box),
        "ImageId": record.image_id,
        "ExternalImageId": record.external_image_id,
        "Confidence": record.confidence,
    }


def stored_face(record: FaceRecord, collection: Collection, view: GalleryView) -> Output:
    """Return a Face as ListFaces and the searches tell it."""
    owner = view.membership.owner(record.face_id)
    return {
        **indexed_face(record),
        "IndexFacesModelVersion": collection.model_version,
        "UserId": None if owner is None else owner.user_id,
    }


def user(told: User) -> Output:
    """Return a User."""
    return {"UserId": told.user_id, "UserStatus": told.status}
