"""The two errors that only a server which verifies signatures gives. Source: SPEC.md A.4."""

from lineament.errors import FrameworkError


class UnrecognizedClientException(FrameworkError):
    """Nobody knows the access key, or it is revoked, or its session token is another."""

    code = "UnrecognizedClientException"
    default_message = "The security token included in the request is invalid."


class ExpiredTokenException(FrameworkError):
    """The temporary key's time is over."""

    code = "ExpiredTokenException"
    default_message = "The security token included in the request is expired"
