"""`lineament bench vision [FOLDER]`: the vision path against baselines and known faces."""

import argparse
import importlib
import importlib.util
import os
import platform
from pathlib import Path

import onnxruntime

from lineament import config
from lineament.cli.figures import Figure, report
from lineament.cli.measuring import recognition
from lineament.cli.vision_bench.part import Context, Panel, Part, draw
from lineament.errors import LineamentError
from lineament.vision.engine import build_engine

_PARTS = {
    "speed": ("speed", "run"),
    "start": ("serving", "run_start"),
    "load": ("serving", "run_load"),
    "batching": ("batching", "run"),
    "photos": ("photos", "run"),
    "crowd": ("crowd", "run"),
    "deepface": ("beside_deepface", "run"),
    "accuracy": ("accuracy", "run"),
    "quality": ("quality", "run"),
    "attributes": ("attributes", "run"),
    "users": ("users", "run"),
}
"""Name to module and function; each module is imported when its part is run."""
_NEED_FOLDER = frozenset({"crowd", "deepface", "accuracy", "quality", "attributes", "users"})


class BenchError(LineamentError):
    """The bench cannot run as asked."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the folder and the parts."""
    recognition.configure(parser, optional=True)
    parser.add_argument(
        "--parts",
        default="",
        help=f"some of {','.join(_PARTS)}; all that can be run where it is left out "
        f"({', '.join(sorted(_NEED_FOLDER))} need FOLDER)",
    )
    parser.add_argument("--rounds", type=int, default=15, help="of each time (%(default)s)")
    parser.add_argument("--calls", type=int, default=120, help="of the load (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them into this PNG")


def run(args: argparse.Namespace) -> int:
    """Measure, print the tables and then the figures; 1 when one is short of its bar."""
    parts = _chosen(args)
    if args.plot is not None and importlib.util.find_spec("matplotlib") is None:
        raise BenchError("drawing needs the package matplotlib: install lineament[plots]")
    settings = config.load()
    engine = build_engine(settings.model_dir, threads=settings.threads)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, onnxruntime {onnxruntime.__version__}, "
        f"{settings.threads} thread(s) in a run of a model"
    )
    context = Context(
        engine, settings.model_dir, args.folder, args.confirmed, args.rounds, args.calls
    )
    figures: list[Figure] = []
    panels: list[Panel] = []
    for name in parts:
        print(f"\n{name}", flush=True)
        part = _run(name, context)
        for line in part.lines:
            print(f"  {line}")
        figures += part.figures
        panels += part.panels
    print()
    if args.plot is not None:
        print(draw(args.plot, panels))
    return report(figures, args.json)


def _run(name: str, context: Context) -> Part:
    module, function = _PARTS[name]
    part: Part = getattr(importlib.import_module(f"lineament.cli.vision_bench.{module}"), function)(
        context
    )
    return part


def _chosen(args: argparse.Namespace) -> list[str]:
    if not args.parts:
        return [name for name in _PARTS if args.folder is not None or name not in _NEED_FOLDER]
    asked = [name.strip() for name in args.parts.split(",")]
    for name in asked:
        if name not in _PARTS:
            raise BenchError(f"--parts: there is no {name}; there are {', '.join(_PARTS)}")
        if name in _NEED_FOLDER and args.folder is None:
            raise BenchError(f"--parts: {name} needs FOLDER, a set in LFW's layout")
    return asked
