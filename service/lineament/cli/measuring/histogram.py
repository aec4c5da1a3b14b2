"""The picture of a recogniser: how strangers and the same people score, and where 80 and 99 lie."""

from pathlib import Path

import matplotlib as mpl
import numpy as np

from lineament.domain.similarity import Calibration
from lineament.domain.verification import Scores

mpl.use("Agg")

from matplotlib import pyplot as plt

_BINS = np.linspace(-0.6, 1.0, 161)


def draw_histogram(
    genuine: Scores, impostors: Scores, calibration: Calibration, path: Path
) -> None:
    """Draw both histograms on a logarithmic scale into a PNG."""
    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    for scores, label, colour in (
        (impostors, f"{len(impostors):,} impostor pairs", "#b2182b"),
        (genuine, f"{len(genuine):,} genuine pairs", "#2166ac"),
    ):
        weights = np.full(len(scores), 1 / len(scores))
        axes.hist(scores, _BINS, weights=weights, alpha=0.6, color=colour, label=label)
    for similarity in (80, 99):
        cosine = calibration.cosine(similarity)
        axes.axvline(cosine, color="black", linewidth=1, linestyle="--")
        axes.text(cosine, 0.5, f" {similarity}", transform=axes.get_xaxis_transform())
    axes.set_yscale("log")
    axes.set_xlabel("cosine of two face vectors (dashed: Similarity 80 and 99)")
    axes.set_ylabel("share of pairs")
    axes.legend(loc="upper left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
