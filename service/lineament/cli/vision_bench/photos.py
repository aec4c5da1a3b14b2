"""Faces found on the photos that packages bring, whose people models.json names."""

import cv2
import numpy as np

from lineament.cli.figures import Figure
from lineament.cli.vision_bench.part import Context, Part
from lineament.vision.intake import decode
from lineament.vision.manifest import load_manifest

_SIZES = (1.0, 0.75, 0.5)


def run(context: Context) -> Part:
    """Count what the engine reports on each photo, at its size and smaller."""
    lines, missed, more, people = [], 0, 0, 0
    for photo in load_manifest().photos:
        pixels = decode((context.model_dir / photo.path).read_bytes())
        found = []
        for size in _SIZES:
            small = cv2.resize(pixels, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
            found.append(len(context.engine.find_faces(np.asarray(small, np.uint8)).faces))
        people += len(photo.who) * len(_SIZES)
        missed += sum(max(len(photo.who) - faces, 0) for faces in found)
        more += sum(max(faces - len(photo.who), 0) for faces in found)
        shown = ", ".join(str(faces) for faces in found)
        lines.append(f"{photo.name:28}{len(photo.who):3} people, found {shown}")
    scales = ", ".join(f"{size:g}" for size in _SIZES)
    return Part(
        [f"at {scales} of the photo's size", *lines],
        [
            Figure.at_most("package_photos_people_missed", missed, 0),
            Figure.at_most("package_photos_false_findings", more, 0),
            Figure.plain("package_photos_people", people),
        ],
    )
