"""Pictures in batches, of which each is one entry of the collection's log."""

import time
from collections.abc import Iterable, Iterator

from lineament.cli.bulk.examiner import Ready
from lineament.cli.bulk.report import Rejected, Taken

FACES = 100
"""What one commit may add."""
_PICTURES = 200
_SECONDS = 2.0
"""What a crash loses at most, beside the faces."""
Examined = Ready | Taken | Rejected


def in_batches(results: Iterable[Examined]) -> Iterator[list[Examined]]:
    """Yield what comes, some at a time, with no more faces to store than one commit may add.

    Where `results` raises, what came before it is yielded first.
    """
    batch: list[Examined] = []
    faces, begun = 0, time.monotonic()
    try:
        for each in results:
            more = len(each.faces) if isinstance(each, Ready) else 0
            full = faces + more > FACES or len(batch) == _PICTURES
            if batch and (full or time.monotonic() - begun > _SECONDS):
                yield batch
                batch, faces, begun = [], 0, time.monotonic()
            batch.append(each)
            faces += more
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
