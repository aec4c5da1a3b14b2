"""Types of arguments that several commands take: a wrong one ends the call at once."""

import argparse
import math
import os
from pathlib import Path


def writable(text: str) -> Path:
    """Return the path of a report to be written.

    Raises:
        ArgumentTypeError: its folder is not there or not writable, or it is a folder itself.
    """
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is a folder")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text} cannot be written")
    return path


def seconds(text: str) -> float:
    """Return a time in seconds, 0 or more.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 0 on")
    return found
