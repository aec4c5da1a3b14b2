"""`lineament audit anchor`."""

import argparse
import time

from lineament.cli.auditing.opening import add_bucket, add_root_key, open_trail
from lineament.errors import CannotStart
from lineament.storage.audit_anchors import anchor


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_bucket(parser)
    add_root_key(parser)


def run(args: argparse.Namespace) -> int:
    """Anchor every chain that has grown since its last anchor; 1 if one could not be."""
    trail = open_trail(args)
    if trail.anchors is None:
        raise CannotStart("anchors need a bucket: set LINEAMENT_AUDIT_BUCKET, or give --bucket")
    done = anchor(trail.tables, trail.anchors, trail.require_signer(), time.time(), every=0)
    print(f"anchors made: {done.made}\nanchors failed: {done.failed}")
    return 1 if done.failed else 0
