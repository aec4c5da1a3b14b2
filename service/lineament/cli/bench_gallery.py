"""`lineament bench gallery`: exact search in memory, cold starts, searches over HTTP."""

import argparse
import importlib
import importlib.util
import os
import platform

from lineament.cli.arguments import writable
from lineament.cli.figures import Figure, report
from lineament.cli.gallery_bench.context import Context
from lineament.cli.gallery_bench.deployment import BenchError
from lineament.cli.vision_bench.part import Panel, Part, draw

_PARTS = {
    "scan": ("scan", "search in memory, beside a read of its bytes, numpy and faiss; recall"),
    "calls": ("calls", "all else that a call does in memory, as the collection grows"),
    "cold": ("cold", "a start from a snapshot in S3, and from the log, to the first answer"),
    "http": ("over_http", "SearchFaces of a real server by 1 to 8 clients"),
    "visible": ("visible", "a face of another process, in a server's next search"),
}
"""Name to module, which is imported when its part is run, and what it measures."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "parts:\n" + "\n".join(
        f"  {name:10} {meaning}" for name, (_, meaning) in _PARTS.items()
    )
    add = parser.add_argument
    add("--parts", type=_parts, default=list(_PARTS), help="some of those below, with commas; all")
    add("--faces", type=_count, default=1_000_000, help="in memory and snapshot (%(default)s)")
    add("--served", type=_count, default=100_000, help="faces behind a server (%(default)s)")
    add("--logged", type=_count, default=20_000, help="faces of the log, read cold (%(default)s)")
    add("--dimensions", type=_count, default=192, help="of a vector (%(default)s)")
    add("--rounds", type=_count, default=50, help="of each kind of call (%(default)s)")
    add("--json", type=writable, metavar="FILE", help="keep the figures")
    add("--plot", type=writable, metavar="FILE", help="draw growth into this PNG")


def _parts(text: str) -> list[str]:
    asked = [name.strip() for name in text.split(",")]
    for name in asked:
        if name not in _PARTS:
            raise argparse.ArgumentTypeError(f"there is no {name}; there are {', '.join(_PARTS)}")
    return asked


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 on")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Measure, print the tables and then the figures; 1 when one is short of its bar."""
    if args.plot is not None and importlib.util.find_spec("matplotlib") is None:
        raise BenchError("drawing needs the package matplotlib: install lineament[plots]")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"{args.dimensions} components, clustered vectors"
    )
    figures: list[Figure] = []
    panels: list[Panel] = []
    with Context(args.faces, args.served, args.logged, args.dimensions, args.rounds) as context:
        for name in args.parts:
            print(f"\n{name}", flush=True)
            part: Part = importlib.import_module(
                f"lineament.cli.gallery_bench.{_PARTS[name][0]}"
            ).run(context)
            for line in part.lines:
                print(f"  {line}", flush=True)
            figures += part.figures
            panels += part.panels
    print()
    if args.plot is not None:
        print(draw(args.plot, panels))
    return report(figures, args.json)
