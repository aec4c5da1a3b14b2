"""Pictures that an S3 Inventory lists: its manifest.json, and gzipped CSV files beside it.

A list that S3 has made already, which spares a request for each thousand objects. Source: AWS's
user guide to S3 Inventory.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import unquote_plus

from botocore.exceptions import BotoCoreError, ClientError

from lineament.cli.bulk.bucket import judge_key
from lineament.cli.bulk.naming import Candidate, Naming, PassedOver
from lineament.cli.bulk.places import S3Place
from lineament.errors import LineamentError
from lineament.storage.clients import S3Clients
from lineament.storage.faults import from_s3

NAME = "manifest.json"


class Inventory:
    """A Source, read a line at a time."""

    def __init__(self, manifest: S3Place, region: str, naming: Naming) -> None:
        """Ask for nothing yet."""
        self._manifest = manifest
        self._naming = naming
        self._region = region
        self._clients = S3Clients()

    def __iter__(self) -> Iterator[Candidate]:
        """Yield the newest version of each object, in the order of the inventory.

        Raises:
            LineamentError: it is not there, is no inventory as CSV, or is broken.
        """
        where = f"s3://{self._manifest.bucket}/{self._manifest.key}"
        try:
            columns, keys = self._read_manifest()
            for key in keys:
                yield from self._read_file(key, columns)
        except (ClientError, BotoCoreError) as error:
            raise LineamentError(f"{where}: {from_s3(error)}") from error
        except (KeyError, TypeError, ValueError, EOFError, OSError, csv.Error, zlib.error) as error:
            raise LineamentError(f"{where} is no inventory that can be read") from error

    def _read_manifest(self) -> tuple[list[str], list[str]]:
        """Return the columns of the files, and the files' keys."""
        with closing(self._open(self._manifest.key)) as body:
            told = json.load(body)
        if told["fileFormat"] != "CSV":
            raise LineamentError(
                f"s3://{self._manifest.bucket}/{self._manifest.key} is an inventory as "
                f"{told['fileFormat']}; have S3 make it as CSV"
            )
        columns = [each.strip() for each in told["fileSchema"].split(",")]
        return columns, [each["key"] for each in told["files"]]

    def _read_file(self, key: str, columns: list[str]) -> Iterator[Candidate]:
        with (
            closing(self._open(key)) as body,
            gzip.open(body) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
        ):
            for cells in csv.reader(text):
                yield self._judge(dict(zip(columns, cells, strict=True)))

    def _judge(self, row: Mapping[str, str]) -> Candidate:
        if row.get("IsLatest") == "false" or row.get("IsDeleteMarker") == "true":
            return PassedOver("an older version, or a deleted object")
        return judge_key(S3Place(row["Bucket"], unquote_plus(row["Key"])), "", self._naming)

    def _open(self, key: str) -> Any:  # noqa: ANN401 - botocore's stream
        client = self._clients.client(self._region)
        return client.get_object(Bucket=self._manifest.bucket, Key=key)["Body"]
