"""What can be set: one field a setting, with its type, bounds, default and meaning."""

import sys
from pathlib import Path

from marshmallow import EXCLUDE, fields, validate

from lineament.config_lists import read_attributes, read_bindings
from lineament.config_trust import TrustSchema
from lineament.domain.attributes import SENSITIVE

_MIB = 1024 * 1024


class SettingsSchema(TrustSchema):
    """One field a setting: its type, default and meaning."""

    class Meta:
        """Other members are judged by `load`, which can name them."""

        unknown = EXCLUDE

    table = fields.String(
        load_default="lineament",
        validate=validate.Regexp(
            r"[a-zA-Z0-9_.\-]{3,255}\Z",
            error="not 3 to 255 letters, digits and _ . -",
        ),
        metadata={"help": "The DynamoDB table; made on first use where it is missing."},
    )
    default_account = fields.String(
        load_default="123456789012",
        validate=validate.Regexp(r"\d{12}\Z", error="not 12 digits"),
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
        metadata={
            "help": "Memory for galleries in one process; the least used leave first. In a Lambda "
            "function half of its memory, where this is not set."
        },
    )
    housekeeping_seconds = fields.Float(
        load_default=60.0,
        validate=validate.Range(min=1.0),
        metadata={"help": "How often a server erases what deleted collections left."},
    )
    snapshot_bucket = fields.String(
        load_default="",
        validate=validate.Regexp(
            r"([a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])?\Z",
            error="not 3 to 63 small letters, digits and . -",
        ),
        metadata={
            "help": "An S3 bucket in the region above, without versioning, for snapshots of large "
            "collections: a server that starts reads one in place of a log. None where it is empty."
        },
    )
    upload_prefix = fields.String(
        load_default="collections/",
        validate=validate.Regexp(
            r"[^\x00-\x1f\x7f]{1,512}\Z",
            error="not 1 to 512 printable characters",
        ),
        metadata={
            "help": "What the keys of uploaded pictures begin with if they name their collection, "
            "as collections/<CollectionId>/<name>: for lambdas.image_uploaded."
        },
    )
    work_queue_url = fields.String(
        load_default="",
        validate=validate.Regexp(r"(https?://\S{1,500})?\Z", error="no http:// or https:// URL"),
        metadata={
            "help": "The SQS queue of lambdas.worker, where a job that does not end in one event "
            "is handed on."
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
    milvus_uri = fields.String(
        load_default="",
        validate=validate.Regexp(
            r"(https?://\S{1,500}|\S{1,500}\.db)?\Z",
            error="no http:// or https:// URL, and no path that ends in .db",
        ),
        metadata={
            "help": "A Milvus that may hold the vectors of large collections, as "
            "http://host:19530, or a path ending in .db for milvus-lite inside one process. It "
            "needs a snapshot bucket. `lineament move` moves collections there and back."
        },
    )
    milvus_token = fields.String(
        load_default="",
        metadata={"help": "user:password or an API key for that Milvus."},
    )
    gallery_engine = fields.String(
        load_default="memory",
        validate=validate.OneOf(["memory", "milvus"]),
        metadata={
            "help": "memory or milvus: what holds the vectors of collections that get their first "
            "snapshot; others stay where they are."
        },
    )
    log_level = fields.String(
        load_default="INFO",
        validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"]),
        metadata={"help": "The least severe log line that is written."},
    )
