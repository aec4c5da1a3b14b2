"""Users of a measuring set: some photos of a person stand for them, others are searched for.

Strangers are all photos of everybody else, but of the people whom the set has under two names.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament.cli.measuring.label_files import digest_of
from lineament.cli.measuring.lfw import MeasuringSet, Vectors, embed_subjects, read_measuring_set
from lineament.cli.measuring.recognition import JUDGES
from lineament.cli.measuring.same_people import genuine_bar, read_confirmed
from lineament.domain.faces import FaceEngine, Matrix
from lineament.domain.templates import template

_SEED = 1000


@dataclass(frozen=True, slots=True)
class Looks:
    """Every photo of a set in which a face was found, as one recogniser sees it."""

    vectors: Matrix
    person: NDArray[np.intp]
    """Shape (n,): who is on each photo, 0 to p - 1."""
    apart: NDArray[np.bool_]
    """Shape (p, p): whether two numbers are two people."""
    merit: NDArray[np.float32]
    """Shape (n,): how much the photo shows of what tells people apart, 0 to 100; all the same where
    the recogniser does not tell."""

    def photos(self) -> list[NDArray[np.intp]]:
        """Return the rows of each person's photos."""
        return [np.flatnonzero(self.person == one) for one in range(len(self.apart))]


@dataclass(frozen=True, slots=True)
class Trials:
    """Users and whom they are searched by."""

    person: NDArray[np.intp]
    """Shape (t,): whose user each is."""
    enrolled: Sequence[NDArray[np.intp]]
    """The rows of each user's faces."""
    searched: NDArray[np.intp]
    """Shape (g, 2): (user, row of another photo of that person)."""

    def first_faces(self, size: int) -> "Trials":
        """Return the same users with no more than so many faces each."""
        return Trials(self.person, [rows[:size] for rows in self.enrolled], self.searched)


Way = Callable[[Looks, Trials], NDArray[np.float32]]
"""How users are compared with photos: shape (t, n), the score of each user and photo."""


def read_looks(
    engine: FaceEngine, folder: Path, recognisers: Sequence[str], confirmed: Path | None
) -> dict[str, Looks]:
    """Embed every photo of a set.

    Args:
        engine: finds each face once for all recognisers.
        folder: the set.
        recognisers: by name.
        confirmed: as for `recognition.measure`.

    Raises:
        MeasuringSetError: not LFW's layout.
    """
    measuring_set = read_measuring_set(folder)
    pictures = [
        picture for first in measuring_set.people for picture in sorted(first.parent.glob("*.jpg"))
    ]
    vectors = embed_subjects(engine, pictures, list(dict.fromkeys([*recognisers, *JUDGES])))
    missed = set(vectors[recognisers[0]].missed)
    seen = [picture for picture in pictures if picture not in missed]
    names, person = np.unique([picture.parent.name for picture in seen], return_inverse=True)
    apart = ~np.eye(len(names), dtype=bool)
    number = {str(name): place for place, name in enumerate(names)}
    for one, other in _same_people(measuring_set, seen, vectors, confirmed):
        pair = number[one], number[other]
        apart[pair] = apart[pair[::-1]] = False
    rows = [row for row, picture in enumerate(pictures) if picture not in missed]
    return {name: _looks(vectors[name], rows, person, apart) for name in recognisers}


def _looks(
    vectors: Vectors, rows: list[int], person: NDArray[np.intp], apart: NDArray[np.bool_]
) -> Looks:
    shown = vectors.recognisability
    merit = np.zeros(len(rows), np.float32) if shown is None else shown[rows]
    return Looks(vectors.matrix[rows], person, apart, merit)


