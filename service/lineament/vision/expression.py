"""The expression of a face, from face-api's network, as AWS's eight emotions.

An expression is what a face shows, not what a person feels. The network knows seven kinds. Its log
odds are scaled to fit photos that were judged by eye; CONFUSED is derived. Figures, and what is
done badly: docs/attributes/demographics.md.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament.domain.attributes import Emotion
from lineament.vision.align import crop_face
from lineament.vision.sessions import open_session

MODEL_FILE = "expression.onnx"
KINDS = ("CALM", "HAPPY", "SAD", "ANGRY", "FEAR", "DISGUSTED", "SURPRISED")
"""AWS's names in the network's order; it calls the first neutral."""
CONFUSED = "CONFUSED"
_SIDE = 112
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_SCALE = 255.0
_BATCH = 16
_STEEPNESS = 0.327
_LEVELS = np.array([0.965, -0.691, 0, 0, 0, 0, 0])
"""What the log odds are multiplied by, and what is added to them then."""
_ANGRY, _SURPRISED = KINDS.index("ANGRY"), KINDS.index("SURPRISED")


class ExpressionReader:
    """Tells which expressions a face shows.

    Args:
        model_dir: where the models are installed.
        threads: how many work on one batch.

    Raises:
        ModelUnavailable: the model is not installed.
    """

    def __init__(self, model_dir: Path, threads: int = 1) -> None:
        """Load the network."""
        self._session = open_session(model_dir, MODEL_FILE, threads)

    def estimate(
        self, pixels: NDArray[np.uint8], points: NDArray[np.float32]
    ) -> list[tuple[Emotion, ...]]:
        """Return the eight emotions of each face, the most confident first; they sum to 100.

        Args:
            pixels: RGB, shape (height, width, 3).
            points: shape (n, 5, 2): eyeLeft, eyeRight, nose, mouthLeft, mouthRight in pixels.
        """
        return [emotions(row) for row in self.look(pixels, points)]

    def look(self, pixels: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the network's log odds of `KINDS`, mean of face and mirror, shape (n, 7)."""
        found = np.empty((len(points), len(KINDS)))
        for start in range(0, len(points), _BATCH):
            rows = slice(start, start + _BATCH)
            crops = np.stack([crop_face(pixels, face, _SIDE) for face in points[rows]])
            values = ((crops - _MEAN) / _SCALE).transpose(0, 3, 1, 2)
            both = np.concatenate([values, values[..., ::-1]])
            odds = self._session.run(None, {"input": np.ascontiguousarray(both, np.float32)})[0]
            found[rows] = odds.reshape(2, len(crops), -1).mean(axis=0)
        return found


def emotions(odds: NDArray[np.float64]) -> tuple[Emotion, ...]:
    """Return the eight emotions, the most confident first.

    No model has CONFUSED. Its weight is the geometric mean of ANGRY's and SURPRISED's: brows drawn
    together and raised at once leave the network torn between the two. So it is never the first.

    Args:
        odds: the network's log odds of `KINDS`, shape (7,).
    """
    (shares,) = spread_out(odds[np.newaxis], _STEEPNESS, _LEVELS)
    torn = float(np.sqrt(shares[_ANGRY] * shares[_SURPRISED]))
    shares = np.append(shares, torn) / (1 + torn)
    return tuple(
        sorted(
            (
                Emotion(kind, 100 * float(share))
                for kind, share in zip((*KINDS, CONFUSED), shares, strict=True)
            ),
            key=lambda emotion: -emotion.confidence,
        )
    )


def spread_out(
    odds: NDArray[np.float64], steepness: float, levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the shares of `KINDS` in each row of log odds, shape (n, 7); a row sums to 1."""
    scaled = steepness * odds + levels
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)
