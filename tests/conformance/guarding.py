"""The service once more, over each transport, with signatures verified and a trail kept."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineament.cli.main import main
from tests.conformance import transports
from tests.conformance.conftest import BuildApplication, Wire
from tests.conformance.deploying import deployed
from tests.emulated import set_meanwhile

OWN_BUCKET = "guarded-own"


@dataclass(frozen=True, slots=True)
class Key:
    """An access key, as its owner has it."""

    id: str
    secret: str
    token: str | None = None


@dataclass(frozen=True)
class Guarded:
    """A deployment that believes nobody."""

    wire: Wire
    environment: dict[str, str]
    """What an operator's commands need to work on it."""

    def run(self, *words: str, status: int = 0) -> str:
        """Run a `lineament` command as the operator, and return what it prints."""
        printed = io.StringIO()
        with set_meanwhile(self.environment), redirect_stdout(printed):
            assert main(list(words)) == status
        return printed.getvalue()

    def key(self, account: str, *policies: str, user: str = "door", life: str = "") -> Key:
        """Make an access key; policies are names or paths."""
        words = ["keys", "create", "--json", "--account", account, "--user", user]
        for policy in policies or ("full-access",):
            words += ["--policy", policy]
        told = json.loads(self.run(*words, *(["--expires-in", life] if life else [])))
        return Key(told["AccessKeyId"], told["SecretAccessKey"], told.get("SessionToken"))

    def client(self, key: Key, region: str = "us-east-1", **options: Any) -> Any:
        """Return an unmodified client with that key."""
        secret = (key.secret, key.token)
        return transports.client(
            self.wire.send, self.wire.url, key.id, region, secret=secret, **options
        )

    def trail(self, account: str) -> list[dict[str, Any]]:
        """Return the entries of an account's audit trail, after having it checked."""
        self.run("audit", "verify", "--account", account)
        told = self.run("audit", "export", "--account", account, "--format", "jsonl")
        return [json.loads(line) for line in told.splitlines()]


@contextmanager
def guarded(
    wire: Wire, build: BuildApplication, folder: Path, **settings: str
) -> Iterator[Guarded]:
    """Run such a deployment for as long as the block, on tables of its own."""
    root = folder / "root.key"
    root.touch(0o600)
    printed = io.StringIO()
    with redirect_stdout(printed):
        main(["keys", "root"])
    root.write_text(printed.getvalue())
    given = {
        "auth": "sigv4",
        "access_keys": "table",
        "root_key": f"file:{root}",
        "table": f"guarded-{wire.name}-{os.urandom(4).hex()}",
        "snapshot_bucket": OWN_BUCKET,
        **settings,
    }
    environment = {
        **wire.variables,
        **{f"LINEAMENT_{name.upper()}": value for name, value in given.items()},
    }
    with deployed(wire, build, folder / "log", **given) as there:
        yield Guarded(there, environment)
