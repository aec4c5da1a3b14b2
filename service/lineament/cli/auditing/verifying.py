"""`lineament audit verify`: is the trail what was written?"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from lineament.cli.arguments import writable
from lineament.cli.auditing.opening import (
    Trail,
    add_bucket,
    add_root_key,
    open_trail,
)
from lineament.domain.audit_chain import FIRST
from lineament.errors import LineamentError
from lineament.governance.audit_checking import KINDS, Check, Finding, Verdict, read_anchors

_INTACT, _TAMPERED, _WRONG_CALL = 0, 1, 2
_KEY_DIGITS = 64


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = (
        "Exit status: 0 the trail is what was written; 1 it is not; 2 a wrong call, or a table or "
        "bucket that cannot be read."
    )
    parser.add_argument("--account", help="look at this account only")
    add_bucket(parser)
    add_root_key(parser)
    parser.add_argument(
        "--public-key",
        action="append",
        default=[],
        type=_public_key,
        metavar="HEX",
        help="of the deployment, past ones too; in place of, or beside, the root key's",
    )
    parser.add_argument(
        "--signed-from",
        type=int,
        default=FIRST,
        metavar="BLOCK",
        help="the first block that must be signed, where a chain began without a root key",
    )
    parser.add_argument("--json", type=writable, metavar="FILE", help="write the findings there")


def run(args: argparse.Namespace) -> int:
    """Check every chain and print what is wrong, block by block, and a line an account."""
    try:
        verdicts = _check(args)
    except (LineamentError, OSError) as error:
        print(f"lineament audit: {error}", file=sys.stderr)
        return _WRONG_CALL
    if args.account and not (verdicts[0].end or verdicts[0].findings):
        print(f"lineament audit: there is nothing of account {args.account}", file=sys.stderr)
        return _WRONG_CALL
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    print("\n".join([*map(_line, findings), *_table(verdicts)]))
    print(
        f"tampered with: {len(findings)} findings" if findings else "intact: every entry is there"
    )
    if args.json is not None:
        report = [asdict(verdict) for verdict in verdicts]
        args.json.write_text(json.dumps(report, indent=2) + "\n")
    return _TAMPERED if findings else _INTACT


def verify(
    trail: Trail, account: str, public_keys: Sequence[str], signed_from: int = FIRST
) -> Verdict:
    """Check one account's chain with its anchors.

    Raises:
        LineamentError: the table or the bucket does not answer.
    """
    kept = [] if trail.anchors is None else trail.anchors.read(account)
    anchors, findings = read_anchors(trail.tables.control.name, account, kept, public_keys)
    check = Check(account, anchors, public_keys, signed_from)
    # The hint first: blocks that come while the others are read must not be missed.
    known = max(trail.blocks.hint(account).tip.number, max(anchors, default=0))
    for block in trail.blocks.read(account, known):
        check.take(block)
    verdict = check.finish(known)
    verdict.findings = (*findings, *verdict.findings)
    return verdict


def _check(args: argparse.Namespace) -> list[Verdict]:
    trail = open_trail(args)
    keys = [*args.public_key, *(signer.public_key for signer in trail.signers)]
    if not keys:
        print(
            "signatures are not checked: there is no LINEAMENT_ROOT_KEY and no --public-key; "
            "whoever may write the table could have written all of it",
            file=sys.stderr,
        )
    if trail.anchors is None:
        print("there is no bucket of anchors: a tail that was cut off is not seen", file=sys.stderr)
    anchored = [] if trail.anchors is None else trail.anchors.accounts()
    accounts = [args.account] if args.account else sorted({*trail.blocks.accounts(), *anchored})
    return [verify(trail, each, keys, args.signed_from) for each in accounts]


def _line(finding: Finding) -> str:
    blocks = f"block {finding.first}"
    if finding.last != finding.first:
        blocks = f"blocks {finding.first} to {finding.last}"
    return f"{finding.account} {blocks}: {KINDS[finding.kind]} ({finding.kind})"


def _table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield f"{'account':14}{'blocks':>10}{'entries':>10}{'last':>10}{'anchored':>10}"
    for each in verdicts:
        numbers = (each.blocks, each.entries, each.end, each.anchored)
        yield f"{each.account:14}" + "".join(f"{number:>10}" for number in numbers)


def _public_key(text: str) -> str:
    try:
        if len(bytes.fromhex(text)) * 2 == _KEY_DIGITS:
            return text.lower()
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text} is no public key: {_KEY_DIGITS} hexadecimal digits")
