"""What of moto the kit holds on to. It is more than moto documents, so the version counts."""

from importlib.metadata import PackageNotFoundError, version

NEEDED = "moto[dynamodb,s3]>=5.2.5,<6"
"""As the extra `testing` of pyproject.toml has it."""


def mismatch(why: object) -> str:
    """Return the sentence for a moto that is missing, or that lacks what is held on to."""
    try:
        found = f"moto {version('moto')}"
    except PackageNotFoundError:
        found = "none"
    return (
        f"mock_rekognition stands beside {NEEDED}, and found {found} ({why}): "
        "pip install 'lineament[testing]'"
    )


try:
    from moto import mock_aws
    from moto.core.config import default_user_config, passthrough_service
    from moto.core.models import MockAWS
except ImportError as error:
    raise ImportError(mismatch(error), name=error.name) from error

__all__ = ["MockAWS", "default_user_config", "mock_aws", "passthrough_service"]
