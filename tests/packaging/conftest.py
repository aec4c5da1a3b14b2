"""The installed wheel, as the test kit's tests have it."""

from tests.testing_kit.installed import python, wheel

__all__ = ["python", "wheel"]
