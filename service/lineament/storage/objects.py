"""Images from S3, and what their owners have written on them."""

from contextlib import closing

from botocore.exceptions import BotoCoreError, ClientError

from lineament.domain.grants import is_plain_bucket, is_plain_key
from lineament.errors import InvalidS3ObjectException
from lineament.storage.clients import S3Clients
from lineament.storage.faults import from_s3, too_large

_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "404", "405"})
"""405 is HeadObject's answer for a delete marker that is named by its version."""


class S3ObjectStore:
    """The ObjectStore port. Safe to share between threads."""

    def __init__(self, clients: S3Clients | None = None) -> None:
        """Read through `clients`, or through clients of its own."""
        self._clients = S3Clients() if clients is None else clients

    def read(self, region: str, bucket: str, key: str, version: str | None, limit: int) -> bytes:
        """Return the object's bytes.

        Raises:
            InvalidS3ObjectException: missing, forbidden, or in another region, or there is no such
                region, or the bucket or key might lead elsewhere than its name says.
            ImageTooLargeException: over `limit` bytes; the body is not read.
            ProvisionedThroughputExceededException: S3 asks to slow down.
            ServiceUnavailable: S3 does not answer, or stopped in the middle.
        """
        _require_plain(bucket, key)
        which = {} if version is None else {"VersionId": version}
        try:
            answer = self._clients.client(region).get_object(Bucket=bucket, Key=key, **which)
            with closing(answer["Body"]) as body:
                length = int(answer["ContentLength"])
                if length > limit:
                    raise too_large(length, limit)
                return bytes(body.read())
        except (ClientError, BotoCoreError) as error:
            raise from_s3(error) from error

    def tags(
        self, region: str, bucket: str, key: str, version: str | None
    ) -> dict[str, str] | None:
        """Return an object's tags; None where it is deleted, be it that a version is left.

        S3 tells whether an object is missing only to who may list its bucket.

        Raises:
            InvalidS3ObjectException: forbidden, in another region, or there is no such bucket.
            ProvisionedThroughputExceededException: S3 asks to slow down.
            ServiceUnavailable: S3 does not answer.
        """
        _require_plain(bucket, key)
        try:
            s3 = self._clients.client(region)
            which = {} if version is None else {"VersionId": version}
            if which:
                s3.head_object(Bucket=bucket, Key=key)
            answer = s3.get_object_tagging(Bucket=bucket, Key=key, **which)
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code", "")) in _GONE:
                return None
            raise from_s3(error) from error
        except BotoCoreError as error:
            raise from_s3(error) from error
        return {each["Key"]: each["Value"] for each in answer["TagSet"]}


def _require_plain(bucket: str, key: str) -> None:
    """Refuse what S3's client would take for an ARN or an access point, and paths with steps."""
    if not is_plain_bucket(bucket) or not is_plain_key(key):
        raise InvalidS3ObjectException
