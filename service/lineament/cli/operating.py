"""What an operator does to a deployment, and that it is written into the audit trail."""

import argparse
import getpass
import time

from lineament import config
from lineament.cli.arguments import account_number, operator_name
from lineament.context import Scope
from lineament.domain.counts import Counts
from lineament.errors import CannotStart
from lineament.governance.audit import NullTrail
from lineament.governance.audit_describing import act
from lineament.storage.audit_blocks import AuditBlocks
from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.trust import LazyTrail


def add_account(parser: argparse.ArgumentParser) -> None:
    """Add the options that say whose."""
    parser.add_argument(
        "--account",
        type=account_number,
        metavar="ID",
        help="12 digits (default: LINEAMENT_DEFAULT_ACCOUNT)",
    )
    parser.add_argument("--region", help="of a collection (default: LINEAMENT_REGION)")


def add_by(parser: argparse.ArgumentParser) -> None:
    """Add the option that says who does it."""
    parser.add_argument(
        "--by",
        type=operator_name,
        metavar="NAME",
        default=_me(),
        help="who does it, for the audit trail (%(default)s)",
    )


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "operator"


class Operator:
    """The deployment that the settings name, for somebody who answers for it."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Take the options of `add_account` and `add_by`; makes no call."""
        settings = config.load()
        self.settings = settings
        self.tables: Tables = connect(settings.table, settings.region)
        self.scope = Scope(args.account or settings.default_account, args.region or settings.region)
        self.by: str = getattr(args, "by", "")
        off = settings.audit == "off"
        self._unsigned = not off and not settings.root_key
        self._trail = NullTrail() if off else LazyTrail(settings, self.tables, Counts())

    def make_tables(self) -> None:
        """Make the tables where they are missing."""
        ensure_tables(self.tables)

    def record(
        self,
        what: str,
        account: str | None = None,
        *,
        collection: str = "",
        subjects: tuple[str, ...] = (),
        why: str = "",
    ) -> None:
        """Write into the trail what is about to be done.

        Args:
            what: such as Suspend.
            account: whose trail, where it is not the options' account's.
            collection: what it is done to, if it is one.
            subjects: ids of what it is done to.
            why: in a few words.

        Raises:
            NotRecorded: the trail does not take it; then it must not be done.
            CannotStart: likewise, since the account's trail is signed and there is no root key.
        """
        whose = account or self.scope.account
        if self._unsigned and AuditBlocks(self.tables.trust).is_signed(whose):
            # A block without a signature stays in the chain, and looks like a forged one for ever.
            raise CannotStart(
                f"the audit trail of account {whose} is signed: set LINEAMENT_ROOT_KEY as its "
                "servers have it"
            )
        entry = act(
            what,
            time.time(),
            whose,
            by=self.by,
            region=self.scope.region,
            collection=collection,
            subjects=subjects,
            rule=why,
        )
        self._trail.append(entry, strict=True)
