"""The scores of a measuring set, through the engine that IndexFaces uses."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lineament.cli.measuring.lfw import MeasuringSetError, embed_subjects, read_measuring_set
from lineament.cli.measuring.same_people import (
    Suspect,
    find_same_people,
    genuine_bar,
    read_confirmed,
)
from lineament.domain import verification
from lineament.domain.faces import FaceEngine
from lineament.domain.verification import Scores

JUDGES = ("lineament-sface", "lineament-mobilefacenet")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run over a measuring set gives."""

    photos: int
    people: int
    """Whom the impostor pairs are of."""
    dimensions: int
    missed: tuple[Path, ...]
    """Photos in which no face was found."""
    folds: list[tuple[Scores, Scores]]
    """(genuine, impostor) scores of each fold."""
    genuine: Scores
    """Of all folds."""
    impostors: Scores
    """Every two people in whose photo a face was found, one photo each."""
    left_out: list[int]
    """Places of impostor pairs that show one person under two names."""
    kept: Scores
    """The impostors without those left out."""


def configure(parser: argparse.ArgumentParser, optional: bool = False) -> None:
    """Add the arguments of every command that measures a set."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?" if optional else None,
        help="FOLDER/images/<Person>/*.jpg and pairs.txt",
    )
    parser.add_argument(
        "--confirmed", type=Path, help="JSON: pairs that turned out to show one person (digests)"
    )


def measure(
    engine: FaceEngine,
    folder: Path,
    recognisers: Sequence[str],
    confirmed: Path | None = None,
    watch: Callable[[], object] = lambda: None,
) -> dict[str, Measured]:
    """Embed every photo of a set and score its pairs; prints the pairs that it leaves out.

    Args:
        engine: finds each face once for all recognisers.
        folder: the set.
        recognisers: whose vectors are measured.
        confirmed: the file of pairs that show one person; the one that ships where it is None.
        watch: called after each photo.

    Returns:
        By recogniser. Pairs that one of them makes suspect and that are left out are left out for
        all, so that they are measured on the same pairs.

    Raises:
        MeasuringSetError: not LFW's layout, or without pairs.
        ModelUnavailable: see `build_engine`.
    """
    known = read_confirmed(confirmed)
    measuring_set = read_measuring_set(folder)
    if not measuring_set.folds:
        raise MeasuringSetError(f"{folder} holds no pairs.txt")
    pictures = measuring_set.pictures()
    names = list(dict.fromkeys([*recognisers, *JUDGES]))
    vectors = embed_subjects(engine, pictures, names, watch)
    missed = vectors[names[0]].missed
    people = [picture for picture in measuring_set.people if picture not in missed]
    genuine_pairs = [pair for fold in measuring_set.folds for pair in fold.genuine]
    judges = {name: vectors[name] for name in JUDGES}
    impostors = {
        name: verification.impostor_scores(vectors[name].of(people)) for name in recognisers
    }
    suspects: dict[int, Suspect] = {}
    for name in recognisers:
        threshold = genuine_bar(vectors[name].pair_scores(genuine_pairs))
        for suspect in find_same_people(
            people, impostors[name], threshold, genuine_pairs, judges, known
        ):
            suspects.setdefault(suspect.place, suspect)
    _print_suspects(list(suspects.values()))
    left_out = sorted(place for place, suspect in suspects.items() if suspect.left_out)
    return {
        name: Measured(
            photos=len(pictures),
            people=len(people),
            dimensions=vectors[name].matrix.shape[1],
            missed=missed,
            folds=[
                (vectors[name].pair_scores(fold.genuine), vectors[name].pair_scores(fold.impostor))
                for fold in measuring_set.folds
            ],
            genuine=vectors[name].pair_scores(genuine_pairs),
            impostors=impostors[name],
            left_out=left_out,
            kept=np.delete(impostors[name], left_out),
        )
        for name in recognisers
    }


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
