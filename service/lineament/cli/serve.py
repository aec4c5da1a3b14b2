"""`lineament serve`: the API under a production server, by itself or as a local pair."""

import argparse
import logging
import sys
from pathlib import Path

from lineament import config
from lineament.access import connect_credentials
from lineament.cli.emulator import LOOPBACK
from lineament.cli.local import LocalPair, require_free
from lineament.cli.paste import lines_to_paste
from lineament.cli.stopping import Stopped, stop_signals
from lineament.errors import LineamentError
from lineament.server.listen import Listen
from lineament.storage.provision import connect

API_PORT = 8460
AWS_PORT = 8461
_log = logging.getLogger(__name__)


class ServeError(LineamentError):
    """The options do not go together."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=API_PORT, help="the API's port (%(default)s)")
    parser.add_argument(
        "--local",
        action="store_true",
        help="run S3 and DynamoDB beside it, in memory; touches no AWS account",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="with --local: keep S3 and DynamoDB in this folder, over restarts and crashes",
    )
    parser.add_argument(
        "--aws-port",
        type=_port,
        help=f"with --local: the port of S3 and DynamoDB ({AWS_PORT})",
    )
    parser.add_argument("--workers", type=_count, default=1, help="processes (%(default)s)")
    parser.add_argument(
        "--threads", type=_count, default=128, help="threads a process (%(default)s); most wait"
    )


def _port(text: str) -> int:
    return _whole(text, 0, 65535)  # 0: any free one


def _count(text: str) -> int:
    return _whole(text, 1, 1024)


def _whole(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text} is no number from {least} to {most}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C, then stop what was started and return 0."""
    settings = config.load()
    listen = Listen(args.host, args.port, args.workers, args.threads)
    if args.local:
        return _serve_local(settings, listen, args.aws_port or AWS_PORT, args.data)
    if args.data is not None:
        raise ServeError("--data is for --local; without it, DynamoDB and S3 keep the data")
    if args.aws_port is not None:
        raise ServeError("--aws-port is for --local; without it, AWS_ENDPOINT_URL_S3 and the like")
    from lineament.server.gunicorn import Server  # noqa: PLC0415 - the pair does without it here

    require_free(listen.host, listen.port, "--port")
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("lineament").setLevel(settings.log_level)
    if settings.auth == "off":
        _log.warning(
            "LINEAMENT_AUTH=off: whoever reaches %s:%d may call everything, as anybody",
            listen.host,
            listen.port,
        )
    else:
        connect_credentials(
            settings.access_keys, settings.root_key, connect(settings.table, settings.region)
        )
    Server(settings, listen).run()
    return 0


def _serve_local(
    settings: config.Settings, listen: Listen, aws_port: int, data: Path | None
) -> int:
    try:
        with stop_signals(), LocalPair(listen, aws_port, data=data) as pair:
            print(lines_to_paste(pair.api_url, pair.aws_url, settings.model_dir, data), flush=True)
            pair.wait()
    except Stopped:
        print("stopped", flush=True)
    return 0
