"""How a mock is wanted."""

from dataclasses import dataclass
from typing import Literal

EngineName = Literal["declared", "real"]
Undeclared = Literal["refuse", "no faces"]


@dataclass(frozen=True, slots=True)
class Options:
    """As `mock_rekognition` takes them."""

    engine: EngineName = "declared"
    undeclared: Undeclared = "refuse"
    settings: tuple[tuple[str, str], ...] = ()
    """(name in lower case, value), as LINEAMENT_<NAME> has it."""

    def __post_init__(self) -> None:
        """Check the words.

        Raises:
            ValueError: there is no such engine or rule.
        """
        if self.engine not in {"declared", "real"}:
            raise ValueError(f"engine={self.engine!r}: declared and real are known")
        if self.undeclared not in {"refuse", "no faces"}:
            raise ValueError(f"undeclared={self.undeclared!r}: refuse and no faces are known")
