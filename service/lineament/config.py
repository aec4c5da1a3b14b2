"""Settings, and the only reader of the environment.

Every setting is an environment variable `LINEAMENT_<NAME>`. Where S3 and DynamoDB are, and with
which credentials, is boto3's own business: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_DYNAMODB,
AWS_REGION and the rest mean what they always mean.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from lineament.config_lists import read_attributes, read_bindings
from lineament.config_schema import SettingsSchema
from lineament.errors import LineamentError

PREFIX = "LINEAMENT_"
_MEMORY = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
"""MiB of a Lambda function, which ends where it needs more: galleries get half, models the rest."""
_MIB = 1024 * 1024


class ConfigurationError(LineamentError):
    """A setting is unknown or has no usable value; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this deployment runs. `lineament settings` prints them with their meanings."""

    table: str
    default_account: str
    region: str
    model_dir: Path
    profile: str
    collection_profiles: tuple[tuple[str, str], ...]
    """(pattern of collection ids, profile), the first match counts."""
    detector: str
    recognizer: str
    attributes_off: frozenset[str]
    """Of GENDER, EMOTIONS, AGE_RANGE: never told."""
    threads: int
    """Of one run of a model, at least 1."""
    constraint_error_code: str
    max_body_bytes: int
    max_collections: int
    max_faces_per_collection: int
    max_users_per_collection: int
    celebrity_threshold: float
    gallery_bytes: int
    housekeeping_seconds: float
    snapshot_bucket: str
    """Empty: none are made or read."""
    milvus_uri: str
    """Empty: there is none."""
    milvus_token: str = field(repr=False)
    gallery_engine: str
    """memory or milvus: where the vectors of new collections go."""
    upload_prefix: str
    """Of the keys of uploads that name their collection."""
    work_queue_url: str
    """Empty: a job has to end within its event."""
    metrics: str
    """Who may read GET /metrics: loopback, on (everybody), off."""
    log_level: str
    auth: str
    """sigv4 or off."""
    access_keys: str
    """Empty: there are none."""
    root_key: str
    regions: frozenset[str]
    """That clients may sign for."""
    iam_policies: str
    rates: str
    """As written; `governance.throttle` reads it."""
    audit: str
    """on, strict (a call that cannot be recorded is not answered) or off."""
    audit_bucket: str
    """Empty: the trail is not anchored."""
    use_case: str
    """Of `domain.rules.USE_CASES`; empty: none."""
    purpose: str
    notice_url: str
    contact: str
    disclosure_url: str
    below_floor: str
    """raise or refuse."""
    searches_per_person: int
    """A day, where people are watched."""


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        environ: in place of the process's environment.

    Raises:
        ConfigurationError: an unknown LINEAMENT_ variable, or a value out of bounds.
    """
    source = os.environ if environ is None else environ
    given = {
        re.sub(f"^{PREFIX}", "", name).lower(): value
        for name, value in source.items()
        if name.startswith(PREFIX) and value != ""
    }
    if "region" not in given:
        aws_region = source.get("AWS_REGION") or source.get("AWS_DEFAULT_REGION")
        if aws_region:
            given["region"] = aws_region
    if _MEMORY in source:
        given.setdefault("gallery_bytes", str(int(source[_MEMORY]) * _MIB // 2))
    schema = SettingsSchema()
    unknown = sorted(set(given) - set(schema.fields))
    if unknown:
        raise ConfigurationError(f"{PREFIX}{unknown[0].upper()} is no setting of Lineament")
    try:
        values: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        name, problem = next(iter(error.messages_dict.items()))
        raise ConfigurationError(f"{PREFIX}{name.upper()}: {problem[0]}") from error
    if values["milvus_uri"] and not values["snapshot_bucket"]:
        raise ConfigurationError(f"{PREFIX}MILVUS_URI needs {PREFIX}SNAPSHOT_BUCKET")
    if values["gallery_engine"] == "milvus" and not values["milvus_uri"]:
        raise ConfigurationError(f"{PREFIX}GALLERY_ENGINE=milvus needs {PREFIX}MILVUS_URI")
    return Settings(
        **{
            **values,
            "model_dir": Path(values["model_dir"]),
            "collection_profiles": read_bindings(values["collection_profiles"]),
            "threads": values["threads"] or _threads(source),
            "attributes_off": read_attributes(values["attributes_off"]),
            "regions": frozenset((values["regions"] or values["region"]).split(",")),
            "audit": _audit(values["audit"], values["auth"]),
            "audit_bucket": values["audit_bucket"] or values["snapshot_bucket"],
        }
    )


def _audit(audit: str, auth: str) -> str:
    """Return on, strict or off: by itself, the trail is kept where callers prove who they are."""
    if audit != "auto":
        return audit
    return "off" if auth == "off" else "on"


def _threads(source: Mapping[str, str]) -> int:
    """Return how many threads a run of a model gets where no setting says it.

    A Lambda function answers one event at a time, so all of its cores work on that. A server's
    requests run beside each other, a core each: with more, runs would wait for each other.
    """
    return (os.cpu_count() or 1) if "AWS_LAMBDA_FUNCTION_NAME" in source else 1


def describe() -> list[tuple[str, str, str]]:
    """Return (variable, default, meaning) of every setting."""
    return [
        (f"{PREFIX}{name.upper()}", str(field.load_default), str(field.metadata["help"]))
        for name, field in SettingsSchema().fields.items()
    ]


def kept_ready(environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether Lambda begins this process before events come: provisioned concurrency."""
    source = os.environ if environ is None else environ
    return source.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency"


def local_environment(api_url: str, aws_url: str) -> dict[str, str]:
    """Return this process's environment with every AWS variable replaced by those of a local pair.

    Profiles, credential files, the instance's metadata and the catch-all endpoint are closed as
    well: what runs in it cannot reach an AWS account.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    unproxied = [value for value in (kept.get("NO_PROXY"), kept.get("no_proxy")) if value]
    no_proxy = ",".join([*unproxied, "127.0.0.1", "localhost"])
    return {
        f"{PREFIX}AUTH": "off",  # unless somebody has set it: to try keys and policies
        **kept,
        **local_exports(api_url, aws_url),
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def local_exports(api_url: str, aws_url: str) -> dict[str, str]:
    """Return the variables that point a user's own SDK or CLI at a local pair."""
    return {
        "AWS_ENDPOINT_URL_REKOGNITION": api_url,
        "AWS_ENDPOINT_URL_S3": aws_url,
        "AWS_ENDPOINT_URL_DYNAMODB": aws_url,
        "AWS_ACCESS_KEY_ID": "123456789012",  # an account number: callers of that account
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",  # what the SDK for JavaScript reads
        "AWS_DEFAULT_REGION": "us-east-1",  # what boto3 and the AWS CLI read
    }


def enter(environment: Mapping[str, str]) -> None:
    """Replace this process's environment."""
    os.environ.clear()
    os.environ.update(environment)
