"""Memory does not grow with the requests that were answered."""

import json
import subprocess
import sys
from pathlib import Path

CALLS = 1500
MOST = 3 << 20
"""Bytes. 10,000 calls took 1.5 MiB after their first 2,000: a gallery keeps up to 1,024 rows of
faces that were deleted before it makes room (docs/threats.md)."""


def test_thousands_of_requests_leave_nothing(ministack_endpoint: str, tmp_path: Path) -> None:
    """Lost: whoever goes on asking, for whatever and however refused, ends the process."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.security.soak",
            str(CALLS),
            ministack_endpoint,
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["calls"] >= CALLS
    assert min(told["told"]["200"], told["told"]["400"]) > CALLS / 4
    assert set(told["told"]) <= {"200", "400", "404", "413"}
    sizes = told["resident"]
    assert sizes[-1] - sizes[2] < MOST, sizes
