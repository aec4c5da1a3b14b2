"""`lineament bench recognition FOLDER`: accuracy and false matches on a set in LFW's layout.

Everything goes through the service's own engine: the vectors are those that IndexFaces would store.
"""

import argparse
from pathlib import Path

import numpy as np

from lineament import config
from lineament.cli.figures import Figure, report
from lineament.cli.measuring import recognition
from lineament.cli.measuring.recognition import Measured, measure
from lineament.domain import verification
from lineament.domain.similarity import Calibration
from lineament.vision.engine import build_engine
from lineament.vision.profiles import choose_profile

_RATES = (1e-3, 1e-4, 1e-5)
_PERCENT = 100.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the folder and where to keep the figures."""
    recognition.configure(parser)
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--plot", type=Path, help="draw the score histogram into this PNG")


def run(args: argparse.Namespace) -> int:
    """Embed the set, print the table and the figures; 1 if one is short of its bar."""
    if args.plot is not None:  # before minutes of work: matplotlib may be missing, and is slow
        from lineament.cli.measuring.histogram import draw_histogram  # noqa: PLC0415
    settings = config.load()
    model = choose_profile(settings.profile, settings.detector, settings.recognizer).model
    print(f"FaceModelVersion {model.version}")
    engine = build_engine(settings.model_dir, settings.detector, model.recogniser)
    measured = measure(engine, args.folder, [model.recogniser], args.confirmed)[model.recogniser]
    _print_table(measured, model.calibration)
    if args.plot is not None:
        draw_histogram(measured.genuine, measured.kept, model.calibration, args.plot)
        print(f"histogram: {args.plot}")
    return report(_figures(measured, model.calibration), args.json)


def _figures(measured: Measured, calibration: Calibration) -> list[Figure]:
    accuracies = verification.fold_accuracies(measured.folds)
    tar = verification.found_rate(
        measured.genuine, verification.threshold_at(measured.kept, _RATES[0])
    )
    return [
        Figure.plain("photos", measured.photos),
        Figure.plain("impostor_pairs", len(measured.impostors)),
        Figure.plain("impostor_pairs_left_out", len(measured.left_out)),
        Figure.at_most("faces_missed", len(measured.missed), 0),
        Figure.at_least("accuracy_percent", float(np.mean(accuracies)) * _PERCENT, 99.4),
        Figure.at_least("tar_at_fmr_1e-3_percent", tar * _PERCENT, 98.3),
        *calibration_figures(measured, calibration),
    ]


def calibration_figures(measured: Measured, calibration: Calibration) -> list[Figure]:
    """Return what Similarity 80 and 99 promise and find on a set."""
    at_80, at_99 = calibration.cosine(80), calibration.cosine(99)
    false_rate, found_rate = verification.false_match_rate, verification.found_rate
    return [
        Figure.at_most("fmr_at_80", false_rate(measured.kept, at_80), 1e-5),
        Figure.at_most("fmr_at_99", false_rate(measured.kept, at_99), 1e-6),
        Figure.plain("fmr_at_80_nothing_left_out", false_rate(measured.impostors, at_80)),
        Figure.plain("fmr_at_99_nothing_left_out", false_rate(measured.impostors, at_99)),
        Figure.at_least(
            "genuine_at_80_percent", found_rate(measured.genuine, at_80) * _PERCENT, 90
        ),
        Figure.plain("genuine_at_99_percent", found_rate(measured.genuine, at_99) * _PERCENT),
    ]


def _print_table(measured: Measured, calibration: Calibration) -> None:
    accuracies = verification.fold_accuracies(measured.folds)
    shown = ", ".join(f"{accuracy * _PERCENT:.2f}" for accuracy in accuracies)
    print(f"accuracy by fold, percent: {shown}")
    print(f"{'FMR':>8} {'cosine':>8} {'Similarity':>11} {'TAR %':>8}")
    for rate in _RATES:
        threshold = verification.threshold_at(measured.kept, rate)
        found = verification.found_rate(measured.genuine, threshold) * _PERCENT
        similarity = calibration.similarity(threshold)
        print(f"{rate:>8.0e} {threshold:>8.4f} {similarity:>11.2f} {found:>8.2f}")
