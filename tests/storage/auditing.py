"""Trails for the storage tests: entries, what stands, and what the check says of it."""

import time
from collections.abc import Sequence
from typing import Any

from lineament.domain.audit import Entry
from lineament.domain.audit_chain import read
from lineament.governance.audit_checking import Check, Verdict
from lineament.governance.signing import Signer
from lineament.storage.audit import DynamoAuditTrail
from lineament.storage.audit_blocks import AuditBlocks
from lineament.storage.provision import Tables

ACCOUNT = "123456789012"
SIGNER = Signer(bytes(32))


def entry(request_id: str, account: str = ACCOUNT, **more: Any) -> Entry:
    return Entry(
        time=time.time(),
        request_id=request_id,
        account=account,
        region="us-east-1",
        access_key_id="AKIA",
        operation="SearchFaces",
        **more,
    )


def trail(tables: Tables, **more: Any) -> DynamoAuditTrail:
    return DynamoAuditTrail(tables, SIGNER, **more)


def stands(tables: Tables, account: str = ACCOUNT) -> list[str]:
    """Return the request ids of an account's entries, in the chain's order; it must be intact."""
    blocks = list(AuditBlocks(tables.trust).read(account))
    assert check(tables, account).findings == ()
    return [each.request_id for block in blocks for each in read(block.body).entries]


def check(
    tables: Tables, account: str = ACCOUNT, keys: Sequence[str] = (SIGNER.public_key,)
) -> Verdict:
    blocks = AuditBlocks(tables.trust)
    known = blocks.hint(account).tip.number
    looked = Check(account, {}, keys)
    for block in blocks.read(account, known):
        looked.take(block)
    return looked.finish(known)
