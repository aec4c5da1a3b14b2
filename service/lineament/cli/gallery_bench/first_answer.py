"""`python -m`: a process that starts cold, and how long its first search takes."""

import json
import sys
import time
from dataclasses import asdict, dataclass

from lineament.cli.gallery_bench.deployment import SCOPE, BenchError, gallery
from lineament.domain.limits import DEFAULT_THRESHOLD
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.provision import connect
from lineament.storage.snapshots import connect_snapshots
from lineament.vision.profiles import read_profile

_BEST = 10


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What such a process tells."""

    seconds: float
    """From the look at the collection's item to the answer: modules are loaded and clients are made
    before, no call is."""
    faces: int
    """In the view that was searched."""
    found: list[list[object]]
    """FaceIds and cosines, best first."""


def first_answer(table: str, collection_id: str, face_id: str, bucket: str) -> FirstAnswer:
    """Search a collection for one of its faces, in a process that has read nothing yet.

    Args:
        table: of the deployment.
        collection_id: in the bench's scope.
        face_id: what is searched for.
        bucket: of snapshots; empty where the log is read.

    Raises:
        BenchError: the collection or the face is not there.
    """
    low = read_profile("default").model.calibration.cosine(DEFAULT_THRESHOLD)
    tables = connect(table, SCOPE.region)
    galleries = gallery(DynamoChangeLog(tables), connect_snapshots(tables, bucket, SCOPE.region))
    begin = time.perf_counter()
    collection = DynamoCollectionStore(tables).find(SCOPE, collection_id)
    if collection is None:
        raise BenchError("the bench's collection is gone")
    view = galleries.sync(collection)
    vector = view.vector(face_id)
    if vector is None:
        raise BenchError("a face of the bench is gone")
    found = view.search(vector, low, _BEST)
    seconds = time.perf_counter() - begin
    return FirstAnswer(seconds, len(view), [list(each) for each in found])


if __name__ == "__main__":
    print(json.dumps(asdict(first_answer(*sys.argv[1:]))))
