"""What the trust table adds to a call, in DynamoDB's units, for docs/cost.md."""

import math

from lineament.domain.audit import Entry
from lineament.domain.audit_chain import Tip, hash_of, seal, write
from lineament.governance.signing import Signer
from lineament.storage import keys
from lineament.storage.audit_blocks import _AHEAD, HINT_EVERY, _to_item
from tests.scale_page import item_size

READS = 3
"""The access key, what is suspended, what the account is granted: who calls seldom reads all."""
COLD_READS = 1 + 1 + len(_AHEAD)
"""A new process reads the hint where the trail ends, and looks there and ahead."""
_BLOCK = 100_000
_FACE = "11111111-2222-3333-4444-555555555555"


def written(operation: str, results: int) -> float:
    """Return the write units of a call's entry in the trail, alone in its block, and of its hints.

    Args:
        operation: SearchFaces and others that ask for similar faces, or IndexFaces.
        results: faces that came back.
    """
    search = operation != "IndexFaces"
    entry = Entry(
        time=1_795_836_266.688,
        request_id=_FACE,
        account="123456789012",
        region="us-east-1",
        access_key_id="AKIAQNZGKIQY56JQ7WML",
        operation=operation,
        user="door",
        source_ip="203.0.113.9",
        collection="people",
        threshold_asked=80.0 if search else None,
        threshold_applied=80.0 if search else None,
        limit_applied=4096 if search else None,
        images=("" if operation == "SearchFaces" else "s3://lineament-images/anna.jpg",),
        external_image_id="" if search else "anna",
        subjects=(_FACE,) if operation == "SearchFaces" else (),
        results=((_FACE, 99.1234 if search else None),) * results,
        result_count=results,
    )
    tip, signer = Tip(_BLOCK, hash_of("")), Signer(bytes(32))
    block = seal(entry.account, tip, entry.time, "0" * 16, [write(entry)], signer)
    item = {**keys.audit_block_key(entry.account, block.number), **_to_item(block)}
    return math.ceil(item_size(item) / 1024) + 1 / HINT_EVERY
