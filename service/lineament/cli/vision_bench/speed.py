"""What the pipeline costs beside its models, and against DeepFace with the same models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineament.cli.figures import Figure
from lineament.cli.vision_bench import inputs
from lineament.cli.vision_bench.bare_models import in_turns, over_models
from lineament.cli.vision_bench.part import Context, Part
from lineament.domain.attributes import ALL
from lineament.vision.engine import Engine
from lineament.vision.intake import decode

_ONE, _GROUP = "1 face, 640 x 480", "12 faces, 1920 x 1080"


@dataclass(frozen=True, slots=True)
class Timed:
    """One row of the table, milliseconds."""

    what: str
    picture: str
    ours: float
    baseline: str
    theirs: float

    @property
    def ratio(self) -> float:
        """Ours over the baseline's."""
        return self.ours / self.theirs


def run(context: Context) -> Part:
    """Time the service's vision on two pictures."""
    rows = measure(context.engine, context.model_dir, context.rounds)
    lines = [f"{'median ms':22}{'':22}{'ours':>9}{'baseline':>10}{'ratio':>7}"]
    lines += [
        f"{row.what:22}{row.picture:22}{row.ours:9.1f}{row.theirs:10.1f}{row.ratio:7.2f}   "
        f"over {row.baseline}"
        for row in rows
    ]
    return Part(lines, figures(rows), [lambda axes: _draw(axes, rows)])


def measure(engine: Engine, model_dir: Path, rounds: int) -> list[Timed]:
    """Time the service's vision on two pictures.

    From the encoded bytes to the faces (and vectors): no HTTP, no storage.
    """
    rows = []
    for picture, image in (
        (_ONE, inputs.one_face(model_dir)),
        (_GROUP, inputs.twelve_faces(model_dir)),
    ):
        for what, action in _actions(engine, image).items():
            whole, bare = over_models(action, rounds)
            rows.append(Timed(what, picture, whole, "its models alone", bare))
        rows.append(_against_deepface(engine, picture, decode(image), max(rounds // 2, 3)))
    return rows


def figures(rows: list[Timed]) -> list[Figure]:
    """Return the rows' ratios with their bars."""
    bars = {_ONE: (1.3, 1.5), _GROUP: (1.2, 2.0)}
    result = []
    for row in rows:
        over_models_bar, times_faster = bars[row.picture]
        faces = "one" if row.picture == _ONE else "group"
        name = row.what.lower().replace(" ", "_")
        if row.baseline.startswith("DeepFace"):
            result.append(
                Figure.at_least(f"{name}_{faces}_times_faster", 1 / row.ratio, times_faster)
            )
        elif row.what == "DetectFaces ALL":
            result.append(Figure.plain(f"{name}_{faces}_over_models", row.ratio))
        else:
            result.append(Figure.at_most(f"{name}_{faces}_over_models", row.ratio, over_models_bar))
    return result


def _actions(engine: Engine, image: bytes) -> dict[str, Callable[[], object]]:
    def index() -> None:
        picture = engine.analyse(image)
        picture.embed(range(len(picture.faces)))

    def everything() -> None:
        picture = engine.analyse(image)
        picture.describe(range(len(picture.faces)), ALL)

    return {
        "DetectFaces DEFAULT": lambda: engine.analyse(image),
        "IndexFaces": index,
        "DetectFaces ALL": everything,
    }


def _against_deepface(
    engine: Engine, picture: str, pixels: NDArray[np.uint8], rounds: int
) -> Timed:
    """Time both from the same pixels to the vectors of all faces."""
    from deepface import DeepFace  # noqa: PLC0415 - slow, and used here alone

    from lineament.vision import registry  # noqa: PLC0415

    bgr = np.ascontiguousarray(pixels[:, :, ::-1])

    def ours() -> None:
        found = engine.find_faces(pixels)
        found.embed(range(len(found.faces)))

    def theirs() -> None:
        DeepFace.represent(
            bgr,
            model_name=registry.DEFAULT_RECOGNISER,
            detector_backend=registry.DEFAULT_DETECTOR,
        )

    mine, its = in_turns(ours, theirs, rounds)
    return Timed("represent", picture, mine, "DeepFace.represent, same models", its)


def _draw(axes: Any, rows: Sequence[Timed]) -> None:  # noqa: ANN401 - matplotlib's
    places = np.arange(len(rows))
    axes.barh(places - 0.2, [row.ours for row in rows], 0.4, color="#2166ac", label="this service")
    axes.barh(places + 0.2, [row.theirs for row in rows], 0.4, color="#b2182b", label="baseline")
    axes.set_yticks(places, [f"{row.what}\n{row.picture}\nover {row.baseline}" for row in rows])
    axes.tick_params(axis="y", labelsize=7)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("median ms, from encoded bytes, in turns")
    axes.legend()
