"""What a container has loaded when its init is over, before any event."""

import os
import subprocess
import sys

import pytest

_INIT = """
import sys
from lambdas import api, container
print("onnxruntime" in sys.modules, container.application.cache_info().currsize)
"""


@pytest.mark.parametrize(
    ("initialization", "told"),
    [("provisioned-concurrency", "True 1"), ("on-demand", "False 0"), ("snap-start", "False 0")],
)
def test_models_are_loaded_at_init_where_containers_are_kept_ready(
    initialization: str, told: str
) -> None:
    """Lost: containers are paid for by the hour, and the first picture waits for models still."""
    environment = {**os.environ, "AWS_LAMBDA_INITIALIZATION_TYPE": initialization}
    done = subprocess.run(
        [sys.executable, "-c", _INIT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == told, done.stderr
