"""Receipts of erasures: what was erased, by whom, and what was looked through for what may be left.

A receipt names no person and holds no vector: FaceIds and digests say nothing without the faces.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

PURPOSE = "erasure receipt"
"""What the signature is for."""
FORMAT = "lineament erasure receipt 1"
OUT_OF_REACH = (
    "Backups and point-in-time recovery of the tables, for as long as they are kept.",
    "Earlier versions of S3 objects, where a bucket keeps them although it must not.",
    "The memory of running processes, which forget a removed vector when they compact a gallery.",
    "The audit trail and records of reviews: they name FaceIds and hold no vector.",
    "Answers kept under a ClientRequestToken, which may name FaceIds, for 7 days.",
    "Pictures, and files of lineament export.",
    "The operator's gallery of celebrities: lineament celebrities remove.",
    "Other accounts, and collections of the account that were left out.",
)
"""What an erasure does not reach, for its receipt."""


class NoReceipt(ValueError):
    """A file that is no receipt of this format."""


def seal(
    content: Mapping[str, Any], public_key: str, sign: Callable[[bytes], bytes]
) -> dict[str, Any]:
    """Return a signed receipt as it is written: JSON values.

    Args:
        content: what it says.
        public_key: of the signer, 64 hexadecimal digits.
        sign: returns the signature of bytes for `PURPOSE`.
    """
    receipt = {"format": FORMAT, **content}
    signature = sign(signed_bytes(receipt)).hex()
    return {"receipt": receipt, "public_key": public_key, "signature": signature}


def unseal(document: object) -> tuple[dict[str, Any], str, bytes]:
    """Return the content of a written receipt, the public key it names, and its signature.

    Raises:
        NoReceipt: it is none.
    """
    try:
        assert isinstance(document, dict)  # noqa: S101 - caught below
        receipt, key = document["receipt"], str(document["public_key"])
        signature = bytes.fromhex(document["signature"])
        if receipt["format"] != FORMAT:
            raise NoReceipt("it is of another format")
    except (AssertionError, LookupError, TypeError, ValueError) as error:
        raise NoReceipt("it is no receipt of an erasure") from error
    return receipt, key, signature


def signed_bytes(receipt: Mapping[str, Any]) -> bytes:
    """Return what is signed: the same for the same values, however a file has them laid out."""
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()
