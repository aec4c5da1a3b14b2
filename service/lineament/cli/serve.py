"""`lineament serve`: the API under a production server, by itself or as a local pair."""

import argparse
import contextlib
import logging
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from lineament import config
from lineament.cli.local import LOOPBACK, LocalPair, require_free
from lineament.cli.paste import lines_to_paste
from lineament.server.listen import Listen

API_PORT = 8460
AWS_PORT = 8461


class _Stopped(BaseException):
    """SIGTERM or Ctrl-C."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=API_PORT, help="the API's port (%(default)s)")
    parser.add_argument(
        "--local",
        action="store_true",
        help="run S3 and DynamoDB beside it, in memory; touches no AWS account",
    )
    parser.add_argument(
        "--aws-port",
        type=int,
        default=AWS_PORT,
        help="with --local: the port of S3 and DynamoDB (%(default)s)",
    )
    parser.add_argument("--workers", type=int, default=1, help="processes (%(default)s)")
    parser.add_argument("--threads", type=int, default=4, help="threads a process (%(default)s)")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C, then stop what was started and return 0."""
    settings = config.load()
    listen = Listen(args.host, args.port, args.workers, args.threads)
    if args.local:
        return _serve_local(settings, listen, args.aws_port)
    from lineament.server.gunicorn import Server  # the local pair's parent does without

    require_free(listen.host, listen.port, "--port")
    logging.basicConfig(
        level=settings.log_level,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    Server(settings, listen).run()
    return 0


def _serve_local(settings: config.Settings, listen: Listen, aws_port: int) -> int:
    try:
        with _signals(), LocalPair(listen, aws_port) as pair:
            print(lines_to_paste(pair.api_url, pair.aws_url, settings.model_dir), flush=True)
            pair.wait()
    except _Stopped:
        print("stopped", flush=True)
    return 0


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Turn the first SIGTERM or Ctrl-C into `_Stopped`, and ignore more of them while stopping."""
    chosen = (signal.SIGTERM, signal.SIGINT)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for each in chosen:
            signal.signal(each, signal.SIG_IGN)
        raise _Stopped

    before = [signal.signal(each, stop) for each in chosen]
    try:
        yield
    finally:
        for each, handler in zip(chosen, before, strict=True):
            signal.signal(each, handler)
