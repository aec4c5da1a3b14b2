"""The bucket of snapshots: bodies of any length in, whole or part by part, and out again."""

import io
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lineament.domain.snapshot_format import SnapshotUnreadable, Stream
from lineament.errors import ServiceUnavailable
from lineament.storage.bucket_calls import BucketCalls, code_of
from lineament.storage.clients import S3Clients
from lineament.storage.pieces import Pieces

SINGLE = 4 << 30
"""Bytes that go up in one request. S3 takes 5 GB."""
PART = 512 << 20
"""Bytes of a part of what is longer. S3 takes 10,000 parts: 5 TB."""
_BUFFER = 1 << 20
_GONE = frozenset({"NoSuchKey", "404"})
_Decoded = TypeVar("_Decoded")


class Bucket(BucketCalls):
    """One bucket of S3. Safe to share between threads."""

    keeps = "snapshot"

    def __init__(
        self, name: str, region: str, clients: S3Clients, single: int = SINGLE, part: int = PART
    ) -> None:
        """Reach a bucket; bodies of more than `single` bytes go up in parts of `part`."""
        super().__init__(name, region, clients)
        self._single, self._part = single, part

    def read(
        self, key: str, generation: str, decoded: Callable[[Stream, int, str], _Decoded]
    ) -> _Decoded:
        """Return what `decoded` makes of a body, its length and whose it is. It may stop early.

        Raises:
            SnapshotUnreadable: it is missing, or `decoded` says so.
            ServiceUnavailable: S3 does not answer, or refuses.
        """
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            with closing(answer["Body"]) as body:
                return decoded(body, int(answer["ContentLength"]), generation)
        except ClientError as error:
            if code_of(error) in _GONE:
                raise SnapshotUnreadable("missing") from error
            raise self._unavailable(error) from error
        except BotoCoreError as error:
            raise self._unavailable(error) from error

    def write(self, key: str, body: Pieces) -> None:
        """Write an object. Who dies meanwhile may leave an upload, which `abort` ends.

        Raises:
            ServiceUnavailable: S3 does not answer, or refuses.
        """
        if len(body) <= self._single:
            self._call("put_object", Key=key, Body=io.BufferedReader(body, _BUFFER))
            return
        next(self._uploads(key), None)  # Who may not list uploads begins none: nobody could end it.
        upload = self._call("create_multipart_upload", Key=key)["UploadId"]
        try:
            parts = [
                self._write_part(key, upload, number, body.part(start, start + self._part))
                for number, start in enumerate(range(0, len(body), self._part), 1)
            ]
            self._call(
                "complete_multipart_upload",
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": parts},
            )
        except ServiceUnavailable:
            with suppress(ServiceUnavailable):  # Else whoever tidies up ends it.
                self._abort(key, upload)
            raise

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys of objects that begin with `prefix`, ascending."""
        more: dict[str, str] = {}
        while True:
            answer = self._call("list_objects_v2", Prefix=prefix, **more)
            yield from (each["Key"] for each in answer.get("Contents", []))
            if not answer.get("IsTruncated"):
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def uploads(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield key and id of the uploads that nobody has completed, of keys with `prefix`."""
        try:
            yield from self._uploads(prefix)
        except ServiceUnavailable as error:
            # Who lacks the right has no upload: `write` begins none without it.
            if code_of(error.__cause__) != "AccessDenied":
                raise

    def abort(self, prefix: str, below: str | None = None) -> None:
        """End the uploads of keys with `prefix`, of those under `below` if it is given.

        Call this before the objects are listed: an upload that completes meanwhile is one of them.
        """
        for key, upload in list(self.uploads(prefix)):
            if below is None or key < below:
                self._abort(key, upload)

    def erase(self, keys: list[str]) -> None:
        """Erase objects, there or not."""
        for key in keys:
            self._call("delete_object", Key=key)

    def _write_part(self, key: str, upload: str, number: int, body: Pieces) -> dict[str, Any]:
        answer = self._call(
            "upload_part",
            Key=key,
            UploadId=upload,
            PartNumber=number,
            Body=io.BufferedReader(body, _BUFFER),
        )
        # Where the client sends checksums, S3 wants them again with the list of parts.
        sums = {name: value for name, value in answer.items() if name.startswith("Checksum")}
        sums.pop("ChecksumType", None)
        return {"PartNumber": number, "ETag": answer["ETag"], **sums}

    def _uploads(self, prefix: str) -> Iterator[tuple[str, str]]:
        more: dict[str, str] = {}
        while True:
            answer = self._call("list_multipart_uploads", Prefix=prefix, **more)
            for each in answer.get("Uploads", []):
                if each["Key"].startswith(prefix):
                    yield each["Key"], each["UploadId"]
            if not answer.get("IsTruncated"):
                return
            more = {
                "KeyMarker": answer["NextKeyMarker"],
                "UploadIdMarker": answer["NextUploadIdMarker"],
            }

    def _abort(self, key: str, upload: str) -> None:
        try:
            self._call("abort_multipart_upload", Key=key, UploadId=upload)
        except ServiceUnavailable as error:
            if code_of(error.__cause__) != "NoSuchUpload":  # Completed, or ended by another.
                raise
