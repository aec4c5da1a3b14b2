"""Access keys, and the port by which they are found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key with what it takes to verify a signature, and what its user may do."""

    access_key_id: str
    account: str
    """12 digits: whose collections the key sees."""
    user: str
    secret: str = field(repr=False)
    policies: tuple[str, ...]
    """Each a policy's JSON, which begins with a brace, or the name of a managed policy."""
    created: float
    """Epoch seconds."""
    expires: float | None = None
    """Epoch seconds from which the key is refused; None: never."""
    token_digest: str | None = field(default=None, repr=False)
    """SHA-256, in hexadecimal, of the session token that has to come with a temporary key."""
    disabled: bool = False
    """Revoked: refused as an unknown key is."""

    def arn(self, partition: str) -> str:
        """Return the user's ARN.

        A temporary key is its user's session, as GetSessionToken's are, and bears the same ARN.

        Args:
            partition: aws, aws-cn or aws-us-gov.
        """
        return f"arn:{partition}:iam::{self.account}:user/{self.user}"


class Credentials(Protocol):
    """Where access keys are found."""

    def find(self, access_key_id: str) -> AccessKey | None:
        """Return a key, revoked or expired ones too, or None where nobody knows it.

        Raises:
            ServiceUnavailable: it cannot be known now; the client should try again.
        """


class FirstThatKnows:
    """Several sources of access keys: the first that knows a key decides about it."""

    def __init__(self, sources: Sequence[Credentials]) -> None:
        """Ask `sources` in their order."""
        self._sources = tuple(sources)

    def find(self, access_key_id: str) -> AccessKey | None:
        """See `Credentials.find`. A source that cannot answer now is not passed over.

        Raises:
            ServiceUnavailable: a source that is asked before the key is found does not answer.
        """
        for source in self._sources:
            key = source.find(access_key_id)
            if key is not None:
                return key
        return None
