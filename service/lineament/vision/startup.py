"""Why a DeepFace model does not start, in one sentence that says what to do.

DeepFace's clients raise whatever their frameworks raise: a ValueError around a failed download or
a damaged file, ImportErrors inside ValueErrors, or their own words. A file is named by where it
belongs under DEEPFACE_HOME, never by a path of this machine.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from deepface.commons.folder_utils import get_deepface_home

HOME_VARIABLE = "DEEPFACE_HOME"
BACKEND_VARIABLE = "DEEPFACE_BACKEND_ENGINE"
_WEIGHTS = ".deepface/weights"
_EXTRA = frozenset({"keras", "mtcnn", "tensorflow", "tf_keras"})
"""Packages that come with lineament[tensorflow]."""
_NO_DOWNLOAD = re.compile(
    r"downloading .* from (?P<urls>\S.*)\. .*manually (?:and copy it )?to (?P<file>.+?)\.?\s*$"
)
_NO_LOADING = re.compile(r"loading the (?:pre-trained weights|onnx graph) from (?P<file>.+?)\.This")
_PACKED = (".bz2", ".zip")
_LONGEST = 240


def explain(cause: Exception) -> str:
    """Return what is the matter with a DeepFace model and what to do.

    Args:
        cause: what its client raised when it was built or first run.
    """
    for error in _chain(cause):
        if isinstance(error, ImportError) and error.name:
            package = error.name.partition(".")[0]
            wanted = "lineament[tensorflow]" if package in _EXTRA else "it"
            return f"the Python package {package} is missing; install {wanted}"
        if found := _NO_DOWNLOAD.search(str(error)):
            url = found["urls"].split(",")[0]
            unpacked = " unpacked" if url.endswith(_PACKED) else ""
            return (
                f"DeepFace could not download its weights; fetch {url} elsewhere and put it"
                f"{unpacked} at {_below_home(found['file'])} under {HOME_VARIABLE} "
                "(the home directory where that is not set)"
            )
        if found := _NO_LOADING.search(str(error)):
            return (
                f"{_below_home(found['file'])} under {HOME_VARIABLE} is damaged or belongs to "
                "another model; put the right file there, or delete it to have it downloaded"
            )
    said = (
        " ".join(str(cause).split())
        .replace(get_deepface_home(), HOME_VARIABLE)[:_LONGEST]
        .rstrip(".")
    )
    return f"DeepFace says: {said or type(cause).__name__}; cure that, or choose another model"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Walk from an error to what caused it."""
    while error is not None:
        yield error
        error = error.__cause__


def _below_home(path: str) -> str:
    """Return a weights file's place relative to DEEPFACE_HOME."""
    _, found, rest = path.replace(os.sep, "/").rpartition(_WEIGHTS)
    return f"{_WEIGHTS}{rest}" if found else Path(path).name
