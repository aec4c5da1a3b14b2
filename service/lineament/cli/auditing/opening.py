"""Where a deployment's trail is, and what signs it."""

import argparse
from dataclasses import dataclass, replace

from lineament import config
from lineament.access import read_root_keys
from lineament.config import Settings
from lineament.errors import CannotStart
from lineament.governance.signing import PURPOSE, Signer
from lineament.storage.audit_anchors import AuditAnchors, connect_anchors
from lineament.storage.audit_blocks import AuditBlocks
from lineament.storage.provision import Tables, connect


@dataclass(frozen=True, slots=True)
class Trail:
    """A deployment's trail."""

    tables: Tables
    blocks: AuditBlocks
    anchors: AuditAnchors | None
    """None where there is no bucket."""
    signers: tuple[Signer, ...]
    """Of the root keys that are named; the first signs."""

    def require_signer(self) -> Signer:
        """Return what signs.

        Raises:
            CannotStart: no root key is named.
        """
        if not self.signers:
            raise CannotStart(
                "signatures need the root key: set LINEAMENT_ROOT_KEY, or give --root-key"
            )
        return self.signers[0]


def add_bucket(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the bucket of the anchors."""
    parser.add_argument(
        "--bucket", metavar="NAME", help="of the anchors (default: LINEAMENT_AUDIT_BUCKET)"
    )


def add_root_key(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the root key."""
    parser.add_argument(
        "--root-key",
        metavar="WHERE",
        help="file:/path or secretsmanager:NAME (default: LINEAMENT_ROOT_KEY)",
    )


def open_blocks() -> AuditBlocks:
    """Return the deployment's chains; makes no call."""
    settings = config.load()
    return AuditBlocks(connect(settings.table, settings.region).trust)


def open_trail(args: argparse.Namespace) -> Trail:
    """Return the deployment's trail, by the options of `add_bucket` and `add_root_key`.

    Raises:
        CannotStart: a root key is named and cannot be read.
    """
    settings = _overruled(config.load(), args)
    tables = connect(settings.table, settings.region)
    anchors = connect_anchors(tables, settings.audit_bucket, settings.region)
    return Trail(tables, AuditBlocks(tables.trust), anchors, _signers(settings))


def _signers(settings: Settings) -> tuple[Signer, ...]:
    if not settings.root_key:
        return ()
    roots = read_root_keys(settings.root_key, settings.region)
    return tuple(Signer(root.derive(PURPOSE)) for root in roots)


def _overruled(settings: Settings, args: argparse.Namespace) -> Settings:
    given = vars(args)
    return replace(
        settings,
        audit_bucket=given.get("bucket") or settings.audit_bucket,
        root_key=given.get("root_key") or settings.root_key,
    )
