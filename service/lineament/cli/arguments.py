"""Types of arguments that several commands take: a wrong one ends the call at once."""

import argparse
import math
import os
import re
from pathlib import Path

_LONGEST_NAME = 128


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


def account_number(text: str) -> str:
    """Return an account's number.

    Raises:
        ArgumentTypeError: it is none; what were done to it would be done to nobody.
    """
    if not re.fullmatch(r"[0-9]{12}", text):
        raise argparse.ArgumentTypeError(f"{text} is not an account of 12 digits")
    return text


def operator_name(text: str) -> str:
    """Return who somebody says they are.

    Raises:
        ArgumentTypeError: nobody, or what no log could show.
    """
    if not 1 <= len(text.strip()) <= _LONGEST_NAME or not text.isprintable():
        raise argparse.ArgumentTypeError(
            f"say who you are, in 1 to {_LONGEST_NAME} printable characters"
        )
    return text
