"""The scores of a measuring set, through the engine that IndexFaces uses."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lineament.cli.lfw import MeasuringSetError, embed_subjects, read_measuring_set
from lineament.cli.same_people import Suspect, find_same_people, read_confirmed
from lineament.config import Settings
from lineament.domain import verification
from lineament.domain.verification import Scores
from lineament.vision.engine import build_engine

_JUDGES = ("lineament-mobilefacenet", "lineament-fr-feature")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run over a measuring set gives."""

    photos: int
    dimensions: int
    missed: tuple[Path, ...]
    """Photos in which no face was found."""
    folds: list[tuple[Scores, Scores]]
    """(genuine, impostor) scores of each fold."""
    genuine: Scores
    """Of all folds."""
    impostors: Scores
    """Every two people in whose photo a face was found, one photo each."""
    kept: Scores
    """Those without the pairs that show one person under two names."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of every command that measures a set."""
    parser.add_argument("folder", type=Path, help="FOLDER/images/<Person>/*.jpg and pairs.txt")
    parser.add_argument(
        "--confirmed", type=Path, help="JSON: pairs that turned out to show one person (digests)"
    )


def measure(settings: Settings, folder: Path, confirmed: Path | None = None) -> Measured:
    """Embed every photo of a set and score its pairs; prints the pairs that it leaves out.

    Args:
        settings: which models.
        folder: the set.
        confirmed: the file of pairs that show one person; the one that ships where it is None.

    Raises:
        MeasuringSetError: not LFW's layout, or without pairs.
        ModelUnavailable: see `build_engine`.
    """
    known = read_confirmed(confirmed)
    measuring_set = read_measuring_set(folder)
    if not measuring_set.folds:
        raise MeasuringSetError(f"{folder} holds no pairs.txt")
    engine = build_engine(settings.model_dir, settings.detector, settings.recognizer)
    pictures = measuring_set.pictures()
    vectors = embed_subjects(engine, pictures)
    people = [picture for picture in measuring_set.people if picture not in vectors.missed]
    impostors = verification.impostor_scores(vectors.of(people))
    folds = [
        (vectors.pair_scores(fold.genuine), vectors.pair_scores(fold.impostor))
        for fold in measuring_set.folds
    ]
    genuine = np.concatenate([fold[0] for fold in folds])
    suspects = find_same_people(
        people,
        impostors,
        float(np.median(genuine)),
        [pair for fold in measuring_set.folds for pair in fold.genuine],
        {name: build_engine(settings.model_dir, "", name) for name in _JUDGES},
        known,
    )
    _print_suspects(suspects)
    left_out = [suspect.place for suspect in suspects if suspect.left_out]
    return Measured(
        photos=len(pictures),
        dimensions=vectors.matrix.shape[1],
        missed=vectors.missed,
        folds=folds,
        genuine=genuine,
        impostors=impostors,
        kept=np.delete(impostors, left_out),
    )


def _print_suspects(suspects: list[Suspect]) -> None:
    if suspects:
        print("Impostor pairs in the genuine range: one person under two names?")
    for suspect in suspects:
        names = " / ".join(picture.parent.name for picture in suspect.pictures)
        cosines = ", ".join(f"{name} {cosine:.3f}" for name, cosine in suspect.cosines.items())
        print(f"  {names}: {cosines}: {_verdict(suspect)}")


def _verdict(suspect: Suspect) -> str:
    if suspect.left_out:
        return f"left out, {suspect.reason}"
    if suspect.agreed:
        return f'counted; look, and if it is one person add "{suspect.key}" to --confirmed'
    return "counted, the recognisers do not agree"