def _same_people(
    measuring_set: MeasuringSet,
    pictures: Sequence[Path],
    vectors: dict[str, Vectors],
    confirmed: Path | None,
) -> list[tuple[str, str]]:
    """Return the pairs of names that stand for one person, by the rule of `same_people`.

    Any photo may tell, not only a person's first.
    """
    known = read_confirmed(confirmed)
    genuine = [pair for fold in measuring_set.folds for pair in fold.genuine]
    if not known or not genuine:
        return []
    named: dict[str, list[Path]] = {}
    for picture in pictures:
        named.setdefault(digest_of(picture.read_bytes()), []).append(picture)
    pairs = [
        (one, other)
        for first, second in (key.split() for key in known)
        for one in named.get(first, [])
        for other in named.get(second, [])
        if one.parent != other.parent
    ]
    agreed = np.ones(len(pairs), bool)
    for judge in JUDGES if pairs else ():
        bar = genuine_bar(vectors[judge].pair_scores(genuine))
        agreed &= vectors[judge].pair_scores(pairs) >= bar
    return [
        (one.parent.name, other.parent.name)
        for (one, other), sure in zip(pairs, agreed, strict=True)
        if sure
    ]


def draw_trials(looks: Looks, size: int, draws: int) -> Trials:
    """Return users of so many faces; the rest of each person's photos is searched for.

    Args:
        looks: the set; people with more photos than `size` count.
        size: faces of a user.
        draws: how often each person's faces are drawn anew.
    """
    photos = looks.photos()
    drawn = []
    for draw in range(draws):
        chance = np.random.default_rng(_SEED + draw)
        drawn += [(one, chance.permutation(rows)) for one, rows in enumerate(photos)]
    drawn = [(one, rows) for one, rows in drawn if len(rows) > size]
    return _trials([(one, rows[:size], rows[size:]) for one, rows in drawn])


def all_photos(looks: Looks, least: int = 2) -> Trials:
    """Return one user a person with all photos of theirs, of those who have so many."""
    photos = looks.photos()
    return _trials([(one, rows, rows[:0]) for one, rows in enumerate(photos) if len(rows) >= least])


def _trials(users: Iterable[tuple[int, NDArray[np.intp], NDArray[np.intp]]]) -> Trials:
    listed = list(users)
    return Trials(
        np.array([one for one, _, _ in listed], np.intp),
        [enrolled for _, enrolled, _ in listed],
        np.array(
            [(user, row) for user, (_, _, rest) in enumerate(listed) for row in rest], np.intp
        ).reshape(-1, 2),
    )


def templates_of(looks: Looks, trials: Trials) -> Matrix:
    """Return each user's template, a row each."""
    return np.stack([template(looks.vectors[rows]) for rows in trials.enrolled])


def by_template(looks: Looks, trials: Trials) -> NDArray[np.float32]:
    """Compare with each user's template, as the service does."""
    return np.asarray(templates_of(looks, trials) @ looks.vectors.T, np.float32)


def by_best_face(looks: Looks, trials: Trials) -> NDArray[np.float32]:
    """Compare with the one face of each user that shows most."""
    best = [rows[np.argmax(looks.merit[rows])] for rows in trials.enrolled]
    return np.asarray(looks.vectors[best] @ looks.vectors.T, np.float32)


def by_luckiest_face(looks: Looks, trials: Trials) -> NDArray[np.float32]:
    """Compare with the one face that finds its person best: no rule could know it beforehand."""
    luckiest = []
    for user, rows in enumerate(trials.enrolled):
        rest = trials.searched[trials.searched[:, 0] == user, 1]
        found = (looks.vectors[rows] @ looks.vectors[rest].T).mean(axis=1)
        luckiest.append(rows[np.argmax(found)])
    return np.asarray(looks.vectors[luckiest] @ looks.vectors.T, np.float32)


def by_every_face(looks: Looks, trials: Trials) -> NDArray[np.float32]:
    """Compare with every face of each user; the highest score counts. One vector a face."""
    return np.stack(
        [(looks.vectors[rows] @ looks.vectors.T).max(axis=0) for rows in trials.enrolled]
    )
