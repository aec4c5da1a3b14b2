"""What a program loads, seen in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_REPORT = "\nimport json, sys; print(json.dumps(sorted(m for m in sys.modules if '.' not in m)))"


def loaded(program: str) -> set[str]:
    """Return the top-level modules that a fresh process has loaded after the program."""
    ended = subprocess.run(
        [sys.executable, "-c", program + _REPORT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return set(json.loads(ended.stdout.splitlines()[-1]))
