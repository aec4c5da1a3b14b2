"""`lineament calibrate FOLDER`: fit Similarity to a measuring set and write the model's profile.

The set is in LFW's layout; some 2,500 people give the three million pairs that a promise of one
false match in a million needs. Only numbers are written: no picture, vector or name.
"""

import argparse
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from lineament import config
from lineament.cli.measuring import recognition
from lineament.cli.measuring.recognition import Measured, measure
from lineament.domain.calibration import fit_calibration
from lineament.domain.similarity import Calibration
from lineament.errors import LineamentError
from lineament.vision import registry
from lineament.vision.engine import build_engine

_DIGEST_DIGITS = 6


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the folder and the file to write."""
    recognition.configure(parser)
    parser.add_argument("--output", type=Path, required=True, help="the profile, a JSON file")


def run(args: argparse.Namespace) -> int:
    """Measure, fit, write the profile and print its knots."""
    settings = config.load()
    detector = settings.detector or registry.DEFAULT_DETECTOR
    recogniser = settings.recognizer or registry.DEFAULT_RECOGNISER
    engine = build_engine(settings.model_dir, detector, recogniser)
    measured = measure(engine, args.folder, [recogniser], args.confirmed)[recogniser]
    try:
        calibration = fit_calibration(measured.kept)
    except ValueError as error:
        raise LineamentError(str(error)) from error
    profile = _to_profile(detector, recogniser, calibration, measured)
    args.output.write_text(json.dumps(profile, indent=2) + "\n")
    print(f"FaceModelVersion {profile['version']}: {args.output}")
    for cosine, similarity in zip(calibration.cosines, calibration.similarities, strict=True):
        print(f"  cosine {cosine:7.4f}  Similarity {similarity:5.1f}")
    return 0


def _to_profile(
    detector: str, recogniser: str, calibration: Calibration, measured: Measured
) -> dict[str, Any]:
    """Return the profile; its version follows from models and knots, so a refit changes it."""
    knots = {
        "cosine": list(calibration.cosines),
        "similarity": list(calibration.similarities),
    }
    named = json.dumps([detector, recogniser, knots]).encode()
    return {
        "version": f"{recogniser}.{sha256(named).hexdigest()[:_DIGEST_DIGITS]}",
        "detector": detector,
        "recogniser": recogniser,
        "dimensions": measured.dimensions,
        "calibration": knots,
        "fitted": {
            "by": "lineament calibrate",
            "photos": measured.photos,
            "impostor_pairs": len(measured.impostors),
            "impostor_pairs_left_out": len(measured.impostors) - len(measured.kept),
        },
    }
