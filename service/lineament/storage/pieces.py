"""A request's body out of pieces that are in memory already, so that none is copied."""

import io
from collections.abc import Iterable


class Pieces(io.RawIOBase):
    """Reads pieces one after the other. Seeks, as a client does that measures or sends again."""

    def __init__(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Begin at the first byte."""
        self._pieces = [memoryview(piece).cast("B") for piece in pieces if len(piece)]
        self._place = 0

    def __len__(self) -> int:
        """Return how many bytes there are."""
        return sum(map(len, self._pieces))

    def part(self, start: int, end: int) -> "Pieces":
        """Return the bytes from `start` up to `end`, as far as there are some; none is copied."""
        found: list[memoryview] = []
        for piece in self._pieces:
            found.append(piece[max(start, 0) : max(end, 0)])
            start, end = start - len(piece), end - len(piece)
        return Pieces(found)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be sought in."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a byte."""
        ends = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self)}
        self._place = max(ends[whence] + offset, 0)
        return self._place

    def tell(self) -> int:
        """Return the next byte's place."""
        return self._place

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Read what of one piece fits; 0 at the end."""
        start = self._place
        for piece in self._pieces:
            if start < len(piece):
                part = piece[start : start + len(buffer)]
                buffer[: len(part)] = part
                self._place += len(part)
                return len(part)
            start -= len(piece)
        return 0
