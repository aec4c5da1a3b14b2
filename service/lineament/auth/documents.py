"""Access keys as JSON: one form for a file, for Secrets Manager and for the table's records.

    {"id": "AKIA...", "secret": "...", "account": "123456789012", "user": "door",
     "policies": ["read-only", {"Version": "2012-10-17", "Statement": [...]}],
     "created": "2026-11-28T02:00:00Z", "expires": "...", "token_sha256": "...", "disabled": false}

`id`, `secret`, `account`, `user` and `policies` have to be there.
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from lineament.auth.credentials import AccessKey
from lineament.auth.policies import Policy
from lineament.auth.policy_documents import PolicyError
from lineament.auth.policy_managed import MANAGED
from lineament.errors import LineamentError

KEY_ID = r"[A-Za-z0-9_.\-]{1,128}\Z"
USER = r"[A-Za-z0-9+=,.@_\-]{1,64}\Z"
ACCOUNT = r"[0-9]{12}\Z"
POLICY = r"[A-Za-z0-9+=,.@_\-]{1,128}\Z"
NONCE = "nonce"
"""In a record of the table: what its secret follows from, beside id and root key."""
_MOST_POLICIES = 20
_LONGEST_SECRET = 256


class BadDocument(LineamentError):
    """Access keys that cannot be read; the message names the member and repeats no value."""


class _Policy(fields.Field[str]):
    """A managed policy's name, or a policy document."""

    def _deserialize(
        self,
        value: Any,  # noqa: ANN401 - any JSON
        attr: str | None,
        data: Mapping[str, Any] | None,
        **kwargs: Any,  # noqa: ANN401 - marshmallow's
    ) -> str:
        del attr, data, kwargs
        if isinstance(value, dict) and "Statement" in value:
            return json.dumps(value)
        if isinstance(value, str):
            validate.Regexp(POLICY, error="a policy's name has a character that none has")(value)
            return value
        raise ValidationError("each is a managed policy's name, or an object with a Statement")


class _KeySchema(Schema):
    id = fields.String(required=True, validate=validate.Regexp(KEY_ID, error="no access key id"))
    secret = fields.String(
        required=True, validate=validate.Length(min=16, max=_LONGEST_SECRET, error="too short")
    )
    account = fields.String(required=True, validate=validate.Regexp(ACCOUNT, error="not 12 digits"))
    user = fields.String(required=True, validate=validate.Regexp(USER, error="no user name"))
    policies = fields.List(
        _Policy(), required=True, validate=validate.Length(min=1, max=_MOST_POLICIES)
    )
    created = fields.AwareDateTime(
        format="iso", default_timezone=datetime.UTC, load_default=None, allow_none=True
    )
    expires = fields.AwareDateTime(
        format="iso", default_timezone=datetime.UTC, load_default=None, allow_none=True
    )
    token_sha256 = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"[0-9a-f]{64}\Z", error="not 64 hexadecimal digits"),
    )
    disabled = fields.Boolean(load_default=False)


_SCHEMA = _KeySchema()
_LIST = _KeySchema(many=True)


def read_keys(text: bytes | str) -> dict[str, AccessKey]:
    """Read a JSON list of access keys.

    Returns:
        The keys by id.

    Raises:
        BadDocument: it is no such list, or an id comes twice.
    """
    loaded = _parse(text)
    if not isinstance(loaded, list):
        raise BadDocument("the access keys are not a JSON list")
    try:
        found = [_to_key(each) for each in _LIST.load(loaded)]
    except ValidationError as error:
        raise _bad(error) from None
    for number, key in enumerate(found):
        _require_policies(f"access keys[{number}].policies", key.policies)
    keys = {key.access_key_id: key for key in found}
    if len(keys) < len(found):
        raise BadDocument("an access key id comes twice")
    return keys


def read_key(text: str, secret: str, *, disabled: bool) -> AccessKey:
    """Read one key's JSON, which has neither its secret nor whether it is revoked.

    Raises:
        BadDocument: it is no such document.
    """
    loaded = _parse(text)
    if not isinstance(loaded, dict):
        raise BadDocument("an access key is not a JSON object")
    members = {name: value for name, value in loaded.items() if name != NONCE}
    try:
        return _to_key(_SCHEMA.load({**members, "secret": secret, "disabled": disabled}))
    except ValidationError as error:
        raise _bad(error) from None


def write_key(key: AccessKey) -> dict[str, Any]:
    """Return the JSON members of a key, but for its secret and whether it is revoked."""
    members: dict[str, Any] = {
        "id": key.access_key_id,
        "account": key.account,
        "user": key.user,
        "policies": [json.loads(each) if each[:1] == "{" else each for each in key.policies],
        "created": time_text(key.created),
    }
    if key.expires is not None:
        members["expires"] = time_text(key.expires)
    if key.token_digest is not None:
        members["token_sha256"] = key.token_digest
    return members


def time_text(epoch: float) -> str:
    """Return a time to the second: 2026-11-28T02:00:00Z."""
    told = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    return told.isoformat().replace("+00:00", "Z")


def _parse(text: bytes | str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise BadDocument("the access keys are not JSON") from None


def _require_policies(where: str, policies: Sequence[str]) -> None:
    """Refuse what would deny everything, or be taken for another policy, once it is used."""
    for number, policy in enumerate(policies):
        if policy[:1] != "{" and policy not in MANAGED:
            raise BadDocument(f"{where}[{number}]: no managed policy; {', '.join(MANAGED)} are")
        try:
            Policy.parse(MANAGED.get(policy, policy))
        except PolicyError as error:
            raise BadDocument(f"{where}[{number}]: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a member that comes twice: the second would replace the first, maybe a Deny."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadDocument(f"the access keys name the member {twice[:64]!r} twice in one object")
    return found


def _to_key(values: Mapping[str, Any]) -> AccessKey:
    created, expires = values["created"], values["expires"]
    return AccessKey(
        access_key_id=values["id"],
        account=values["account"],
        user=values["user"],
        secret=values["secret"],
        policies=tuple(values["policies"]),
        created=0.0 if created is None else created.timestamp(),
        expires=None if expires is None else expires.timestamp(),
        token_digest=values["token_sha256"],
        disabled=values["disabled"],
    )


def _bad(error: ValidationError) -> BadDocument:
    """Say where, and what is wrong; marshmallow's own messages repeat no value."""
    where, problem = "", error.messages
    while isinstance(problem, dict):
        name, problem = next(iter(problem.items()))
        where += f"[{name}]" if isinstance(name, int) else f".{name}"
    told = problem[0] if isinstance(problem, list) else problem
    return BadDocument(f"access keys{where}: {told}")
