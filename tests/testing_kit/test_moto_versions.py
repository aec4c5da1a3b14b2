"""A moto that is not the one the kit was written beside."""

import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import boto3
import pytest

from lineament.testing import intercept, mock_rekognition, moto_hooks
from tests.testing_kit.installed import ROOT, run

_START = """
from lineament.testing import mock_rekognition
try:
    mock_rekognition().start()
except ImportError as error:
    print(error)
"""
_ABSENT = """
import importlib.metadata, sys
sys.modules["moto"] = None
def version(name, known=importlib.metadata.version):
    if name == "moto":
        raise importlib.metadata.PackageNotFoundError(name)
    return known(name)
importlib.metadata.version = version
"""
_OTHER = "import moto.core.models\ndel moto.core.models.MockAWS"


def told(found: str, why: str) -> str:
    return (
        "mock_rekognition stands beside moto[dynamodb,s3]>=5.2.5,<6, and found "
        f"{found} ({why}): pip install 'lineament[testing]'"
    )


def test_the_extra_asks_for_what_the_message_names() -> None:
    """Lost: pip installs a moto that the kit then refuses."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert moto_hooks.NEEDED in extras["optional-dependencies"]["testing"]


@pytest.mark.parametrize(
    ("before", "found", "why"),
    [
        (_ABSENT, "none", "import of moto halted; None in sys.modules"),
        (_OTHER, f"moto {version('moto')}", r"cannot import name 'MockAWS' from .*"),
    ],
    ids=["absent", "another"],
)
def test_a_start_names_both_versions(before: str, found: str, why: str, tmp_path: Path) -> None:
    """Lost: after an upgrade of moto every test ends in a traceback that names no cause."""
    said = run(sys.executable, "-c", before + _START, cwd=tmp_path).strip()
    assert re.fullmatch(re.escape(told(found, "WHY")).replace("WHY", why), said)


def test_a_moto_that_passes_nothing_through_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: moto keeps the setting elsewhere, and its constants answer in place of faces."""
    monkeypatch.setattr(intercept, "default_user_config", {})
    with mock_rekognition():
        client = boto3.client("rekognition")
        with pytest.raises(RuntimeError) as error:
            client.list_collections()
    why = "its core.passthrough.services passes nothing"
    assert str(error.value) == told(f"moto {version('moto')}", why)
