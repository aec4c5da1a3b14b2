"""Anchors of audit chains <-> S3, under object lock where the bucket has it."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lineament.domain.audit_anchors import Anchor, Kept, to_body
from lineament.domain.audit_chain import Signs, Tip
from lineament.errors import LineamentError, ServiceUnavailable
from lineament.storage.audit_blocks import AuditBlocks, Hint
from lineament.storage.bucket_calls import BucketCalls, code_of
from lineament.storage.clients import S3Clients
from lineament.storage.provision import Tables

EVERY_SECONDS = 900.0
"""Between two anchors of a chain that grows."""
EVERY_BLOCKS = 256
"""Blocks that make an anchor due earlier."""
_LOCK_DAYS = 365
"""For which an anchor is locked, where the bucket locks and has no period of its own."""
_READERS = 8
_DIGITS = 12
_SUFFIX = ".json"
_UNLOCKED = frozenset(
    {"ObjectLockConfigurationNotFoundError", "NotImplemented", "MethodNotAllowed"}
)
_NO_VERSIONS = frozenset({"AccessDenied", "NotImplemented", "MethodNotAllowed"})
_THERE = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict", "409"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Anchored:
    """What a round did."""

    made: int = 0
    failed: int = 0
    """Accounts whose anchor is due and was not written."""


class AuditAnchors(BucketCalls):
    """The anchors of a deployment. Safe to share between threads."""

    keeps = "anchor"

    def __init__(self, tables: Tables, bucket: str, region: str, clients: S3Clients) -> None:
        """Keep them in `bucket`, under the name of the tables."""
        self.table = tables.control.name
        super().__init__(bucket, region, clients)
        self._lock: dict[str, Any] | None = None

    def write(self, anchor: Anchor, signer: Signs) -> None:
        """Write an anchor where none of its block is.

        Raises:
            ServiceUnavailable: S3 does not answer, or refuses.
        """
        try:
            self._s3.put_object(
                Bucket=self.bucket,
                Key=f"{self._prefix(anchor.account)}{anchor.n:0{_DIGITS}d}{_SUFFIX}",
                Body=to_body(anchor, signer),
                ContentType="application/json",
                IfNoneMatch="*",
                **self._retention(anchor.time),
            )
        except ClientError as error:
            if code_of(error) not in _THERE:  # Another process has anchored the same block.
                raise self._unavailable(error) from error
        except BotoCoreError as error:
            raise self._unavailable(error) from error

    def accounts(self) -> list[str]:
        """Return the accounts that have, or had, an anchor."""
        return sorted({account for account, *_ in self._versions("")})

    def read(self, account: str) -> list[Kept]:
        """Return every anchor of an account, ascending, those that were covered or deleted too."""
        with ThreadPoolExecutor(_READERS, "anchors") as pool:
            return list(pool.map(self._read, self._versions(account)))

    def _read(self, version: tuple[str, int, dict[str, str], bool]) -> Kept:
        account, number, where, removed = version
        answer = self._call("get_object", **where)
        return Kept(account, number, answer["Body"].read(), removed)

    def _versions(self, account: str) -> list[tuple[str, int, dict[str, str], bool]]:
        """Return account and block by the key, where it is, and whether it was covered."""
        found = []
        for each in self._listed(self._prefix(account)):
            parts = each["Key"].removeprefix(self._prefix("")).split("/")
            name = parts[-1].removesuffix(_SUFFIX)
            if len(parts) != 2 or not name.isdecimal():  # noqa: PLR2004 - account/block
                continue
            where = {"Key": each["Key"]}
            if each.get("VersionId", "null") != "null":
                where["VersionId"] = each["VersionId"]
            found.append((parts[0], int(name), where, not each.get("IsLatest", True)))
        return sorted(found, key=lambda each: each[:2])

    def _listed(self, prefix: str) -> Iterator[dict[str, Any]]:
        try:
            yield from self._pages("list_object_versions", "Versions", prefix)
        except ServiceUnavailable as error:
            if code_of(error.__cause__) not in _NO_VERSIONS:
                raise
            yield from self._pages("list_objects_v2", "Contents", prefix)

    def _pages(self, operation: str, member: str, prefix: str) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while True:
            answer = self._call(operation, Prefix=prefix, **more)
            yield from answer.get(member, [])
            if not answer.get("IsTruncated"):
                return
            if operation == "list_objects_v2":
                more = {"ContinuationToken": answer["NextContinuationToken"]}
            else:
                more = {
                    "KeyMarker": answer["NextKeyMarker"],
                    "VersionIdMarker": answer["NextVersionIdMarker"],
                }

    def _retention(self, now: float) -> dict[str, Any]:
        """Return what locks an object: nothing where the bucket does it itself, or cannot."""
        if self._lock is None:
            self._lock = self._look_for_lock()
        if not self._lock or "Rule" in self._lock:
            return {}
        until = datetime.fromtimestamp(now, UTC) + timedelta(days=_LOCK_DAYS)
        return {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}

    def _look_for_lock(self) -> dict[str, Any]:
        try:
            answer = self._s3.get_object_lock_configuration(Bucket=self.bucket)
        except ClientError as error:
            if code_of(error) not in _UNLOCKED | {"AccessDenied"}:
                raise self._unavailable(error) from error
            if code_of(error) == "AccessDenied":
                _log.warning("audit: whether the bucket locks objects may not be asked")
            return {}
        except BotoCoreError as error:
            raise self._unavailable(error) from error
        found: dict[str, Any] = answer.get("ObjectLockConfiguration") or {}
        return found

    def _prefix(self, account: str) -> str:
        return f"{self.table}/audit/" + (f"{account}/" if account else "")


def anchor(  # noqa: PLR0913 - where, with what, and when
    tables: Tables,
    anchors: AuditAnchors,
    signer: Signs,
    now: float,
    *,
    every: float = EVERY_SECONDS,
    blocks: int = EVERY_BLOCKS,
) -> Anchored:
    """Anchor every chain that has grown and whose turn it is. Any number of processes may.

    Args:
        tables: where the chains are.
        anchors: where the anchors go.
        signer: of the deployment.
        now: epoch seconds.
        every: seconds after which a chain that has grown is anchored again; 0: now.
        blocks: growth that makes it due earlier.
    """
    chains = AuditBlocks(tables.trust)
    made = failed = 0
    for account in chains.accounts():
        try:
            hint = chains.hint(account)
            tip = chains.ahead(account, hint.tip)
            if _due(hint, tip, now, every, blocks):
                anchors.write(
                    Anchor(anchors.table, account, tip.number, tip.hash, now, hint.anchored), signer
                )
                chains.note_anchor(account, tip.number, now)
                made += 1
        except LineamentError as error:
            _log.warning("audit: an anchor was not written: %s", error)
            failed += 1
    return Anchored(made, failed)


def connect_anchors(tables: Tables, bucket: str, region: str) -> AuditAnchors | None:
    """Return the anchors of a deployment, None where no bucket is set; makes no call."""
    return AuditAnchors(tables, bucket, region, S3Clients()) if bucket else None


def _due(hint: Hint, tip: Tip, now: float, every: float, blocks: int) -> bool:
    growth = tip.number - hint.anchored
    return growth > 0 and (now - hint.anchored_at >= every or growth >= blocks)
