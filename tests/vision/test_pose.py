"""Which way a head is turned."""

import cv2
import numpy as np
import pytest

from lineament.domain.faces import Pose
from lineament.vision.engine import Engine
from lineament.vision.intake import decode
from lineament.vision.pose import estimate_poses
from tests import pictures
from tests.vision.conftest import Photo


def subject(engine: Engine, pixels: np.ndarray) -> Pose:
    """Return the pose of the largest face."""
    return engine.find_faces(pixels).faces[0].pose


@pytest.mark.parametrize("degrees", [-40, -20, 20, 40])
@pytest.mark.parametrize("name", ["obama.jpg", "biden.jpg", "astronaut.png"])
def test_roll_follows_the_picture_and_nothing_else_does(
    engine: Engine, photo: Photo, name: str, degrees: float
) -> None:
    """A tilted photo of a frontal face would be refused for its pose, or shown at a wrong slant."""
    pixels = decode(photo(name))
    upright = subject(engine, pixels)
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 0.7)
    turned = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    found = subject(engine, np.asarray(turned, np.uint8))
    assert found.roll - upright.roll == pytest.approx(degrees, abs=3)
    assert found.yaw == pytest.approx(upright.yaw, abs=5)
    assert found.pitch == pytest.approx(upright.pitch, abs=5)


@pytest.mark.parametrize("name", ["t1.jpg", "obama.jpg", "biden.jpg", "astronaut.png"])
def test_mirrored_faces_look_the_other_way(engine: Engine, photo: Photo, name: str) -> None:
    """Left and right would be judged by two measures."""
    pixels = decode(photo(name))
    here = engine.find_faces(pixels).faces
    there = engine.find_faces(np.ascontiguousarray(pixels[:, ::-1])).faces
    assert len(here) == len(there)
    for face in here:
        middle = face.box.left + face.box.width / 2
        other = min(there, key=lambda twin: abs(1 - twin.box.left - twin.box.width / 2 - middle))
        assert other.pose.yaw == pytest.approx(-face.pose.yaw, abs=4)
        assert other.pose.roll == pytest.approx(-face.pose.roll, abs=4)
        assert other.pose.pitch == pytest.approx(face.pose.pitch, abs=4)


def test_signs_are_those_of_aws(engine: Engine, photo: Photo) -> None:
    """Clients that ask for a turn of the head would ask for the wrong side."""
    faces = engine.find_faces(decode(photo("t1.jpg"))).faces
    for face in faces:
        places = {mark.kind: mark for mark in face.landmarks}
        eyes = (places["eyeLeft"].x + places["eyeRight"].x) / 2
        reach = abs(places["eyeRight"].x - places["eyeLeft"].x)
        offset = (places["nose"].x - eyes) / reach
        if abs(offset) > 0.25:
            assert face.pose.yaw * offset > 0
    yaws = [face.pose.yaw for face in faces]
    assert max(yaws) - min(yaws) > 20  # they look at each other, not at the camera


def test_a_face_squeezed_from_above_reads_as_tilted(engine: Engine, photo: Photo) -> None:
    """Pitch would be a constant: nobody who looks up or down would be told."""
    dense = engine.find_faces(decode(photo("obama.jpg"))).seen.dense
    nose_down, nose_up = dense.copy(), dense.copy()
    eyes, mouth = dense[0, 36:48].mean(axis=0), dense[0, 48:68].mean(axis=0)
    nose_down[:, 27:36] += 0.12 * (mouth - eyes)
    nose_up[:, 27:36] -= 0.12 * (mouth - eyes)
    (down,), (middle,), (up,) = (estimate_poses(face) for face in (nose_down, dense, nose_up))
    assert down.pitch < middle.pitch - 4
    assert up.pitch > middle.pitch + 4


def test_frontal_portraits_read_near_zero(engine: Engine, photo: Photo) -> None:
    """Good portraits would be filtered out for their pose."""
    for name in ("obama.jpg", "astronaut.png", "biden.jpg"):
        pose = subject(engine, decode(photo(name)))
        assert abs(pose.yaw) < 12, name
        assert abs(pose.pitch) < 12, name


def test_turned_and_raised_heads_read_as_such(engine: Engine, photo: Photo) -> None:
    """A head in profile, or one seen from below, would pass as a frontal one."""
    assert -32 < subject(engine, decode(photo("obama2.jpg"))).yaw < -14
    assert 12 < subject(engine, decode(photo("obama3.jpg"))).pitch < 30
    poses = [face.pose for face in engine.analyse(photo("t1.jpg")).faces]
    profile = max(poses, key=lambda pose: abs(pose.yaw))  # one ear hidden, the other eye half
    assert -85 < profile.yaw < -55


def test_pose_survives_a_small_picture(engine: Engine, photo: Photo) -> None:
    """The same face would pass the quality filter in one size and fail in another."""
    pixels = decode(photo("biden.jpg"))
    whole = subject(engine, pixels)
    small = subject(engine, pictures.scaled(pixels, 0.35))
    assert small.yaw == pytest.approx(whole.yaw, abs=4)
    assert small.pitch == pytest.approx(whole.pitch, abs=5)


def test_no_faces_no_poses() -> None:
    """A photo without a face would be answered with an error."""
    assert estimate_poses(np.empty((0, 68, 2), np.float32)) == []
