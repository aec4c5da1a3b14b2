"""A profile other than the default one, for collections that are bound to it."""

from pathlib import Path


def second_profile(folder: Path) -> str:  # noqa: ARG001 - it ships now
    """Return its name."""
    return "light"
