"""The queue of jobs, as far as one is handed on."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lineament.errors import ServiceUnavailable
from lineament.storage.clients import sqs_client


class Queue:
    """An SQS queue. Safe to share between threads."""

    def __init__(self, url: str, region: str) -> None:
        """Reach the queue at `url`; makes no call."""
        self._url = url
        self._client: Any = sqs_client(region)

    def send(self, body: str) -> None:
        """Put a message into the queue.

        Raises:
            ServiceUnavailable: SQS does not answer, or refuses.
        """
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body)
        except (ClientError, BotoCoreError) as error:
            raise ServiceUnavailable("SQS does not take the job on") from error
