"""The item that tells which snapshot of a generation is the newest, and which engine holds it."""

from dataclasses import dataclass

from lineament.storage.table import Item


@dataclass(frozen=True, slots=True)
class Published:
    """What the item of a generation tells."""

    seq: int = 0
    """The number of the published snapshot; 0 where there is none."""
    object_key: str = ""
    looked: int = 0
    """Up to here the log was searched for removals."""
    removal: int = 0
    """The highest number found that removes faces or a user."""
    damaged: str = ""
    """An object that was found missing or unreadable."""
    untidy: bool = False
    """The objects before it are not known to be erased yet."""
    engine: str = ""
    """The engine that holds its vectors as well; empty where none does."""
    held: str = ""
    """The engine that may have tables of the generation."""
    writer: str = ""
    """The tenure under which that engine is written to, and which has not ended."""
    written: float = 0.0
    """When that writer was last heard of; epoch seconds."""
    recheck: float = 0.0
    """From when on the engine has to be looked through; 0: no reason."""

    bytes: int = 0
    """What the snapshot takes, about; 0 where an earlier release has published it."""
    checked: float = 0.0
    """When the engine was last looked through, or first written to; epoch seconds."""

    @property
    def usable(self) -> bool:
        """Tell whether there is a snapshot and nobody has found it damaged."""
        return self.seq > 0 and self.object_key != self.damaged


def from_item(item: Item) -> Published:
    """Read the item.

    Raises:
        UNREADABLE: nobody of ours has written it.
    """

    def number(name: str) -> int:
        return int(item.get(name, {}).get("N", "0"))

    def text(name: str) -> str:
        return str(item.get(name, {}).get("S", ""))

    return Published(
        number("seq"),
        text("object"),
        number("looked"),
        number("removal"),
        text("damaged"),
        "untidy" in item,
        text("engine"),
        text("held"),
        text("writer"),
        number("written"),
        number("recheck"),
        number("bytes"),
        number("checked"),
    )
