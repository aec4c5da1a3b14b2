"""What follows from a deployment's root key: access key ids, secrets, and seals of records.

All are HMAC-SHA256 of the root key over a text that begins with its purpose, so that none tells
anything about another or about the root key.
"""

import base64
import binascii
import hmac
import re
import secrets
from base64 import b32decode, b32encode
from hashlib import sha256

_ROOT_BYTES = 32
_MADE = re.compile(rb"[A-Za-z0-9]{64}")
"""A text that Secrets Manager can make by itself: 381 bits by chance. 32 bytes in base64 are never
as long."""
_UNREADABLE = "the root key is neither 32 bytes in base64 nor 64 letters and digits"
_SECRET_BYTES = 30
"""40 characters of base64, as AWS's secrets have."""
_TAG_BYTES = 2
_OURS = re.compile(r"(?:AKIA|ASIA)[A-Z2-7]{16}")
_ACCOUNT_SHIFT = 7
_HEAD_BYTES = 6


class RootKey:
    """32 random bytes. Whoever has them and the table of access keys has every secret in it."""

    __slots__ = ("_bytes",)

    def __init__(self, value: bytes) -> None:
        """Take 32 bytes.

        Raises:
            ValueError: there are more or fewer.
        """
        if len(value) != _ROOT_BYTES:
            raise ValueError(_UNREADABLE)
        self._bytes = value

    @classmethod
    def read(cls, text: bytes) -> "RootKey":
        """Read base64, or 64 letters and digits, which count by their SHA-256; in white space.

        Raises:
            ValueError: it is neither; the message does not repeat it.
        """
        text = text.strip()
        if _MADE.fullmatch(text):
            return cls(sha256(text).digest())
        try:
            return cls(base64.b64decode(text, validate=True))
        except binascii.Error:
            raise ValueError(_UNREADABLE) from None

    def __repr__(self) -> str:
        """Say nothing of the bytes."""
        return "RootKey(...)"

    def derive(self, purpose: str, *parts: str) -> bytes:
        """Return 32 bytes that belong to a purpose and to nothing else.

        Args:
            purpose: such as lineament/receipt/v1.
            parts: what they are for; none may contain a zero byte.
        """
        return hmac.digest(self._bytes, "\0".join((purpose, *parts)).encode(), "sha256")

    def new_access_key_id(self, account: str, *, temporary: bool) -> str:
        """Return a random id in AWS's form, from which `scope.account_of` reads the account.

        Of its 80 bits 40 are the account's, as in AWS's, 24 are random, and the last 16 follow from
        the others and the root key: an id that a stranger made up is known as such without a read.

        Args:
            account: 12 digits.
            temporary: ASIA in place of AKIA.
        """
        low, high = secrets.randbits(_ACCOUNT_SHIFT), secrets.randbits(1)
        head = high << 47 | int(account) << _ACCOUNT_SHIFT | low
        body = head.to_bytes(_HEAD_BYTES, "big") + secrets.token_bytes(4 - _TAG_BYTES)
        prefix = "ASIA" if temporary else "AKIA"
        return prefix + b32encode(body + self._tag(prefix, body)).decode()

    def made(self, access_key_id: str) -> bool:
        """Tell whether an id can be one of `new_access_key_id`; false ones pass 1 in 65,536."""
        if not _OURS.fullmatch(access_key_id):
            return False
        whole = b32decode(access_key_id[4:])
        body, tag = whole[:-_TAG_BYTES], whole[-_TAG_BYTES:]
        return hmac.compare_digest(tag, self._tag(access_key_id[:4], body))

    def secret(self, access_key_id: str, nonce: str) -> str:
        """Return an access key's secret: 40 characters, 240 bits.

        Args:
            access_key_id: whose.
            nonce: of the key's record, so that no other record gives the same secret.
        """
        whole = self.derive("lineament/access-key/v1", access_key_id, nonce)
        return base64.b64encode(whole[:_SECRET_BYTES]).decode()

    def seal(self, document: str) -> bytes:
        """Return what proves that a key's record was written by who has the root key."""
        return self.derive("lineament/access-key-record/v1", document)

    def _tag(self, prefix: str, body: bytes) -> bytes:
        return self.derive("lineament/access-key-id/v1", prefix, body.hex())[:_TAG_BYTES]


def new_root_key() -> str:
    """Return a root key from the system's random source, in base64."""
    return base64.b64encode(secrets.token_bytes(_ROOT_BYTES)).decode()
