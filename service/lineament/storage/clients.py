"""boto3 clients. Credentials and endpoints come from boto3's own chain unless they are given."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

_POOL = 32
"""Connections a client keeps: more than the threads that any caller here uses at once."""

_REGIONS = 8
"""Regions whose S3 clients are kept. Callers name the region: it is no more than a header."""

_AWS = (".amazonaws.com", ".amazonaws.com.cn")


_SOON = 2.0
"""Seconds to reach S3 or DynamoDB; and, since urllib3 waits by it while it sends, between two
pieces of a body that are taken."""
LARGE_BODIES = 30.0
"""In its place for who sends hundreds of megabytes to a server that may be busy."""


def _config(connect_timeout: float = _SOON) -> Config:
    return Config(
        connect_timeout=connect_timeout,
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


def sqs_client(region: str) -> Any:  # noqa: ANN401
    """Return an SQS client; threads may share it."""
    return boto3.Session().client("sqs", region_name=region, config=_config())


def secretsmanager_client(region: str) -> Any:  # noqa: ANN401
    """Return a Secrets Manager client; threads may share it."""
    return boto3.Session().client("secretsmanager", region_name=region, config=_config())


class S3Clients:
    """An S3 client a region, made at first use; the least used leave. Threads may share them.

    Unlike boto3's own, they do not follow a bucket into another region: a caller of one region
    reads that region's buckets only. Source: SPEC.md A.5, S3 reads.
    """

    def __init__(self, endpoint_url: str | None = None, connect_timeout: float = _SOON) -> None:
        """Reach S3 at `endpoint_url`, or where boto3 finds it, within `connect_timeout` seconds."""
        self._endpoint_url = endpoint_url
        self._config = _config(connect_timeout)
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()
        """For the clients that are there; never held while one is made."""
        self._session: boto3.Session | None = None
        self._making = threading.Lock()
        """For the session, which threads may not share."""

    def client(self, region: str) -> Any:  # noqa: ANN401
        """Return the client of `region`.

        Raises:
            UnknownRegionError: botocore's; AWS has no region of such a name. Where S3 is a server
                of one's own, every name is right.
        """
        client = self._find(region)
        if client is None:
            with self._making:
                client = self._find(region) or self._make(region)
                with self._lock:
                    self._kept[region] = client
                    while len(self._kept) > _REGIONS:
                        self._kept.popitem(last=False)
        return client

    def _find(self, region: str) -> Any | None:  # noqa: ANN401
        with self._lock:
            if region in self._kept:
                self._kept.move_to_end(region)
            return self._kept.get(region)

    def _make(self, region: str) -> Any:  # noqa: ANN401
        # One session for all: the models of AWS's services are most of a client's time and memory.
        session = self._session = self._session or boto3.Session()
        client = session.client(
            "s3", region_name=region, endpoint_url=self._endpoint_url, config=self._config
        )
        if (urlsplit(client.meta.endpoint_url).hostname or "").endswith(_AWS):
            session.get_partition_for_region(region)
        client.meta.events.register("before-call.s3", _stay_in_region)
        return client


def _stay_in_region(context: Mapping[str, Any], **_event: object) -> None:
    """Tell botocore's redirector that this request was redirected already: it then stops."""
    context.get("s3_redirect", {})["redirected"] = True
