"""The recognisers of a deployment by name: each is loaded when it is first needed, once."""

import threading
from collections.abc import Mapping

import numpy as np

from lineament.vision import registry
from lineament.vision.foreign import ForeignRecogniser
from lineament.vision.profiles import ProfileError
from lineament.vision.recogniser import FaceRecogniser

_GREY = 127


class Recognisers:
    """What embeds crops, by the name that DeepFace's registry has. Threads may share it."""

    def __init__(self, default: str, dimensions: Mapping[str, int] | None = None) -> None:
        """Load nothing yet.

        Args:
            default: the recogniser that an empty name stands for.
            dimensions: how long profiles say that the vectors of each recogniser are; those that
                are not in it are taken as they are.
        """
        self._default = default
        self._dimensions = dict(dimensions or {})
        self._loaded: dict[str, FaceRecogniser] = {}
        self._lock = threading.Lock()

    def chosen(self, name: str) -> str:
        """Return a recogniser's name: an empty one stands for the default's."""
        return name or self._default

    def get(self, name: str = "") -> FaceRecogniser:
        """Return a recogniser, warm; the first call for a name waits for its model.

        Raises:
            ModelUnavailable: see `require_recogniser`.
            ProfileError: its vectors have another length than its profile says.
        """
        chosen = self.chosen(name)
        found = self._loaded.get(chosen)
        if found is None:
            with self._lock:  # Two first calls at once must not load the model twice.
                found = self._loaded.get(chosen) or self._load(chosen)
                self._loaded[chosen] = found
        return found

    def _load(self, name: str) -> FaceRecogniser:
        made = require_recogniser(name)
        expected = self._dimensions.get(name, made.dimensions)
        if made.dimensions != expected:
            raise ProfileError(
                f"The profile of {name} is for vectors of {expected} numbers, and {name} makes "
                f"{made.dimensions}; fit it again with `lineament calibrate`"
            )
        return made


def require_recogniser(name: str) -> FaceRecogniser:
    """Return a recogniser by its DeepFace name, warm.

    Raises:
        ModelUnavailable: it is not installed, not known, or cannot be downloaded; the message says
            what to do.
    """
    client = registry.require_model("facial_recognition", name)
    ours = registry.is_ours("facial_recognition", name)
    recogniser: FaceRecogniser = client if ours else ForeignRecogniser(client)
    try:
        recogniser.embed(np.full((1, recogniser.crop, recogniser.crop, 3), _GREY, np.uint8))
    except Exception as error:  # a foreign model raises whatever its framework raises
        raise registry.unavailable("facial_recognition", name, error) from error
    return recogniser
