"""boto3 clients. Credentials and endpoints come from boto3's own chain unless they are given."""

import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

_POOL = 32
"""Connections a client keeps: more than the threads that any caller here uses at once."""


def _config() -> Config:
    return Config(
        connect_timeout=2,
        read_timeout=10,
        max_pool_connections=_POOL,
        retries={"mode": "standard", "total_max_attempts": 4},
        user_agent_extra="lineament",
    )


def dynamodb_client(region: str, endpoint_url: str | None = None) -> Any:  # noqa: ANN401
    """Return a DynamoDB client; threads may share it."""
    return boto3.Session().client(
        "dynamodb", region_name=region, endpoint_url=endpoint_url, config=_config()
    )


class S3Clients:
    """One S3 client a region, made at first use; threads may share them.

    Unlike boto3's own, they do not follow a bucket into another region: a caller of one region
    reads that region's buckets only. Source: SPEC.md A.5, S3 reads.
    """

    def __init__(self, endpoint_url: str | None = None) -> None:
        """Reach S3 at `endpoint_url`, or where boto3 finds it."""
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, region: str) -> Any:  # noqa: ANN401
        """Return the client of `region`."""
        with self._lock:
            if region not in self._clients:
                client = boto3.Session().client(
                    "s3", region_name=region, endpoint_url=self._endpoint_url, config=_config()
                )
                client.meta.events.register("before-call.s3", _stay_in_region)
                self._clients[region] = client
            return self._clients[region]


def _stay_in_region(context: Mapping[str, Any], **_event: object) -> None:
    """Tell botocore's redirector that this request was redirected already: it then stops."""
    context.get("s3_redirect", {})["redirected"] = True
