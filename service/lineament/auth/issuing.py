"""New access keys."""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from lineament.auth.credentials import AccessKey
from lineament.auth.derivation import RootKey
from lineament.auth.documents import NONCE, write_key

_TOKEN_BYTES = 96
_NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants a key for."""

    account: str
    """12 digits."""
    user: str
    policies: Sequence[str]
    """Each the name of a managed policy, or a policy's JSON."""
    seconds: float | None = None
    """That the key is to live; None: a key that does not expire."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A key that was just made: the only moment at which its session token is known."""

    key: AccessKey
    session_token: str | None = field(repr=False)
    """Of a key that expires."""
    document: str
    """The key's record, without its secret and token."""
    seal: bytes = field(repr=False)


def issue(root: RootKey, order: Order, now: float) -> Issued:
    """Make an access key whose secret follows from the root key and the record.

    Args:
        root: the deployment's; one of its own makes a key whose secret has to be kept.
        order: what for.
        now: epoch seconds.
    """
    temporary = order.seconds is not None
    access_key_id = root.new_access_key_id(order.account, temporary=temporary)
    nonce = secrets.token_hex(_NONCE_BYTES)
    token = base64.b64encode(secrets.token_bytes(_TOKEN_BYTES)).decode() if temporary else None
    key = AccessKey(
        access_key_id=access_key_id,
        account=order.account,
        user=order.user,
        secret=root.secret(access_key_id, nonce),
        policies=tuple(order.policies),
        created=float(int(now)),
        expires=None if order.seconds is None else float(int(now + order.seconds)),
        token_digest=None if token is None else sha256(token.encode()).hexdigest(),
    )
    document = json.dumps({**write_key(key), NONCE: nonce})
    return Issued(key, token, document, root.seal(document))
