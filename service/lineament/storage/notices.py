"""Which uploads are done with: a row an object, in DynamoDB.

S3 tells of an upload at least once, and a queue delivers what it was told at least once: also days
after, out of the dead letters, when the faces of the picture have been deleted. S3 numbers the
events of a key by a *sequencer*, which is the same when an event is told twice. The row has the
highest one that is done with: an older event of the same object would read what the newer one read.
Each version of an object has a row of its own. Source: AWS's user guide to S3, event message
structure; AWS's knowledge center, "duplicate messages in Amazon SQS for the same Amazon S3 event".
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Key

KEPT_SECONDS = 30 * 24 * 3600
"""SQS keeps a message for 14 days at most, dead letters counted in, and anew for as long from when
it is redriven."""
_DIGITS = 64
"""S3's sequencers differ in length; they compare as text once zeros stand behind the shorter."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An object that was created, as S3 told it."""

    bucket: str
    key: str
    version: str | None = None
    """None where the bucket keeps none."""
    sequencer: str = ""
    """Hexadecimal; empty where a store of another make tells none."""

    @property
    def is_one_of_a_kind(self) -> bool:
        """Tell whether the next upload to the same place can be told from this one."""
        return bool(self.sequencer) or self.version not in {None, "null"}


class Notices:
    """What is remembered of uploads. Safe to share between threads."""

    def __init__(self, tables: Tables, clock: Callable[[], float] = time.time) -> None:
        """Keep rows in `tables.faces`, by exact key; `clock` gives epoch seconds."""
        self._table = tables.faces
        self._clock = clock

    def is_settled(self, upload: Upload) -> bool:
        """Tell, of now, whether this upload or a newer one in its place is done with.

        Raises:
            LineamentError: DynamoDB does not answer or refuses.
        """
        if not upload.is_one_of_a_kind:
            return False
        row = self._table.get(_key(upload))
        return row is not None and str(row["sequencer"]["S"]) >= _comparable(upload)

    def settle(self, upload: Upload) -> None:
        """Remember that an upload is done with, unless a newer one is.

        Raises:
            LineamentError: DynamoDB does not answer or refuses.
        """
        if not upload.is_one_of_a_kind:
            return
        values = {
            ":sequencer": {"S": _comparable(upload)},
            ":expires": {"N": str(int(self._clock()) + KEPT_SECONDS)},
        }
        with contextlib.suppress(ConditionFailed):
            self._table.update(
                _key(upload),
                "SET #sequencer = :sequencer, #expires = :expires",
                "attribute_not_exists(#sequencer) OR #sequencer <= :sequencer",
                values,
            )


def _key(upload: Upload) -> Key:
    return keys.notice_key(upload.bucket, upload.key, upload.version)


def _comparable(upload: Upload) -> str:
    return upload.sequencer.upper().ljust(_DIGITS, "0")
