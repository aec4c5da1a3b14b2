"""How hypothesis runs here, and what it draws."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.property.engine import DIMENSIONS


def examples(number: int) -> settings:
    """Return settings for `number` examples: in CI always the same ones, elsewhere new ones."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize="CI" in os.environ,
        suppress_health_check=list(HealthCheck),
    )


VECTORS = st.lists(st.integers(-3, 3), min_size=DIMENSIONS, max_size=DIMENSIONS).filter(any)
"""Few values, so that equal vectors and equal scores come up."""
