"""Texts in Secrets Manager: access keys, the root key."""

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lineament.errors import ServiceUnavailable

_log = logging.getLogger(__name__)


class ManagedSecret:
    """A secret's current text. Safe to share between threads."""

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401
        """Use a boto3 Secrets Manager client, and the secret's name or ARN. Makes no call."""
        self._client = client
        self._name = name

    def read(self) -> bytes:
        """Return the text, or the bytes of a binary secret.

        Raises:
            ServiceUnavailable: Secrets Manager does not answer, has no such secret, or refuses it.
        """
        try:
            answer = self._client.get_secret_value(SecretId=self._name)
        except (ClientError, BotoCoreError) as error:
            why = type(error).__name__
            if isinstance(error, ClientError):
                why = str(error.response.get("Error", {}).get("Code", why))
            _log.warning("Secrets Manager: %s", why)
            raise ServiceUnavailable(f"Secrets Manager does not give the secret: {why}") from error
        text = answer.get("SecretString")
        return bytes(answer["SecretBinary"]) if text is None else str(text).encode()
