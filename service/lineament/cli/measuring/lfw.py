"""A measuring set in the layout of Labeled Faces in the Wild, and its vectors.

    FOLDER/images/<Person>/<Person>_NNNN.jpg      (or FOLDER/<Person>/...)
    FOLDER/pairs.txt                              View 2: folds and pairs, then the pairs

The subject of a picture is the face nearest to its centre, as LFW crops them.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from tqdm import tqdm

from lineament.domain.faces import DetectedFace, FaceEngine, Matrix, Vector
from lineament.errors import LineamentError

_SAME_PERSON_COLUMNS = 3
_WORKERS = 2
_Made = list[tuple[Vector, float | None]] | None
"""A subject's vector and how much it shows, by recogniser; None where no face was found."""


class MeasuringSetError(LineamentError):
    """The folder is not in LFW's layout; the message says where it differs."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Pairs of pictures: of one person, and of two."""

    genuine: tuple[tuple[Path, Path], ...]
    impostor: tuple[tuple[Path, Path], ...]


@dataclass(frozen=True, slots=True)
class MeasuringSet:
    """A folder in LFW's layout."""

    people: tuple[Path, ...]
    """The first picture of each person, by name."""
    folds: tuple[Fold, ...]

    def pictures(self) -> list[Path]:
        """Return every picture that stands in a pair or for a person, once."""
        paired = (
            path for fold in self.folds for pair in (*fold.genuine, *fold.impostor) for path in pair
        )
        return sorted({*self.people, *paired})


@dataclass(frozen=True, slots=True)
class Vectors:
    """The subjects' vectors of many pictures."""

    rows: dict[Path, int]
    matrix: Matrix
    """Unit rows; a picture in which no face was found has a row of zeros."""
    missed: tuple[Path, ...]
    recognisability: Vector | None = None
    """0 to 100, shape (n,), 0 where no face was found; None where the recogniser does not tell."""

    def of(self, pictures: Iterable[Path]) -> Matrix:
        """Return the vectors of pictures, a row each."""
        return self.matrix[[self.rows[picture] for picture in pictures]]

    def pair_scores(self, pairs: Sequence[tuple[Path, Path]]) -> Vector:
        """Return the cosine of each pair."""
        first = self.of(one for one, _ in pairs)
        second = self.of(other for _, other in pairs)
        return np.asarray(np.einsum("ij,ij->i", first, second), np.float32)


def read_measuring_set(folder: Path) -> MeasuringSet:
    """Read which pictures there are and how they pair.

    Raises:
        MeasuringSetError: no people, or a pair that names a picture that is not there.
    """
    images = folder / "images" if (folder / "images").is_dir() else folder
    if not images.is_dir():
        raise MeasuringSetError(f"{folder} is not a folder")
    people = [
        pictures[0]
        for person in sorted(images.iterdir())
        if person.is_dir() and (pictures := sorted(person.glob("*.jpg")))
    ]
    if not people:
        raise MeasuringSetError(f"{images} holds no <Person>/<Person>_NNNN.jpg")
    pairs = folder / "pairs.txt"
    folds = _read_folds(images, pairs.read_text().splitlines()) if pairs.is_file() else ()
    return MeasuringSet(tuple(people), folds)


def _read_folds(images: Path, lines: list[str]) -> tuple[Fold, ...]:
    try:
        fold_count, pair_count = (int(number) for number in lines[0].split())
    except (IndexError, ValueError) as error:
        raise MeasuringSetError(
            "pairs.txt must begin with the numbers of folds and pairs"
        ) from error
    pairs = [_read_pair(images, line.split()) for line in lines[1:] if line.strip()]
    if len(pairs) != 2 * fold_count * pair_count:
        raise MeasuringSetError(
            f"pairs.txt holds {len(pairs)} pairs; its first line promises "
            f"{2 * fold_count * pair_count}"
        )
    folds = []
    for start in range(0, len(pairs), 2 * pair_count):
        middle = start + pair_count
        folds.append(Fold(tuple(pairs[start:middle]), tuple(pairs[middle : middle + pair_count])))
    return tuple(folds)


