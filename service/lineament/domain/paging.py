"""Page tokens: opaque, signed, bound to one listing, at most 255 characters.

A token is base85 of: MAC (8 bytes), expiry (4 bytes, epoch seconds), position. The position, the
id of a collection, a face or a user, is packed as a number in bijective base 65, since a collection
id of 255 characters would not fit otherwise: 192 + 12 bytes are exactly 255 characters.
Source: SPEC.md B.0.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from lineament.domain.limits import PAGE_TOKEN_SECONDS
from lineament.errors import InvalidPaginationTokenException

_MAC_BYTES, _EXPIRY_BYTES = 8, 4
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_BASE = len(_ALPHABET)
"""Bijective: digits run from 1 to 65, so leading characters are not lost as zeros would be."""
_DIGIT = {character: value for value, character in enumerate(_ALPHABET, start=1)}


@dataclass(frozen=True, slots=True)
class Listing:
    """What a token is bound to: a listing's tokens are of no use in any other."""

    parts: tuple[str, ...]
    """Account, region, operation, collection lineage and filters, as they apply."""

    def digest(self) -> bytes:
        """Return 32 bytes that differ for different parts."""
        lengths = (f"{len(part)}:{part}" for part in self.parts)
        return hashlib.sha256("".join(lengths).encode()).digest()


def issue_token(key: bytes, listing: Listing, position: str, now: float) -> str:
    """Return the token of the page after `position`.

    Args:
        key: 32 bytes, shared by all processes of the deployment.
        listing: what is listed.
        position: the last id of this page; characters of CollectionId only.
        now: epoch seconds.
    """
    expiry = int(now) + PAGE_TOKEN_SECONDS
    body = expiry.to_bytes(_EXPIRY_BYTES, "big") + _pack(position)
    return base64.b85encode(_mac(key, listing, body) + body).decode()


def read_token(key: bytes, listing: Listing, token: str | None, now: float) -> str | None:
    """Return the position that a token holds; None for no token or the empty one.

    Raises:
        InvalidPaginationTokenException: edited, stale, or issued for another listing.
    """
    if not token:
        return None
    try:
        raw = base64.b85decode(token)
    except ValueError as error:
        raise InvalidPaginationTokenException from error
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, listing, body)):
        raise InvalidPaginationTokenException
    if base64.b85encode(raw).decode() != token:  # other spellings of a last, partial group
        raise InvalidPaginationTokenException
    if int.from_bytes(body[:_EXPIRY_BYTES], "big") < now:
        raise InvalidPaginationTokenException
    return _unpack(body[_EXPIRY_BYTES:])


def _mac(key: bytes, listing: Listing, body: bytes) -> bytes:
    return hmac.digest(key, listing.digest() + body, "sha256")[:_MAC_BYTES]


def _pack(position: str) -> bytes:
    number = 0
    for character in position:
        number = number * _BASE + _DIGIT[character]
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _unpack(packed: bytes) -> str:
    number = int.from_bytes(packed, "big")
    characters = []
    while number:
        number, digit = divmod(number - 1, _BASE)
        characters.append(_ALPHABET[digit])
    return "".join(reversed(characters))
