"""Calls on one bucket of S3, and what leaves where they fail."""

from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from lineament.errors import ServiceUnavailable
from lineament.storage.clients import S3Clients


class BucketCalls:
    """What reaches one bucket. Safe to share between threads."""

    keeps: ClassVar[str]
    """What the bucket is for, in messages."""

    def __init__(self, bucket: str, region: str, clients: S3Clients) -> None:
        """Reach a bucket; makes no call."""
        self.bucket = bucket
        self._region = region
        self._clients = clients

    @property
    def _s3(self) -> Any:  # noqa: ANN401
        return self._clients.client(self._region)

    def _call(self, operation: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return S3's answer.

        Raises:
            ServiceUnavailable: S3 does not answer, or refuses; its cause is botocore's.
        """
        try:
            answer: dict[str, Any] = getattr(self._s3, operation)(Bucket=self.bucket, **params)
        except (ClientError, BotoCoreError) as error:
            raise self._unavailable(error) from error
        return answer

    def _unavailable(self, error: ClientError | BotoCoreError) -> ServiceUnavailable:
        kind = code_of(error) or type(error).__name__
        return ServiceUnavailable(f"S3 keeps no {self.keeps} or gives none: {kind}")


def code_of(error: BaseException | None) -> str:
    """Return AWS's code of an error, empty where AWS has not answered."""
    if not isinstance(error, ClientError):
        return ""
    return str(error.response.get("Error", {}).get("Code", ""))
