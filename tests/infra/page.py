"""docs/deploy.md and docs/container.md, run by a shell: what they call is written down, or done."""

import os
import re
import subprocess
from pathlib import Path

from tests.infra.stack import TEMPLATE, decoded

DOCS = Path(__file__).parents[2] / "docs"
DEPLOY, CONTAINER, FUNCTIONS = (
    (DOCS / f"{name}.md").read_text() for name in ("deploy", "container", "functions")
)
_SHIM = r"""#!/bin/bash
exec 9>> "$CALLS"
flock 9  # both ends of a pipe come here at once
printf '%s\0' "$(basename "$0")" "$@" $'\n' >&9
[[ "$*" == *"OutputKey=='RootKey'"* ]] && echo @ROOT@ && exit 0
@PARAMETERS@
[[ "$*" =~ OutputKey==\'([A-Za-z]+)\' ]] && echo "told-$(tr A-Z a-z <<< "${BASH_REMATCH[1]}")"
[[ "$*" == *describe-images* ]] && echo sha256:0000
[[ "$*" == *get-caller-identity* ]] && echo 123456789012
exit 0
"""
"""Stands for a command; tells something where the page uses what it tells."""
ROOT_KEY = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:RootKey-a1b2"


def shim() -> str:
    """Return the script that stands for a command, which tells parameters' defaults as values."""
    defaults = {
        name: each.get("Default", "") for name, each in decoded(TEMPLATE)["Parameters"].items()
    }
    told = [
        f"""[[ "$*" == *"ParameterKey=='{name}'"* ]] && echo "{default}" && exit 0"""
        for name, default in defaults.items()
    ]
    return _SHIM.replace("@ROOT@", ROOT_KEY).replace("@PARAMETERS@", "\n".join(told))


def section(title: str) -> str:
    """Return what stands under a heading of docs/deploy.md, up to the next one."""
    return DEPLOY.split(f"\n## {title}\n")[1].split("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def called(script: str, folder: Path, commands: tuple[str, ...]) -> list[list[str]]:
    """Have a shell run a script; return the words of each call of these commands, in order."""
    log = folder / "calls"
    shims = folder / "shims"
    shims.mkdir(exist_ok=True)
    for name in commands:
        (shims / name).write_text(shim())
        (shims / name).chmod(0o700)
    environment = {"PATH": f"{shims}:{os.environ['PATH']}", "CALLS": str(log)}
    run(script, folder, environment)
    words = log.read_text().split("\0")
    return [call.strip("\0").split("\0") for call in "\0".join(words).split("\0\n\0")[:-1]]


def run(script: str, folder: Path, environment: dict[str, str]) -> str:
    """Have a shell run a script to its end, and return what it wrote."""
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
