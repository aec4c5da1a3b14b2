"""The settings of trust: who may call, how much, under which rules, and what is recorded."""

from marshmallow import Schema, fields, validate

from lineament.domain.rules import USE_CASES

_URL = validate.Regexp(r"(https?://\S{1,500})?\Z", error="no http:// or https:// URL")
_LINE = validate.Regexp(r"[^\x00-\x1f\x7f]{0,256}\Z", error="not 256 printable characters at most")


class TrustSchema(Schema):
    """One field a setting, as `config_schema.SettingsSchema` has them."""

    auth = fields.String(
        load_default="sigv4",
        validate=validate.OneOf(["sigv4", "off"]),
        metadata={
            "help": "sigv4: every request must be signed by an access key that is known here. off: "
            "whoever reaches the port may call everything, as anybody; for --local, which has it."
        },
    )
    access_keys = fields.String(
        load_default="",
        metadata={
            "help": "Where access keys are, the first that knows one decides: some of table, "
            "file:/path, secretsmanager:NAME, with commas between. docs/keys.md"
        },
    )
    root_key = fields.String(
        load_default="",
        metadata={
            "help": "Where the key is from which the secrets of the table's access keys and the "
            "signatures of the audit trail follow: file:/path or secretsmanager:NAME."
        },
    )
    regions = fields.String(
        load_default="",
        validate=validate.Regexp(
            r"([a-z0-9\-]{1,63}(,[a-z0-9\-]{1,63}){0,63})?\Z",
            error="no regions with commas between",
        ),
        metadata={
            "help": "The regions that clients may sign for, with commas between; the region above "
            "where empty. Collections, rates and quotas are each region's own. With auth off, any."
        },
    )
    iam_policies = fields.String(
        load_default="",
        metadata={
            "help": "What callers may do whom AWS's IAM has let in before a function: names of "
            "managed policies with commas between, such as full-access. Nothing where empty."
        },
    )
    rates = fields.String(
        load_default="",
        metadata={
            "help": "Calls a second of an account, by operation, as IndexFaces=50,Search*=100,*=9; "
            "no limit where empty. docs/limits.md"
        },
    )
    audit = fields.String(
        load_default="auto",
        validate=validate.OneOf(["auto", "on", "strict", "off"]),
        metadata={
            "help": "Whether each use of face data is recorded: auto (on, but not where auth is "
            "off), on, off, or strict: what cannot be recorded is not answered. docs/audit.md"
        },
    )
    audit_bucket = fields.String(
        load_default="",
        validate=validate.Regexp(
            r"([a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])?\Z",
            error="not 3 to 63 small letters, digits and . -",
        ),
        metadata={
            "help": "The S3 bucket, best with object lock, where the audit trail is anchored; the "
            "snapshot bucket where empty."
        },
    )
    use_case = fields.String(
        load_default="",
        validate=validate.OneOf(["", *USE_CASES]),
        metadata={
            "help": f"What all collections here are used for, if it is {', '.join(USE_CASES)}: "
            "then its rules hold for all. docs/rules.md"
        },
    )
    purpose = fields.String(
        load_default="",
        validate=_LINE,
        metadata={"help": "Why faces are searched here, in a sentence; for those use cases."},
    )
    notice_url = fields.String(
        load_default="",
        validate=_URL,
        metadata={"help": "Where those whose faces are searched can read of it; likewise."},
    )
    contact = fields.String(
        load_default="",
        validate=_LINE,
        metadata={"help": "Whom they can ask: an address; likewise."},
    )
    disclosure_url = fields.String(
        load_default="",
        validate=_URL,
        metadata={"help": "Where use by law enforcement is made public; for law-enforcement."},
    )
    below_floor = fields.String(
        load_default="raise",
        validate=validate.OneOf(["raise", "refuse"]),
        metadata={
            "help": "What becomes of a search that asks for less than the least similarity of a "
            "collection's rules: raise it, or refuse the call."
        },
    )
    searches_per_person = fields.Integer(
        load_default=20,
        validate=validate.Range(min=1, max=100_000),
        metadata={
            "help": "Searches for the same FaceId or UserId a day in a collection of those use "
            "cases; more need an authorisation."
        },
    )
