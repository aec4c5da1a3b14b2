"""Both profiles on a measuring set, with intervals, and what looking at it costs in memory."""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from lineament.cli.bench_recognition import calibration_figures
from lineament.cli.figures import Figure
from lineament.cli.measuring.recognition import Measured, measure
from lineament.cli.vision_bench.part import Context, Panel, Part
from lineament.cli.vision_bench.serving import resident_mib
from lineament.domain import verification
from lineament.domain.bootstrap import Interval, Scored, found_rate_intervals, share_interval
from lineament.vision.engine import Engine
from lineament.vision.profiles import read_profile

RATES = (1e-3, 1e-4, 1e-5)
_BARS = {1e-3: 97.9, 1e-4: 95.0, 1e-5: 90.0}
_EVERY = 50
_WARM = 500
_GROWTH_MIB = 32.0
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What one pass over the set gives."""

    measured: dict[str, Measured]
    """By recogniser: the default's first, then the light one's."""
    accuracies: dict[str, Interval]
    found: dict[float, tuple[list[Interval], list[Interval]]]
    """By false match rate: each recogniser's found rate, and its gain over the last's."""
    memory: list[float]
    """Resident MiB of this process, every 50 photos."""


@dataclass(slots=True)
class _Memory:
    """Notes the resident set every 50 photos."""

    seen: int = 0
    mib: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> None:
        with self.lock:
            self.seen += 1
            if self.seen % _EVERY == 0:
                self.mib.append(resident_mib())


def run(context: Context) -> Part:
    """Compare the profiles that ship on the measuring set."""
    default, light = (read_profile(name).model for name in ("default", "light"))
    result = measure_accuracy(
        context.engine,
        context.require_folder(),
        default.recogniser,
        light.recogniser,
        context.confirmed,
    )
    panels: list[Panel] = [
        lambda axes: _draw(axes, result),
        lambda axes: _draw_memory(axes, result),
    ]
    promised = [
        *calibration_figures(result.measured[default.recogniser], default.calibration),
        *(
            replace(figure, name=f"light_{figure.name}")
            for figure in calibration_figures(result.measured[light.recogniser], light.calibration)
        ),
    ]
    return Part(table(result), [*figures(result), *promised], panels)


def measure_accuracy(
    engine: Engine, folder: Path, default: str, light: str, confirmed: Path | None = None
) -> Accuracy:
    """Embed the set with two recognisers and compare them on the same pairs."""
    memory = _Memory()
    names = [default, light]
    measured = measure(engine, folder, names, confirmed, memory.look)
    people, left_out = measured[default].people, measured[default].left_out
    scored = [Scored(measured[name].genuine, measured[name].impostors) for name in (light, default)]
    found = {}
    for rate in RATES:
        shares, gains = found_rate_intervals(scored, people, left_out, rate)
        found[rate] = (shares[::-1], gains[::-1])
    return Accuracy(
        measured,
        {name: share_interval(_right(measured[name])) for name in names},
        found,
        memory.mib,
    )


def table(result: Accuracy) -> list[str]:
    """Return the lines that show it."""
    lines = [
        f"{'percent, [95 % interval]':26}" + "".join(f"{name:>30}" for name in result.measured)
    ]
    shares = "".join(f"{result.accuracies[name]!s:>30}" for name in result.measured)
    lines.append(f"{'accuracy, 1,800 pairs':26}{shares}")
    for rate, (found, gains) in result.found.items():
        shares = "".join(f"{each!s:>30}" for each in found)
        lines.append(f"{f'TAR at FMR {rate:.0e}':26}{shares}   paired gain {gains[0]}")
    return lines


def figures(result: Accuracy) -> list[Figure]:
    """Return the figures of the default, and how it stands against the light one."""
    default, light = result.measured
    measured = result.measured[default]
    rows = [
        Figure.at_most("faces_missed", len(measured.missed), 0),
        Figure.at_least("accuracy_percent", _folds(measured), 99.4),
        Figure.plain("light_accuracy_percent", _folds(result.measured[light])),
    ]
    for rate, (found, gains) in result.found.items():
        name = f"tar_at_fmr_{rate:.0e}_percent".replace("e-0", "e-")
        rows.append(Figure.at_least(name, found[0].value * _PERCENT, _BARS[rate]))
        rows.append(Figure.plain(f"light_{name}", found[1].value * _PERCENT))
        lowest = gains[0].low * _PERCENT
        gain = f"gain_over_light_{name}_at_least"
        rows.append(
            Figure.plain(gain, lowest) if rate == RATES[0] else Figure.at_least(gain, lowest, 0.0)
        )
    settled = result.memory[_WARM // _EVERY :]
    if settled:
        rows.append(Figure.at_most("memory_growth_mib", settled[-1] - settled[0], _GROWTH_MIB))
    return rows


def _folds(measured: Measured) -> float:
    return float(np.mean(verification.fold_accuracies(measured.folds))) * _PERCENT


def _right(measured: Measured) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Tell of each pair whether it is judged right, at the threshold of the other folds."""
    right = []
    for held_out, (genuine, impostors) in enumerate(measured.folds):
        others = [fold for index, fold in enumerate(measured.folds) if index != held_out]
        threshold = verification.best_threshold(
            np.concatenate([fold[0] for fold in others]),
            np.concatenate([fold[1] for fold in others]),
        )
        right += [genuine >= threshold, impostors < threshold]
    return np.concatenate(right)


def _draw(axes: Any, result: Accuracy) -> None:  # noqa: ANN401 - matplotlib's
    rates = list(result.found)
    for place, (name, colour) in enumerate(
        zip(result.measured, ("#2166ac", "#b2182b"), strict=True)
    ):
        found = [result.found[rate][0][place] for rate in rates]
        values = np.array([each.value for each in found]) * 100
        low, high = (
            np.array([getattr(each, end) for each in found]) * 100 for end in ("low", "high")
        )
        across = np.arange(len(rates)) + 0.08 * place
        axes.errorbar(
            across, values, [values - low, high - values], marker="o", color=colour, label=name
        )
    axes.set_xticks(np.arange(len(rates)), [f"{rate:.0e}" for rate in rates])
    axes.set_xlabel("false match rate")
    axes.set_ylabel("genuine pairs found, percent (95 % bootstrap over people)")
    axes.legend()


def _draw_memory(axes: Any, result: Accuracy) -> None:  # noqa: ANN401 - matplotlib's
    axes.plot(np.arange(1, len(result.memory) + 1) * 50, result.memory, color="#2166ac")
    axes.set_ylim(0, max(result.memory, default=1) * 1.2)
    axes.set_xlabel("photos")
    axes.set_ylabel("resident MiB of the bench")
