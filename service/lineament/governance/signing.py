"""Signatures of a deployment, by a key that follows from its root key: Ed25519, RFC 8032.

Whoever has the public key, which `lineament audit public-key` prints, can check them without any
secret. Each signature is for one purpose, which is signed with the message. The package that does
it takes 50 ms to import, which processes do not pay that sign nothing.
"""

import hashlib
from collections.abc import Sequence

PURPOSE = "lineament/signing/v1"
"""What the root key is asked for: `Signer(root.derive(PURPOSE))`."""


class Signer:
    """Signs for a deployment. Safe to share between threads."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32 bytes that the root key has for `PURPOSE`.

        Raises:
            ValueError: there are more or fewer.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PrivateKey,
        )

        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw().hex()
        """64 hexadecimal digits."""
        self.key_id = key_id(self.public_key)

    def sign(self, purpose: str, message: bytes) -> bytes:
        """Return the 64 bytes of the signature of a message for a purpose."""
        return self._key.sign(_signed(purpose, message))


def key_id(public_key: str) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def signed_by(
    public_keys: Sequence[str], purpose: str, message: bytes, signature: bytes
) -> str | None:
    """Return which of the public keys has signed a message for a purpose, None if none has."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    for each in public_keys:
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(each))
            key.verify(signature, _signed(purpose, message))
        except (InvalidSignature, ValueError):
            continue
        return each
    return None


def _signed(purpose: str, message: bytes) -> bytes:
    return f"lineament {purpose}\n".encode() + message
