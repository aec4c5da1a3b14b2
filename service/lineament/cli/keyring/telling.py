"""What `lineament keys` prints: a new key once, and lists without secrets."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lineament.auth.documents import time_text, write_key
from lineament.auth.issuing import Issued
from lineament.cli.keyring.rings import Listed

_HEADS = ("access key", "account", "user", "state", "created", "expires", "policies")


def new_key_lines(made: Issued) -> Iterator[str]:
    """Yield the lines of a new key that a shell or an env file reads."""
    yield f"AWS_ACCESS_KEY_ID={made.key.access_key_id}"
    yield f"AWS_SECRET_ACCESS_KEY={made.key.secret}"
    if made.session_token is not None:
        yield f"AWS_SESSION_TOKEN={made.session_token}"


def new_key_json(made: Issued) -> str:
    """Return a new key as AWS's CLI and SDKs want it of a `credential_process`."""
    members: dict[str, Any] = {
        "Version": 1,
        "AccessKeyId": made.key.access_key_id,
        "SecretAccessKey": made.key.secret,
    }
    if made.session_token is not None and made.key.expires is not None:
        members["SessionToken"] = made.session_token
        members["Expiration"] = time_text(made.key.expires)
    return json.dumps(members)


def state(listed: Listed, now: float) -> str:
    """Return active, revoked, expired or altered."""
    if listed.altered:
        return "altered"
    if listed.revoked is not None:
        return "revoked"
    expires = listed.key.expires
    return "expired" if expires is not None and now >= expires else "active"


def table(listed: Iterable[Listed], now: float) -> Iterator[str]:
    """Yield the lines of a list, by account, user and time."""
    rows = [_HEADS, *(_row(each, now) for each in _sorted(listed))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def as_json(listed: Iterable[Listed], now: float) -> str:
    """Return a list as JSON: the members of `auth.documents`, a state, and no digest."""
    told = []
    for each in _sorted(listed):
        members = {**write_key(each.key), "state": state(each, now)}
        members.pop("token_sha256", None)
        told.append(members)
    return json.dumps(told, indent=2)


def _sorted(listed: Iterable[Listed]) -> list[Listed]:
    def place(each: Listed) -> tuple[str, str, float, str]:
        key = each.key
        return key.account, key.user, key.created, key.access_key_id

    return sorted(listed, key=place)


def _row(listed: Listed, now: float) -> tuple[str, ...]:
    key = listed.key
    policies = ", ".join("(document)" if each[:1] == "{" else each for each in key.policies)
    expires = "-" if key.expires is None else time_text(key.expires)
    created = "-" if not key.created else time_text(key.created)
    return (
        key.access_key_id,
        key.account,
        key.user,
        state(listed, now),
        created,
        expires,
        policies,
    )
