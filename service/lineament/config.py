"""Settings, and the only reader of the environment.

Every setting is an environment variable `LINEAMENT_<NAME>`. Where S3 and DynamoDB are, and with
which credentials, is boto3's own business: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_DYNAMODB,
AWS_REGION and the rest mean what they always mean.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from lineament.config_lists import read_attributes, read_bindings
from lineament.domain.attributes import SENSITIVE
from lineament.errors import LineamentError

PREFIX = "LINEAMENT_"
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
    metrics: str
    """Who may read GET /metrics: loopback, on (everybody), off."""
    log_level: str


class SettingsSchema(Schema):
    """One field a setting: its type, default and meaning."""

    class Meta:
        """Other members are judged by `load`, which can name them."""

        unknown = EXCLUDE

    table = fields.String(
        load_default="lineament",
        validate=validate.Regexp(r"[a-zA-Z0-9_.\-]{3,255}\Z"),
        metadata={"help": "The DynamoDB table; made on first use where it is missing."},
    )
    default_account = fields.String(
        load_default="123456789012",
        validate=validate.Regexp(r"\d{12}\Z"),
        metadata={"help": "The account of callers whose access key does not tell one."},
    )
    region = fields.String(
        load_default="us-east-1",
        metadata={"help": "The region of the table; AWS_REGION or AWS_DEFAULT_REGION where set."},
    )
    model_dir = fields.String(
        load_default=str(Path(sys.prefix) / "share" / "lineament" / "models"),
        metadata={"help": "Where `lineament models install` puts models and photos."},
    )
    profile = fields.String(
        load_default="default",
        metadata={"help": "The face model and calibration that new collections are bound to."},
    )
    collection_profiles = fields.String(
        load_default="",
        validate=lambda text: read_bindings(text) is not None,
        metadata={
            "help": "Profiles of new collections by id, PATTERN=PROFILE,... such as "
            "door-*=light,album=light; the first match counts, others get the profile above."
        },
    )
    detector = fields.String(
        load_default="",
        metadata={"help": "A DeepFace detector in place of the profile's own."},
    )
    recognizer = fields.String(
        load_default="",
        metadata={"help": "A DeepFace recogniser in place of the profile's own."},
    )
    attributes_off = fields.String(
        load_default="",
        validate=lambda text: read_attributes(text) is not None,
        metadata={
            "help": "Sensitive attributes that are never told, some of "
            f"{', '.join(sorted(SENSITIVE))}, with commas between."
        },
    )
    threads = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=64),
        metadata={
            "help": "Threads of one model run; 0: one in a server, whose requests run beside each "
            "other, and all cores in a Lambda function, which answers one at a time."
        },
    )
    constraint_error_code = fields.String(
        load_default="ValidationException",
        validate=validate.OneOf(["ValidationException", "InvalidParameterException"]),
        metadata={"help": "The error code of a broken constraint (SPEC A.6: sources disagree)."},
    )
    max_body_bytes = fields.Integer(
        load_default=16 * _MIB,
        validate=validate.Range(min=_MIB, max=256 * _MIB),
        metadata={"help": "The largest request body; a larger one is answered with 413."},
    )
    max_collections = fields.Integer(
        load_default=10_000,
        validate=validate.Range(min=1),
        metadata={"help": "Collections per account and region."},
    )
    max_faces_per_collection = fields.Integer(
        load_default=20_000_000,
        validate=validate.Range(min=1),
        metadata={"help": "Faces per collection."},
    )
    max_users_per_collection = fields.Integer(
        load_default=10_000_000,
        validate=validate.Range(min=1),
        metadata={"help": "Users per collection."},
    )
    celebrity_threshold = fields.Float(
        load_default=99.0,
        validate=validate.Range(min=0.0, max=100.0),
        metadata={"help": "Similarity from which a face is given a celebrity's name, 0 to 100."},
    )
    gallery_bytes = fields.Integer(
        load_default=2048 * _MIB,
        validate=validate.Range(min=_MIB),
        metadata={"help": "Memory for galleries in one process; the least used leave first."},
    )
    housekeeping_seconds = fields.Float(
        load_default=60.0,
        validate=validate.Range(min=1.0),
        metadata={"help": "How often a server erases what deleted collections left."},
    )
    snapshot_bucket = fields.String(
        load_default="",
        validate=validate.Regexp(r"([a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])?\Z"),
        metadata={
            "help": "An S3 bucket in the region above, without versioning, for snapshots of large "
            "collections: a server that starts reads one in place of a log. None where it is empty."
        },
    )
    metrics = fields.String(
        load_default="loopback",
        validate=validate.OneOf(["loopback", "on", "off"]),
        metadata={
            "help": "Who may read GET /metrics: loopback (this machine, but not through a proxy), "
            "on (whoever reaches the port), off."
        },
    )
    log_level = fields.String(
        load_default="INFO",
        validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"]),
        metadata={"help": "The least severe log line that is written."},
    )


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
    schema = SettingsSchema()
    unknown = sorted(set(given) - set(schema.fields))
    if unknown:
        raise ConfigurationError(f"{PREFIX}{unknown[0].upper()} is no setting of Lineament")
    try:
        values: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        name, problem = next(iter(error.messages_dict.items()))
        raise ConfigurationError(f"{PREFIX}{name.upper()}: {problem[0]}") from error
    return Settings(
        **{
            **values,
            "model_dir": Path(values["model_dir"]),
            "collection_profiles": read_bindings(values["collection_profiles"]),
            "threads": values["threads"] or _threads(source),
            "attributes_off": read_attributes(values["attributes_off"]),
        }
    )


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


def local_environment(api_url: str, aws_url: str) -> dict[str, str]:
    """Return this process's environment with every AWS variable replaced by those of a local pair.

    Profiles, credential files, the instance's metadata and the catch-all endpoint are closed as
    well: what runs in it cannot reach an AWS account.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    unproxied = [value for value in (kept.get("NO_PROXY"), kept.get("no_proxy")) if value]
    no_proxy = ",".join([*unproxied, "127.0.0.1", "localhost"])
    return {
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
