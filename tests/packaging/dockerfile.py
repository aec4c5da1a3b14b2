"""A Dockerfile, read and carried out as far as its first stage goes, without an engine.

The stage's COPY and RUN lines run in a folder of their own, with the paths of the image in another
folder: what COPY does not bring is not there, as in a build. Nothing isolates a RUN line.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LINE = re.compile(r"^([A-Z]+) (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Stage:
    """The instructions after one FROM, in their order."""

    instructions: list[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        """Return what stands behind every such instruction."""
        return [value for each, value in self.instructions if each == name]

    def last(self, name: str) -> str:
        """Return what stands behind the last such instruction, which is the one that counts."""
        return self.all(name)[-1]

    def exec_form(self, name: str) -> list[str]:
        """Return an ENTRYPOINT or CMD as its list."""
        words: list[str] = json.loads(self.last(name))
        return words

    def environment(self) -> dict[str, str]:
        """Return what ENV sets."""
        pairs = (pair for value in self.all("ENV") for pair in shlex.split(value))
        return dict(pair.split("=", 1) for pair in pairs)


@dataclass(frozen=True)
class Image:
    """What a build leaves behind."""

    final: Stage
    folders: dict[str, Path]
    """Path in the image -> where its content lies here."""


def read(path: Path) -> list[Stage]:
    """Return the stages of a Dockerfile."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    stages: list[Stage] = []
    for name, value in _LINE.findall(text):
        if name == "FROM":
            stages.append(Stage([]))
        if stages:
            stages[-1].instructions.append((name, value.strip()))
    return stages


def build(path: Path, here: Path) -> Image:
    """Carry out a Dockerfile of two stages; its image's folders come to lie in `here`."""
    building, _ = read(path)
    work = here / "build"
    work.mkdir()
    root = here / "image"
    for name, value in building.instructions:
        words = value.split()
        if name == "COPY":
            *sources, there = words
            _copy(sources, _moved(there, root) if there.startswith("/") else f"{work}/{there}")
        elif name == "RUN":
            run(["/bin/sh", "-c", " ".join(_moved(word, root) for word in words)], work)
    return image_in(path, root)


def image_in(path: Path, root: Path) -> Image:
    """Return a Dockerfile's image whose root lies in a folder."""
    *_, final = read(path)
    folders = {}
    for copied in final.all("COPY"):
        source, there = copied.removeprefix("--from=build ").split()
        assert source == there, "the image's paths are those of the build"
        folders[there] = root / there.lstrip("/")
    return Image(final, folders)


def run(command: list[str], folder: Path) -> None:
    """Carry out a command of a build with the Python that this environment was made from."""
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"


def _moved(word: str, root: Path) -> str:
    return str(root) + word if word.startswith("/") else word


def _copy(sources: list[str], to: str) -> None:
    for source in sources:
        if (ROOT / source).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / source, to, ignore=ignored, dirs_exist_ok=True)
        else:
            target = Path(to) / Path(source).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / source, target)
