"""Pictures that S3 has told of, into the collection that their key or their tags name.

Told of twice, a picture is indexed once: IndexFaces adds nothing for the same picture under the
same ExternalImageId. But its faces may have been deleted before the second time: so what is done
with is remembered afterwards (`storage/notices.py`). Source of the notifications: AWS's user guide
to S3, event message structure.
"""

import logging
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote_plus

import orjson

from lineament.app import Application
from lineament.context import Scope
from lineament.jobs.batches import Unreadable
from lineament.jobs.refusals import BAD_REQUEST
from lineament.storage.notices import Notices, Upload
from lineament.storage.objects import S3ObjectStore

COLLECTION_TAG = "lineament:collection"
EXTERNAL_ID_TAG = "lineament:external-image-id"
_CREATED = "ObjectCreated:"
_EXTERNAL_ID = re.compile(r"[a-zA-Z0-9_.\-:]{1,255}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Uploads:
    """Indexes uploads into collections of one scope."""

    application: Application
    objects: S3ObjectStore
    scope: Scope
    prefix: str
    """Of keys that name their collection: `<prefix><CollectionId>/...`."""
    notices: Notices

    def take(self, body: str) -> Counter[str]:
        """Index the pictures of a notification, and tell what became of them.

        Raises:
            Unreadable: it is none of S3.
            WireError: what waiting or an operator may cure: S3, DynamoDB, a collection or a right
                that is missing.
        """
        counts: Counter[str] = Counter()
        for upload in read(body):
            counts.update(self._index_once(upload) if upload else {"PassedOver": 1})
        return counts

    def _index_once(self, upload: Upload) -> Mapping[str, int]:
        if self.notices.is_settled(upload):
            return {"Repeated": 1}
        counts = self._index(upload)
        # Whatever came of it: once a newer picture is there, this event would find that one.
        self.notices.settle(upload)
        return counts

    def _index(self, upload: Upload) -> Mapping[str, int]:
        tags = self.objects.tags(self.scope.region, upload.bucket, upload.key, upload.version)
        if tags is None:
            _log.info("deleted before it was indexed: %s", _where(upload))
            return {"Gone": 1}
        # The key first: who may write under one prefix must not reach another's collection.
        collection = self._named(upload.key) or tags.get(COLLECTION_TAG)
        if not collection:
            return {"PassedOver": 1}
        request = {
            "CollectionId": collection,
            "Image": {"S3Object": _pointer(upload)},
            **_external_id(tags.get(EXTERNAL_ID_TAG), upload.key),
        }
        try:
            answer = self.application.call("IndexFaces", orjson.dumps(request), self.scope)
        except BAD_REQUEST as error:
            _log.warning("not indexed, %s: %s", error.code, _where(upload))
            return {"Rejected": 1}
        return {"Indexed": 1, "Faces": len(orjson.loads(answer)["FaceRecords"])}

    def _named(self, key: str) -> str | None:
        """Return the CollectionId that a key names; None where it names none."""
        if not key.startswith(self.prefix):
            return None
        collection, slash, name = key.removeprefix(self.prefix).partition("/")
        return collection if slash and name else None


def read(body: str) -> list[Upload | None]:
    """Return what an S3 notification tells was created; None stands for anything else.

    Raises:
        Unreadable: it is no S3 notification.
    """
    try:
        notice = orjson.loads(body)
        if notice.get("Event") == "s3:TestEvent":  # S3 sends it when notifications are set up
            return [None]
        return [_upload(record) for record in notice["Records"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable("the message is no notification of S3") from error


def _upload(record: Mapping[str, Any]) -> Upload | None:
    # S3 writes s3:ObjectCreated:Put into rules and ObjectCreated:Put into messages.
    if not record["eventName"].removeprefix("s3:").startswith(_CREATED):
        return None
    about = record["s3"]["object"]
    key = unquote_plus(about["key"])
    if key.endswith("/"):  # what consoles make for a folder
        return None
    bucket, version = record["s3"]["bucket"]["name"], about.get("versionId") or None
    return Upload(bucket, key, version, str(about.get("sequencer") or ""))


def _pointer(upload: Upload) -> dict[str, str]:
    version = {} if upload.version is None else {"Version": upload.version}
    return {"Bucket": upload.bucket, "Name": upload.key, **version}


def _external_id(tag: str | None, key: str) -> dict[str, str]:
    """Return the ExternalImageId: the tag's, or the name without suffix, as `lineament import`."""
    stem = PurePosixPath(key).stem
    if tag:
        return {"ExternalImageId": tag}
    return {"ExternalImageId": stem} if _EXTERNAL_ID.fullmatch(stem) else {}


def _where(upload: Upload) -> str:
    return ascii(f"s3://{upload.bucket}/{upload.key}")