def _read_pair(images: Path, columns: list[str]) -> tuple[Path, Path]:
    if len(columns) == _SAME_PERSON_COLUMNS:
        person, first, second = columns
        named = ((person, first), (person, second))
    else:
        one, first, other, second = columns
        named = ((one, first), (other, second))
    paths = [images / name / f"{name}_{int(number):04d}.jpg" for name, number in named]
    for path in paths:
        if not path.is_file():
            raise MeasuringSetError(f"pairs.txt names {path.name}, which is not there")
    return paths[0], paths[1]


def embed_subjects(
    engine: FaceEngine,
    pictures: Sequence[Path],
    recognisers: Sequence[str] = ("",),
    watch: Callable[[], object] = lambda: None,
) -> dict[str, Vectors]:
    """Find and embed the subject of each picture, with a progress bar.

    Args:
        engine: finds each face once, whatever embeds it.
        pictures: the files.
        recognisers: by name; an empty one is the engine's default.
        watch: called after each picture.

    Returns:
        The vectors by recogniser.
    """

    def subject(picture: Path) -> _Made:
        vectors = _subject(engine, picture, recognisers)
        watch()
        return vectors

    with ThreadPoolExecutor(_WORKERS) as pool:
        found = list(
            tqdm(
                pool.map(subject, pictures),
                total=len(pictures),
                unit="photo",
                mininterval=1 if sys.stderr.isatty() else 30,
            )
        )
    rows = {picture: row for row, picture in enumerate(pictures)}
    missed = tuple(
        picture for picture, vectors in zip(pictures, found, strict=True) if vectors is None
    )
    result = {}
    for place, name in enumerate(recognisers):
        seen = [None if vectors is None else vectors[place] for vectors in found]
        length = next((len(one[0]) for one in seen if one is not None), 1)
        empty = np.zeros(length, np.float32)
        matrix = np.stack([empty if one is None else one[0] for one in seen])
        shown = [0.0 if one is None else one[1] for one in seen]
        told = None if None in shown else np.array(shown, np.float32)
        result[name] = Vectors(rows, matrix, missed, told)
    return result


_MADE: "WeakKeyDictionary[FaceEngine, dict[tuple[Path, tuple[str, ...]], _Made]]" = (
    WeakKeyDictionary()
)
"""What an engine has made of pictures: parts of a bench look at the same thousands."""


def _subject(engine: FaceEngine, picture: Path, recognisers: Sequence[str]) -> _Made:
    made = _MADE.setdefault(engine, {})
    key = (picture, tuple(recognisers))
    if key not in made:
        made[key] = _look(engine, picture, recognisers)
    return made[key]


def _look(engine: FaceEngine, picture: Path, recognisers: Sequence[str]) -> _Made:
    seen = engine.analyse(picture.read_bytes())
    subject = subject_of(seen.faces)
    if subject is None:
        return None
    made = []
    for name in recognisers:
        shown = seen.recognisability([subject], name)
        made.append((seen.embed([subject], name)[0], None if shown is None else shown[0]))
    return made


def subject_of(faces: Sequence[DetectedFace]) -> int | None:
    """Return the index of the face nearest to its picture's centre; None where there is none."""
    return min(range(len(faces)), key=lambda index: _off_centre(faces[index]), default=None)


def place_of(person: str) -> int:
    """Return 0 to 99 by a person's name: parts of a set are cut so that nobody is in two."""
    return int(sha256(person.encode()).hexdigest()[:8], 16) % 100


def _off_centre(face: DetectedFace) -> float:
    box = face.box
    return abs(box.left + box.width / 2 - 0.5) + abs(box.top + box.height / 2 - 0.5)
