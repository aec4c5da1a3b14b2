"""What `make audit` makes of what it is told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.security.dependencies import licences, main

LOCK = """certifi==2026.1.1 \\
    --hash=sha256:00
click==8.3.0 \\
    --hash=sha256:01 \\
    --hash=sha256:02
    # via flask
"""


def answer(lock: Path, **vulns: str) -> Mapping[str, Any]:
    """Return what pip-audit says of the packages in a lock file."""
    lines = [line.split(" ")[0] for line in lock.read_text().splitlines() if "==" in line]
    pins = [line.split("==") for line in lines]
    return {
        "dependencies": [
            {
                "name": name,
                "version": version,
                "vulns": [{"id": vulns[name], "fix_versions": []}] if name in vulns else [],
            }
            for name, version in pins
        ]
    }


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text(LOCK)
    return path


def test_a_known_vulnerability_fails(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a package that everybody knows to be broken is shipped."""
    assert main([str(lock)], lambda asked: answer(asked, click="CVE-2026-1")) == 1
    assert "click 8.3.0: CVE-2026-1, fixed in no version" in capsys.readouterr().out
    assert main([str(lock)], answer) == 0
    assert "2 packages audited" in capsys.readouterr().out


def test_who_cannot_be_asked_is_no_all_clear(
    lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: nobody learns that the audit looked at nothing; or a machine without network fails."""
    skipped = {"dependencies": [{"name": "certifi", "skip_reason": "not found"}]}
    asked = []

    def ask(path: Path) -> Mapping[str, Any] | None:
        asked.append(path.read_text().count("=="))
        return None if len(asked) == 1 else skipped

    for _ in range(2):
        assert main([str(lock)], ask) == 0
        assert "NOT AUDITED" in capsys.readouterr().out
    assert asked == [1, 1]


def test_a_package_that_was_left_out_is_told(
    lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: half of the packages are looked at, and it reads like all of them."""
    first = answer(lock)["dependencies"][:1]
    assert main([str(lock)], lambda _: {"dependencies": first}) == 0
    assert "1 packages audited, 1 NOT" in capsys.readouterr().out


def test_licences_that_bind() -> None:
    """Lost: who ships the service has to publish what they build around it, and does not know."""
    said = {
        "a": "AGPL-3.0-only",
        "b": "MIT",
        "c": "GNU General Public License (GPL)",
        "d": "MPL-2.0",
    }
    assert list(licences(said, said.__getitem__)) == [
        "a: AGPL-3.0-only",
        "c: GNU General Public License (GPL)",
    ]
    assert list(licences(["docutils"], lambda _: "GPL 3")) == []
