"""What operators do beside a deployed stack, by the commands that they use."""

import json
from collections.abc import Callable

import pytest

from lineament.cli.main import main
from tests.infra.stack import ACCOUNT

Said = Callable[[], str]
"""Returns what was printed since the last time."""


def keys_and_grants(said: Said) -> None:
    """Make, list and revoke keys; grant an account something and take it back."""
    _do("keys", "create", "--account", ACCOUNT, "--user", "ann", "--policy", "read-only")
    key = said().split("AWS_ACCESS_KEY_ID=")[1].split()[0]
    _do("keys", "list")
    _do("keys", "revoke", "--id", key)
    _do("keys", "revoke", "--id", key)
    _do("accounts", "set", "111122223333", "--buckets", "photos")
    _do("accounts", "list")
    _do("accounts", "remove", "111122223333")


def rules_and_suspensions(collection: str) -> None:
    """Set and clear a rule of a collection; cut it off and let it in again."""
    _do("rules", "set", collection, "max-results=5")
    _do("rules", "show", collection)
    _do("rules", "clear", collection, "max-results")
    _do("suspend", "--collection", collection, "--reason", "a try")
    _do("suspend", "--list")
    _do("reinstate", "--collection", collection)


def agreements(collection: str, said: Said) -> None:
    """Keep the register of consent; ask for, give, and end another's word."""
    _do("consent", "add", "ada", "--by", "olga")
    _do("consent", "list")
    asked = ("--reason", "case 17", "--legal-basis", "warrant 4", "--by", "ann")
    said()
    _do("authorise", "request", "--collection", collection, *asked)
    identifier = said().split()[0]
    _do("authorise", "list")
    _do("authorise", "approve", identifier, "--by", "bob")
    _do("authorise", "revoke", identifier, "--by", "bob")


def reviews(said: Said) -> None:
    """Record what a human made of a search that was made before."""
    dates = ("--date", "2026-11-01", "--expires", "2027-11-01")
    _do("review", "attest", "rita", *dates, "--by", "chief")
    said()
    _do("review", "list", "--json")
    waiting = json.loads(said().splitlines()[0])
    verdict = ("--verdict", "no-match", "--rationale", "another nose", "--by", "rita")
    _do("review", "record", waiting["request_id"], *verdict)
    _do("review", "export")


def audits() -> None:
    """Check, read, count and anchor the trail."""
    for action in ("anchor", "verify", "export", "report", "public-key"):
        _do("audit", action)


def _do(*words: str) -> None:
    if main(words) != 0:
        pytest.fail(f"lineament {' '.join(words)}")
