"""`lineament erase --verify`: whether a receipt is as it was signed."""

import json
from pathlib import Path

from lineament import config
from lineament.access import read_root_keys
from lineament.domain.receipts import PURPOSE, NoReceipt, signed_bytes, unseal
from lineament.errors import LineamentError
from lineament.governance.signing import PURPOSE as SIGNING
from lineament.governance.signing import Signer, key_id, signed_by


class NotSigned(LineamentError):
    """A receipt is not what the key has signed; the message says why."""


def check(file: Path, public_key: str | None) -> int:
    """Check a receipt, print what it says, and return 0.

    Args:
        file: the receipt.
        public_key: whose signature it must have; the deployment's root keys' where it is None.

    Raises:
        NotSigned: it is no receipt, was changed, or somebody else has signed it.
        CannotStart: there is neither a public key nor a root key.
    """
    try:
        receipt, named, signature = unseal(json.loads(file.read_text()))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, NoReceipt) as error:
        raise NotSigned(f"{file}: {error}") from error
    trusted = [public_key] if public_key else _own_keys()
    signed = signed_by(trusted, PURPOSE, signed_bytes(receipt), signature)
    if signed is None:
        raise NotSigned(
            f"{file}: the signature is not that of {' or '.join(map(_short, trusted))}"
            + (f"; the receipt names {_short(named)}" if named not in trusted else "")
        )
    print(
        f"{file}: signed by {_short(signed)}. {receipt['by']} has erased {receipt['faces']} faces "
        f"of account {receipt['account']}, {receipt['finished']}"
    )
    return 0


def _own_keys() -> list[str]:
    settings = config.load()
    roots = read_root_keys(settings.root_key, settings.region)
    return [Signer(root.derive(SIGNING)).public_key for root in roots]


def _short(public_key: str) -> str:
    try:
        return f"key {key_id(public_key)}"
    except ValueError:
        return "a key that is none"
