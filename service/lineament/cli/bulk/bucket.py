"""Pictures under a prefix of an S3 bucket."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from botocore.exceptions import BotoCoreError, ClientError

from lineament.cli.bulk.naming import SUFFIXES, Candidate, Naming, PassedOver
from lineament.cli.bulk.places import S3Place
from lineament.errors import LineamentError
from lineament.storage.clients import S3Clients
from lineament.storage.faults import from_s3


class Prefix:
    """A Source, listed a page at a time."""

    def __init__(self, where: S3Place, region: str, naming: Naming) -> None:
        """Ask for nothing yet; `where.key` is the prefix, which may be empty."""
        self._where = where
        self._naming = naming
        self._region = region
        self._clients = S3Clients()

    def __iter__(self) -> Iterator[Candidate]:
        """Yield the keys that are named like pictures, and those without a suffix."""
        bucket, prefix = self._where.bucket, self._where.key
        above = prefix[: prefix.rfind("/") + 1]
        try:
            pages = self._clients.client(self._region).get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix):
                for each in page.get("Contents", ()):
                    yield judge_key(S3Place(bucket, each["Key"]), above, self._naming)
        except (ClientError, BotoCoreError) as error:
            raise LineamentError(f"s3://{bucket}/{prefix}: {from_s3(error)}") from error


def judge_key(place: S3Place, above: str, naming: Naming) -> Candidate:
    """Return a picture if its key is named like one, or has no suffix.

    Args:
        place: of the object.
        above: what its name does without, at the beginning of the key.
        naming: gives it ids.
    """
    suffix = PurePosixPath(place.key).suffix.lower()
    if place.key.endswith("/") or (suffix and suffix not in SUFFIXES):
        return PassedOver("no JPEG or PNG by its name")
    return naming.to_candidate(place.key.removeprefix(above), place)
