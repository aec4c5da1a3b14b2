"""A gallery that is not held is read while the caller looks at a picture."""

import threading

import numpy as np
import pytest

from lineament.domain.collections import Change
from lineament.errors import ResourceNotFoundException
from lineament.gallery.memory import MemoryGallery
from tests.gallery.fake_log import ListLog

FACE = "00000000-0000-4000-8000-000000000000"
WAIT = 20.0


class SlowLog(ListLog):
    """A log of one face whose reader waits until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.add({FACE: np.eye(1, 4, dtype=np.float32)[0]})
        self.begun, self.go_on = threading.Event(), threading.Event()

    def changes(self, generation: str, after: int, upto: int) -> list[Change]:
        self.begun.set()
        assert self.go_on.wait(WAIT)
        return super().changes(generation, after, upto)


def test_a_cold_gallery_is_read_beside_the_caller() -> None:
    """Lost: a cold function reads its gallery only after it has looked at the picture."""
    log = SlowLog()
    gallery = MemoryGallery(log, 1 << 20)
    gallery.begin(log.collection())
    assert log.begun.wait(WAIT)  # The caller is here, and somebody reads.
    log.go_on.set()
    assert FACE in gallery.sync(log.collection())
    assert log.reads == 1


def test_what_is_held_or_empty_is_not_read_ahead() -> None:
    """Lost: every picture costs a thread and a read."""
    log = SlowLog()
    log.go_on.set()
    gallery = MemoryGallery(log, 1 << 20)
    gallery.begin(log.collection(seq=0))
    gallery.sync(log.collection())
    log.begun.clear()
    gallery.begin(log.collection())
    assert not log.begun.wait(0.05)
    assert log.reads == 1


def test_what_fails_ahead_is_told_to_whoever_needs_it() -> None:
    """Lost: a collection that was purged meanwhile answers as if it were empty, or hangs."""
    log = SlowLog()
    log.purged = True
    log.go_on.set()
    gallery = MemoryGallery(log, 1 << 20)
    gallery.begin(log.collection())
    assert log.begun.wait(WAIT)
    with pytest.raises(ResourceNotFoundException):
        gallery.sync(log.collection())
