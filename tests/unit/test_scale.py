"""The sums of docs/scale.md follow from what a face costs, from prices and from limits."""

import math
import re

import numpy as np
import pytest

from lineament.storage.bucket import SINGLE
from tests.scale_page import PAGE, agree, size, table

BILLED, KEPT, HELD, KNOWN = 857, 280, 665, 33
"""Bytes a face: in DynamoDB, in a snapshot, in a process, in a process on an engine."""
COLLECTIONS = np.array([1, 1, 1, 1_000, 1_000])
FACES = np.array([1e5, 1e6, 2e7, 2e4, 1e6])
"""Of each collection."""
ALL = COLLECTIONS * FACES
LOG_SPEED = 20_000
"""Entries a process reads in a second."""
ROUNDS = 30 * 24 * 60
WEEKS = 30 / 7
"""Whole sweeps in a month."""


def prices() -> dict[str, float]:
    return {name: cells[0][0] for name, cells in table("Prices").items()}


def test_sizes_are_sums_of_faces() -> None:
    """Lost: a figure of the plan that somebody corrected in one place of two."""
    single = {name: cells[0][0] for name, cells in table("What a face costs").items()}
    names = ("billed storage, bytes", "snapshot in S3, bytes", "memory of a process, bytes")
    assert [single[name] for name in names] == [BILLED, KEPT, HELD]
    units = prices()["DynamoDB, a million consistent read units"]
    computed = {
        "DynamoDB, GB": ALL * BILLED / 1e9,
        "snapshots, GB": ALL * KEPT / 1e9,
        "a process that holds all, GB": ALL * HELD / 1e9,
        "a process on an engine, GB": ALL * KNOWN / 1e9,
        "vectors in the engine, GB": ALL * 512 / 1e9,
        "search of a collection, ms": FACES * 128 / 28e9 * 1e3,
        "cold start of a collection from the log, s": FACES / LOG_SPEED,
        "... its read units, $": FACES * units / 1e6,
        "making a collection's snapshot, s of a core": FACES * 3e-6,
        "... its memory, GB": FACES * 810e-9,
    }
    printed = table("Sizes")
    assert printed.keys() == computed.keys()
    for name, values in computed.items():
        agree(printed[name], list(values))


def test_the_bill_adds_up() -> None:
    """Lost: somebody budgets by a sum that its rows do not make."""
    price = prices()
    read = price["DynamoDB, a million consistent read units"] / 1e6
    write = price["DynamoDB, a million write units, on demand"] / 1e6
    listed = table("What a face costs")["record, bytes"][0][0] / 4096
    assert (1 + listed) / listed == pytest.approx(15, rel=0.01)
    strangers = FACES * 1e-5
    machine = price["EC2, an hour of r7i.xlarge: 4 vCPU, 32 GB"] * 730
    ours = {
        "DynamoDB, storage": ALL * BILLED / 1e9 * price["DynamoDB, a GB-month"],
        "S3, storage": ALL * KEPT / 1e9 * price["S3, a GB-month"],
        "sweeps; a fifteenth of that, where no face was removed": WEEKS * ALL * (1 + listed) * read,
        "rounds of housekeeping, each server": ROUNDS * COLLECTIONS * read,
        "a million faces added, one a picture": (3 * write + 7 * read) * 1e6 + 0 * ALL,
        "ten million searches at Similarity 80": 1e7 * (1 + 10 + strangers) * read,
        "machines that hold all": machine * np.array([1, 1, 2, 1, 22]),
    }
    faces_kept = ALL / 1e3 * price["Rekognition, a thousand faces a month"]
    pictures = (
        1e6 * price["Rekognition, a picture of the first million"]
        + 4e6 * price["Rekognition, of the next four million"]
        + 6e6 * price["Rekognition, beyond"]
    )
    sums = {
        "all of it": sum(ours.values()),
        "Amazon Rekognition, faces kept": faces_kept,
        "Amazon Rekognition, all of it": faces_kept + pictures,
    }
    printed = table("Cost a month")
    assert printed.keys() == {**ours, **sums}.keys()
    for name, values in {**ours, **sums}.items():
        agree(printed[name], list(values))


def test_write_rates_follow_from_dynamodb_s_limits() -> None:
    """Lost: a bound on writers that neither DynamoDB nor the code has."""
    writes, reads = 1_000, 3_000
    processes, committing = 4, 0.02
    tag = {f"{place:0128}": {"S": "v" * 256} for place in range(50)}
    pictures = (-processes + math.sqrt(processes**2 + 4 * committing * reads)) / (2 * committing)
    computed = {
        "changes of one collection": writes,
        "... that has 50 tags of the full length": writes / math.ceil(size({"M": tag}) / 1024),
        "calls of any kind for one collection": reads,
        "pictures indexed into one collection": pictures,
        "changes of all collections of an account and region": writes,
        "pictures of one face, at a table's default quota": 40_000 / 2,
        "entries that a process catches up with": LOG_SPEED,
    }
    printed = table("Write rates")
    assert printed.keys() == computed.keys()
    for name, value in computed.items():
        agree(printed[name], [value])


def test_snapshots_go_up_in_parts_from_where_the_page_says() -> None:
    """Lost: S3 refuses the snapshot of the largest collections, and nobody expects it."""
    told = re.search(r"from ([\d.]+)\s+million faces on, an upload is in parts", PAGE.read_text())
    assert told is not None
    assert float(told[1]) == pytest.approx(SINGLE / KEPT / 1e6, rel=0.005)
    assert FACES.max() * KEPT < 5e12, "S3's largest object"
