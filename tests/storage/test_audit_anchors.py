"""Anchors in S3: made when due, kept under lock, and read though somebody deleted them."""

import itertools
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lineament.domain.audit_anchors import Anchor
from lineament.governance.audit_checking import Check, read_anchors
from lineament.storage.audit_anchors import Anchored, AuditAnchors, anchor, connect_anchors
from lineament.storage.audit_blocks import AuditBlocks
from lineament.storage.clients import S3Clients
from lineament.storage.provision import Tables
from tests.storage.auditing import ACCOUNT, SIGNER, entry, trail
from tests.storage.conftest import REGION, on_the_faster
from tests.storage.test_audit import Watched
from tests.storage.world import Crash, Fuse, through

NOW = 1_800_000_000.0
KEYS = (SIGNER.public_key,)


class Dying:
    """S3's clients of a process that dies."""

    def __init__(self, client: Any, fuse: Fuse) -> None:
        self._watched = Watched(client, fuse)

    def client(self, _region: str) -> Any:
        return self._watched


def make(tables: Tables, endpoint: str, *, locked: bool = False, days: int = 0) -> AuditAnchors:
    clients, bucket = S3Clients(endpoint), f"audit-{uuid.uuid4().hex[:8]}"
    s3 = clients.client(REGION)
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked)
    if days:
        rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": days}}
        lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    return AuditAnchors(tables, bucket, REGION, clients)


def write(tables: Tables, count: int, account: str = ACCOUNT) -> None:
    for number in range(count):
        trail(tables).append(entry(f"r{number}", account), strict=True)


def objects(anchors: AuditAnchors) -> list[dict[str, Any]]:
    answer: dict[str, Any] = anchors._s3.list_objects_v2(Bucket=anchors.bucket)
    return answer.get("Contents", [])


def found(tables: Tables, anchors: AuditAnchors) -> list[tuple[str, int, int]]:
    good, findings = read_anchors(anchors.table, ACCOUNT, anchors.read(ACCOUNT), KEYS)
    check, blocks = Check(ACCOUNT, good, KEYS), AuditBlocks(tables.trust)
    for block in blocks.read(ACCOUNT, max(good, default=0)):
        check.take(block)
    every = [*findings, *check.finish(max(good, default=0)).findings]
    return [(each.kind, each.first, each.last) for each in every]


def test_a_chain_is_anchored_when_it_is_due(tables: Tables, moto_endpoint: str) -> None:
    """Lost: a tail stays without an anchor, or every round pays for one that tells nothing."""
    anchors = make(tables, moto_endpoint)
    assert anchor(tables, anchors, SIGNER, NOW) == Anchored()
    write(tables, 3)
    write(tables, 1, "210987654321")
    assert anchor(tables, anchors, SIGNER, NOW) == Anchored(made=2)
    assert anchor(tables, anchors, SIGNER, NOW + 9999) == Anchored()  # it has not grown
    write(tables, 2)
    assert anchor(tables, anchors, SIGNER, NOW + 60) == Anchored()
    assert anchor(tables, anchors, SIGNER, NOW + 60, blocks=2) == Anchored(made=1)
    write(tables, 1)
    assert anchor(tables, anchors, SIGNER, NOW + 960) == Anchored(made=1)
    keys = [each["Key"] for each in objects(anchors)]
    root = f"{tables.control.name}/audit/"
    assert keys == [
        *(f"{root}{ACCOUNT}/00000000000{number}.json" for number in (3, 5, 6)),
        f"{root}210987654321/000000000001.json",
    ]
    assert anchors.accounts() == [ACCOUNT, "210987654321"]
    good, findings = read_anchors(anchors.table, ACCOUNT, anchors.read(ACCOUNT), KEYS)
    assert (sorted(good), findings) == ([3, 5, 6], [])
    assert [good[number][0].previous for number in (3, 5, 6)] == [0, 3, 5]
    assert found(tables, anchors) == []


