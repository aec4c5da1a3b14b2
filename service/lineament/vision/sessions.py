"""Open onnxruntime sessions. One is shared by all threads: `run` is safe to call concurrently."""

from pathlib import Path

import onnxruntime

from lineament.errors import CannotStart

_WARNINGS_OFF = 3


class ModelUnavailable(CannotStart):
    """A model cannot be had; the message says what to do about it."""


def require_file(model_dir: Path, name: str) -> Path:
    """Return where a prepared graph is.

    Raises:
        ModelUnavailable: it is not installed.
    """
    path = model_dir / name
    if not path.is_file():
        raise ModelUnavailable(
            f"The model file {name} is not installed; run `lineament models install`"
        )
    return path


def open_session(model_dir: Path, name: str, threads: int) -> onnxruntime.InferenceSession:
    """Load a prepared graph for the CPU.

    Args:
        model_dir: where `lineament models install` put it.
        name: the file's name.
        threads: how many work on one call.

    Raises:
        ModelUnavailable: the file is missing or broken.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # A waiting thread that spins takes the core that another request could use: two callers got
    # 103 crops a second with spinning and 130 without.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _WARNINGS_OFF
    path = require_file(model_dir, name)
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's classes derive from RuntimeError, and some do not
        raise ModelUnavailable(
            f"The model file {name} cannot be loaded; "
            "run `lineament models install --force` to replace it"
        ) from error
