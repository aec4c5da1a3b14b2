"""What every part of the bench works with."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property

from lineament.cli.gallery_bench.deployment import Deployment, deployed, emulated

STEPS = (10_000, 100_000, 1_000_000)
"""Faces at which growth is looked at."""
_SEARCHED = 4
"""People who are searched for over HTTP, times the rounds."""


@dataclass
class Context:
    """How much is measured, and the deployments that parts share; `with` stops them."""

    faces: int
    """Of the galleries in this process, and of the snapshot."""
    served: int
    """Faces of the collection behind a server."""
    logged: int
    """Faces that the log is read of, one an entry."""
    dimensions: int
    rounds: int
    """Searches in memory, and faces that are added and then looked for."""
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Context":
        """Start nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what was started."""
        self._stack.close()

    @cached_property
    def deployed(self) -> Deployment:
        """A collection of `served` faces in an emulator of its own, made at the first look."""
        environment = self._stack.enter_context(emulated())
        return deployed(environment, self.served, self.dimensions, _SEARCHED * self.rounds)

    def steps(self) -> list[int]:
        """Return the numbers of faces at which to look, the last one being all."""
        return [step for step in STEPS if step < self.faces] + [self.faces]
