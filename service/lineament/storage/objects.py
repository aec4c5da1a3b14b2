"""Images from S3."""

from contextlib import closing

from botocore.exceptions import BotoCoreError, ClientError

from lineament.storage.clients import S3Clients
from lineament.storage.faults import from_s3, too_large


class S3ObjectStore:
    """The ObjectStore port. Safe to share between threads."""

    def __init__(self, clients: S3Clients | None = None) -> None:
        """Read through `clients`, or through clients of its own."""
        self._clients = S3Clients() if clients is None else clients

    def read(self, region: str, bucket: str, key: str, version: str | None, limit: int) -> bytes:
        """Return the object's bytes.

        Raises:
            InvalidS3ObjectException: missing, forbidden, or in another region, or there is no such
                region.
            ImageTooLargeException: over `limit` bytes; the body is not read.
            ProvisionedThroughputExceededException: S3 asks to slow down.
            ServiceUnavailable: S3 does not answer, or stopped in the middle.
        """
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
