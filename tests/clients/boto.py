"""boto3, in the process of the test."""

from datetime import datetime
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.clients.calling import Output, Params, Refused, moment, without


class Boto:
    """boto3's client of an account, with boto3's own defaults (retries among them)."""

    unmodelled: str | None = "ClientError"

    def __init__(self, account: str, url: str) -> None:
        self.account = account
        self._client = _session().client(
            "rekognition",
            aws_access_key_id=account,
            aws_secret_access_key="local",
            region_name="us-east-1",
            endpoint_url=url,
        )

    def call(self, operation: str, params: Params) -> Output:
        try:
            return _plain(getattr(self._client, _method(self._client, operation))(**params))
        except ClientError as error:
            raise self._refused(error) from error

    def pages(self, operation: str, params: Params, size: int) -> list[Output]:
        paginator = self._client.get_paginator(_method(self._client, operation))
        try:
            pages = list(paginator.paginate(**params, PaginationConfig={"PageSize": size}))
        except ClientError as error:
            raise self._refused(error) from error
        return [without(_plain(page), "NextToken") for page in pages]

    def wait(self, waiter: str, params: Params) -> str:
        names = {name.replace("_", ""): name for name in self._client.waiter_names}
        with pytest.raises(WaiterError) as caught:
            self._client.get_waiter(names[waiter.lower()]).wait(**params)
        return str(caught.value)

    def _refused(self, error: ClientError) -> Refused:
        """Say what the error is to a program that catches `client.exceptions.X`."""
        about, metadata = error.response["Error"], error.response["ResponseMetadata"]
        modelled = getattr(self._client.exceptions, type(error).__name__, ClientError)
        assert type(error) is modelled
        return Refused(
            kind=type(error).__name__,
            code=about["Code"],
            message=about["Message"],
            status=metadata["HTTPStatusCode"],
            request_id=metadata["RequestId"],
        )


def _method(client: Any, operation: str) -> str:
    """Return boto3's method of an operation."""
    methods = client.meta.method_to_api_mapping
    return next(method for method, named in methods.items() if named == operation)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value.timestamp())
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in without(value, "ResponseMetadata").items()}
    return value


@cache
def _session() -> Any:
    """One session: each new one reads botocore's model files again."""
    return boto3.session.Session()