def test_what_an_anchor_names_must_be_there(tables: Tables, moto_endpoint: str) -> None:
    """Lost: the whole trail of an account is dropped, and nobody can tell."""
    anchors = make(tables, moto_endpoint)
    write(tables, 5)
    anchor(tables, anchors, SIGNER, NOW)
    items = [{"pk": item["pk"], "sk": item["sk"]} for item in tables.trust.scan()]
    tables.trust.delete_many(items)
    assert AuditBlocks(tables.trust).accounts() == []
    assert anchors.accounts() == [ACCOUNT]
    assert found(tables, anchors) == [("removed", 1, 5)]


def test_anchors_of_one_block_are_one(tables: Tables, moto_endpoint: str) -> None:
    """Lost: who anchors at the same moment fails, or overwrites what another has signed."""
    anchors = make(tables, moto_endpoint)
    anchors.write(Anchor(anchors.table, ACCOUNT, 1, "a", NOW, 0), SIGNER)
    before = anchors.read(ACCOUNT)
    anchors.write(Anchor(anchors.table, ACCOUNT, 1, "b", NOW, 0), SIGNER)
    assert anchors.read(ACCOUNT) == before


@pytest.mark.parametrize("days", [0, 7])
def test_a_locked_bucket_keeps_what_is_deleted(
    tables: Tables, moto_endpoint: str, days: int
) -> None:
    """Lost: who may write the bucket erases anchors, then the tail they stood for."""
    anchors = make(tables, moto_endpoint, locked=True, days=days)
    write(tables, 4)
    assert anchor(tables, anchors, SIGNER, NOW) == Anchored(made=1)
    s3, where = anchors._s3, {"Bucket": anchors.bucket, "Key": objects(anchors)[0]["Key"]}
    if not days:  # else the bucket's own rule counts, and no period is asked for
        assert s3.head_object(**where)["ObjectLockMode"] == "COMPLIANCE"
    assert bool(anchors._retention(NOW)) == (not days)
    (version,) = s3.list_object_versions(Bucket=anchors.bucket)["Versions"]
    if not days:
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(**where, VersionId=version["VersionId"])
    s3.delete_object(**where)
    assert objects(anchors) == []
    assert found(tables, anchors) == [("anchor-covered", 4, 4)]
    s3.put_object(**where, Body=b"{}")
    assert sorted(found(tables, anchors)) == [("anchor-altered", 4, 4), ("anchor-covered", 4, 4)]


@on_the_faster
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_round_cut_at_any_call(tables: Tables, moto_endpoint: str, *, after: bool) -> None:
    """Lost: after a crash a chain is never anchored again, or is told to have lost an anchor."""
    anchors, real = make(tables, moto_endpoint), S3Clients(moto_endpoint).client(REGION)
    for step in itertools.count():
        write(tables, 2)
        fuse = Fuse(step, after=after)

        clients: Any = Dying(real, fuse)
        reached = through(tables, Watched(tables.trust.client, fuse))
        dying = AuditAnchors(reached, anchors.bucket, REGION, clients)
        finished = True
        try:
            anchor(reached, dying, SIGNER, NOW + step, every=0)
        except Crash:
            finished = False
        assert anchor(tables, anchors, SIGNER, NOW + step, every=0).failed == 0
        assert found(tables, anchors) == []
        hint = AuditBlocks(tables.trust).hint(ACCOUNT)
        assert hint.anchored == 2 * (step + 1)
        if finished:
            break
    assert step >= 5


def test_s3_that_refuses(tables: Tables, moto_endpoint: str) -> None:
    """Lost: a round of housekeeping ends where the bucket is away, or says that all is well."""
    write(tables, 1)
    absent = AuditAnchors(tables, "nobodys-bucket-here", REGION, S3Clients(moto_endpoint))
    assert anchor(tables, absent, SIGNER, NOW) == Anchored(failed=1)
    assert connect_anchors(tables, "", REGION) is None
