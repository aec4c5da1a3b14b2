"""Users on a measuring set: is a template better than a face, and is Similarity right for it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lineament.cli.figures import Figure
from lineament.cli.measuring.user_rates import false_match_rates, found_at, found_rates
from lineament.cli.measuring.user_trials import (
    Looks,
    Way,
    all_photos,
    by_best_face,
    by_every_face,
    by_luckiest_face,
    by_template,
    draw_trials,
    read_looks,
)
from lineament.cli.vision_bench.part import Context, Part
from lineament.domain.bootstrap import Interval
from lineament.domain.similarity import Calibration
from lineament.vision.profiles import read_profile

_WAYS: dict[str, Way] = {
    "template": by_template,
    "best face": by_best_face,
    "luckiest face": by_luckiest_face,
    "every face": by_every_face,
}
_SIZES = (2, 3, 5)
"""Faces of a user."""
_RATES = (1e-3, 1e-4, 1e-5)
_JUDGED = (1e-4, 1e-5)
"""Rates at which the template has to be ahead of the best face by its whole interval."""
_PROMISED = {80: 1e-5, 99: 1e-6}
_ASSOCIATE = 75
"""AssociateFaces's default UserMatchThreshold."""
_SHOWN = (_ASSOCIATE, 80, 90, 95, 99)
_DRAWS = 6
_ALL = "all"
_PERCENT = 100.0

_Found = dict[float, dict[str, tuple[Interval, Interval]]]


@dataclass(frozen=True, slots=True)
class Users:
    """What one profile's users show."""

    found: dict[int, _Found]
    """By size of a user: shares at equal false match rates, and the template's gains."""
    false: dict[str, dict[int, tuple[Interval, Interval]]]
    """By size and Similarity: a template's false match rates, with faces and with templates."""
    reached: dict[int, dict[int, Interval]]
    """By size of a user and Similarity: how many photos of the person reach it; the same people."""


def run(context: Context) -> Part:
    """Compare users with faces, with the profiles that ship."""
    models = {name: read_profile(name).model for name in ("default", "light")}
    looks = read_looks(
        context.engine,
        context.require_folder(),
        [model.recogniser for model in models.values()],
        context.confirmed,
    )
    results = {
        name: measure(looks[model.recogniser], model.calibration) for name, model in models.items()
    }
    lines, figures = [], []
    for name, result in results.items():
        lines += [f"profile {name}", *table(result)]
        prefix = "" if name == "default" else f"{name}_"
        figures += _figures(result, f"{prefix}users")
    default = results["default"]
    return Part(
        lines,
        figures,
        [lambda axes: _draw_found(axes, default), lambda axes: _draw_reached(axes, default)],
    )


def measure(looks: Looks, calibration: Calibration, rounds: int = 300) -> Users:
    """Try users of several sizes, and one of all photos of everybody who has two or more.

    Args:
        looks: the set, as one recogniser sees it.
        calibration: of that recogniser's faces.
        rounds: resamplings of an interval.
    """
    trials = {size: draw_trials(looks, size, _DRAWS) for size in _SIZES}
    users = {str(size): each for size, each in trials.items()} | {_ALL: all_photos(looks)}
    largest = trials[max(_SIZES)]
    at = {similarity: calibration.cosine(similarity) for similarity in _SHOWN}
    return Users(
        found={
            size: found_rates(looks, each, _WAYS, _RATES, rounds) for size, each in trials.items()
        },
        false={
            size: {
                similarity: false_match_rates(looks, each, at[similarity], rounds)
                for similarity in (_ASSOCIATE, *_PROMISED)
            }
            for size, each in users.items()
        },
        reached={
            size: {
                similarity: found_at(looks, largest.first_faces(size), score, rounds)
                for similarity, score in at.items()
            }
            for size in (1, *_SIZES)
        },
    )


def table(result: Users) -> list[str]:
    """Return the lines that show it."""
    lines = [f"{'faces, FMR, percent found':26}" + "".join(f"{name:>24}" for name in _WAYS)]
    for size, found in result.found.items():
        for rate, ways in found.items():
            shares = "".join(f"{share!s:>24}" for share, _ in ways.values())
            lines.append(f"{f'{size}, {rate:.0e}':26}{shares}")
            gains = "".join(f"{gain!s:>24}" for _, gain in list(ways.values())[1:])
            lines.append(f"{'  gain of the template':50}{gains}")
    lines.append(f"{'faces, Similarity':26}{'FMR with faces':>34}{'FMR with templates':>34}")
    for users, rates in result.false.items():
        for similarity, (faces, templates) in rates.items():
            shown = f"{_rate(faces):>34}{_rate(templates):>34}"
            lines.append(f"{f'{users}, {similarity}':26}{shown}")
    heads = "".join(f"{similarity:>24}" for similarity in _SHOWN)
    lines.append(f"{'faces, percent that reach':26}{heads}")
    for size, reached in result.reached.items():
        lines.append(f"{size:<26}" + "".join(f"{share!s:>24}" for share in reached.values()))
    return lines


def _figures(result: Users, name: str) -> list[Figure]:
    rows = []
    for size, found in result.found.items():
        for rate, ways in found.items():
            share, (_, gain) = ways["template"][0].value, ways["best face"]
            at = f"{name}_of_{size}_tar_at_fmr_{rate:.0e}".replace("e-0", "e-")
            rows.append(Figure.plain(f"{at}_percent", share * _PERCENT))
            lowest, ahead = gain.low * _PERCENT, f"{at}_gain_over_best_face_at_least"
            rows.append(
                Figure(ahead, lowest, ">0", lowest > 0)
                if rate in _JUDGED
                else Figure.plain(ahead, lowest)
            )
    for similarity, bar in _PROMISED.items():
        worst = max(rates[similarity][0].value for rates in result.false.values())
        rows.append(Figure.at_most(f"{name}_fmr_at_{similarity}", worst, bar))
        between = result.false[_ALL][similarity][1].value
        rows.append(Figure.at_most(f"{name}_fmr_between_users_at_{similarity}", between, bar))
    for size, shares in result.reached.items():
        rows += [
            Figure.plain(f"{name}_of_{size}_reach_{similarity}_percent", share.value * _PERCENT)
            for similarity, share in shares.items()
        ]
    return rows


def _rate(interval: Interval) -> str:
    return f"{interval.value:.1e} [{interval.low:.1e}, {interval.high:.1e}]"


def _draw_found(axes: Any, result: Users) -> None:  # noqa: ANN401 - matplotlib's
    rate = min(_RATES)
    for place, name in enumerate(_WAYS):
        shares = [found[rate][name][0] for found in result.found.values()]
        values = np.array([share.value for share in shares]) * _PERCENT
        low, high = (
            np.array([getattr(share, end) for share in shares]) * _PERCENT
            for end in ("low", "high")
        )
        across = np.arange(len(shares)) + 0.08 * place
        axes.errorbar(across, values, [values - low, high - values], marker="o", label=name)
    axes.set_xticks(np.arange(len(result.found)), [str(size) for size in result.found])
    axes.set_xlabel("faces of a user")
    axes.set_ylabel(f"photos found at FMR {rate:.0e}, percent")
    axes.legend()


def _draw_reached(axes: Any, result: Users) -> None:  # noqa: ANN401 - matplotlib's
    for size, shares in result.reached.items():
        values = [share.value * _PERCENT for share in shares.values()]
        axes.plot(list(shares), values, marker="o", label=f"{size} face{'s' * (size > 1)}")
    axes.set_xlabel("Similarity")
    axes.set_ylabel("photos that reach it with their user, percent")
    axes.legend()
