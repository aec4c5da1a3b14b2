"""docs/rules.md: every rule, requirement and command that there is, and none that is not."""

import argparse
import importlib
import re
from pathlib import Path

import pytest

from lineament.cli.main import COMMANDS
from lineament.config import describe
from lineament.domain.rules import NAMES, USE_CASES

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
WORDS = re.findall(r"^(?:[a-z].*&& )?lineament (\w+) (\w+)", PAGE, re.M)


def test_every_rule_is_told() -> None:
    """Lost: a rule that nobody can find out about, or one that is not there."""
    rows = dict(re.findall(r"^\| `([a-z:-]+)` \| `([a-z-]+)` \|", PAGE, re.M))
    assert rows == {tag: name for name, tag in NAMES.items()}
    assert all(f"`{name}`" in PAGE for name in USE_CASES)


def test_every_requirement_is_answered() -> None:
    """Lost: a requirement of the chapter that nobody has thought of."""
    assert re.findall(r"^\| (L\d+) \|", PAGE, re.M) == [f"L{n}" for n in range(1, 14)]


def test_every_setting_exists() -> None:
    """Lost: an operator sets what nothing reads, and believes in it."""
    named = set(re.findall(r"LINEAMENT_[A-Z_]+", PAGE))
    assert named <= {name for name, _, _ in describe()}


@pytest.mark.parametrize(("command", "action"), sorted(set(WORDS) - {("serve", "#")}))
def test_every_command_exists(command: str, action: str) -> None:
    """Lost: a step of the recipe does not run."""
    parser = argparse.ArgumentParser()
    importlib.import_module(f"lineament.cli.{COMMANDS[command][0]}").configure(parser)
    actions = [each for each in parser._actions if each.choices and each.dest in {"action"}]
    if actions:
        assert action in (actions[0].choices or ())
