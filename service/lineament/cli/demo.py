"""`lineament demo`: the main job on real photos, over HTTP and through the Lambda entry."""

import argparse
import contextlib
import sys
import tempfile
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import boto3

from lineament import config
from lineament.cli.demo_lambda import lambda_client
from lineament.cli.demo_panels import Panel
from lineament.cli.demo_story import OTHER, PHOTOS, Answer, Step, Story
from lineament.cli.emulator import LOOPBACK, free_port
from lineament.cli.local import LocalPair
from lineament.cli.paste import lines_to_paste
from lineament.cli.stopping import Stopped, stop_signals
from lineament.errors import LineamentError
from lineament.server.listen import Listen

_ANSWER_COLUMNS = 66
_INTERRUPTED = 130
_HEADING = (
    "Blue: indexed. Green: a possible match, with its Similarity (0 to 100; from 80 up). "
    "Orange: nobody of the collection."
)


class DemoError(LineamentError):
    """The demo cannot run."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--output", type=Path, default=Path("out/demo.png"), help="the picture (%(default)s)"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="leave the servers and the collection until Ctrl-C, to look around",
    )


def run(args: argparse.Namespace) -> int:
    """Run the calls, print the table, draw the picture, say how long it all took.

    Returns:
        0; 1 if an answer was not as expected; 130 after SIGTERM or Ctrl-C.
    """
    begun = time.perf_counter()
    settings = config.load()
    photos = settings.model_dir / "photos"
    missing = [photo for photo in PHOTOS if not (photos / photo).exists()]
    if missing:
        raise DemoError(f"{missing[0]} is missing: run `lineament models install` first")
    with tempfile.TemporaryFile("w+") as log:
        try:
            steps = _run_pair(settings.model_dir, args.output, log, keep=args.keep)
        except LineamentError:
            _print_log(log)
            raise
        except Stopped:
            print("stopped before the end")
            return _INTERRUPTED
        wrong = sum(not step.ok for step in steps)
        if wrong:
            _print_log(log)
    print(f"{len(steps) - wrong} of {len(steps)} answers as expected")
    if not args.keep:
        print(f"demo took {time.perf_counter() - begun:.1f} s")
    return 1 if wrong else 0


def _run_pair(model_dir: Path, output: Path, log: IO[str], *, keep: bool) -> list[Step]:
    begun = time.perf_counter()
    print("Starting the API, S3 and DynamoDB on loopback ...", flush=True)
    with stop_signals(), LocalPair(Listen(LOOPBACK, free_port()), free_port(), log) as pair:
        print(f"ready after {time.perf_counter() - begun:.1f} s: {pair.api_url}\n", flush=True)
        config.enter(pair.environment)
        story = Story(boto3.client("rekognition"), boto3.client("s3"), model_dir / "photos")
        _play(story, keep=keep)
        _print_table(story.steps)
        print(draw_panels(story.panels, output), flush=True)
        if keep:
            print(lines_to_paste(pair.api_url, pair.aws_url, model_dir), flush=True)
            with contextlib.suppress(Stopped):
                pair.wait()
    return story.steps


def _play(story: Story, *, keep: bool) -> None:
    known = story.enrol()
    story.search()
    over_http = story.search_photo(OTHER, found=True, through=", warm", draw=False)
    _through_lambda(story, over_http)
    story.compare(known)
    if not keep:
        story.forget(known)
        story.end()


def _through_lambda(story: Story, over_http: Answer) -> None:
    client = lambda_client()
    if client is None:
        print("The Lambda entry is not part of this installation: it is in the source's lambdas/.")
        return
    other = Story(client, story.s3, story.photos)
    answer = other.search_photo(OTHER, found=True, through=", as Lambda event", draw=False)
    story.steps += other.steps
    same = _essence(answer) == _essence(over_http)
    story.steps.append(
        Step("  the same answer as over HTTP", "yes" if same else "no", 0.0, ok=same)
    )


def _essence(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _print_table(steps: Sequence[Step]) -> None:
    wide = max(len(step.asked) for step in steps)
    print(f"{'asked':{wide}}  {'came back':{_ANSWER_COLUMNS}}  {'ms':>7}")
    print(f"{'-' * wide}  {'-' * _ANSWER_COLUMNS}  {'-' * 7}")
    for step in steps:
        answered = step.answered if step.ok else f"UNEXPECTED {step.answered}"
        first, *more = textwrap.wrap(answered, _ANSWER_COLUMNS) or [""]
        ms = f"{step.ms:7.1f}" if step.ms else ""
        print(f"{step.asked:{wide}}  {first:{_ANSWER_COLUMNS}}  {ms}".rstrip())
        for line in more:
            print(f"{'':{wide}}  {line}")
    print()


def draw_panels(panels: Sequence[Panel], output: Path) -> str:
    """Draw the picture where matplotlib is installed, and return a sentence about it."""
    try:
        from lineament.cli.demo_picture import draw  # noqa: PLC0415 - it is optional, and slow
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in {"matplotlib", "PIL"}:
            raise
        return f"no picture: it needs {missing}; install lineament[plots]"
    draw(panels, _HEADING, output)
    return f"picture: {output}"


def _print_log(log: IO[str]) -> None:
    log.seek(0)
    print(f"The API's log:\n{log.read()}", file=sys.stderr)
