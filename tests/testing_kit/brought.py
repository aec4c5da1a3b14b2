"""What `pip install 'lineament[testing]'` brings, taken from this environment, not a registry.

A distribution is only there if the wheel's metadata asks for it, at once or through others: an
import of anything else fails, as it does where nobody has this repository.
"""

from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def bring(packages: Path, wanted: str) -> None:
    """Put all that an installed distribution needs beside it, as links to this environment's files.

    Args:
        packages: the site-packages that hold it.
        wanted: its name, with extras.
    """
    for found in required(wanted, {name_of(each): each for each in distributions(path=[packages])}):
        for file in found.files or ():
            link = packages / file
            if ".." in file.parts or link.exists():
                continue  # a command's script, or what two packages share
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(found.locate_file(file))


def required(wanted: str, installed: dict[str, Distribution]) -> Iterable[Distribution]:
    """Return the distributions that a requirement needs beside those that are installed.

    Args:
        wanted: the requirement.
        installed: by canonical name; all others are looked for in this environment.
    """
    found: dict[str, Distribution] = {}
    seen: set[str] = set()
    waiting = [Requirement(wanted)]
    while waiting:
        asked = waiting.pop()
        if str(asked) in seen:
            continue
        seen.add(str(asked))
        name = canonicalize_name(asked.name)
        there = installed.get(name) or found.get(name) or _here(asked)
        assert asked.specifier.contains(there.version), f"{asked} is asked for, not {there.version}"
        if name not in installed:
            found[name] = there
        waiting += _needed_by(there, asked.extras)
    return found.values()


def name_of(found: Distribution) -> str:
    """Return the name as it is compared."""
    return canonicalize_name(found.metadata["Name"])


def _here(asked: Requirement) -> Distribution:
    try:
        return distribution(asked.name)
    except PackageNotFoundError:
        raise AssertionError(f"{asked} is asked for, and is not in requirements.lock") from None


def _needed_by(found: Distribution, extras: set[str]) -> Iterator[Requirement]:
    for text in found.requires or ():
        needed = Requirement(text)
        if needed.marker is None or any(
            needed.marker.evaluate({"extra": extra}) for extra in (extras or {""})
        ):
            yield needed
