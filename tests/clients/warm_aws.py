"""The AWS CLI, loaded once and forked for each command: loading takes longer than most calls.

A line of JSON on standard input is a command, and a line on standard output tells how it ended.
Only the CLI is imported: it brings a botocore of its own, which must not meet boto3's.
"""

import gc
import json
import os
import sys
import tempfile
from typing import IO, Any, NoReturn

import awscli.clidriver


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            _become(asked["command"], asked["environment"])
        _, status = os.waitpid(child, 0)
        return {
            "status": os.waitstatus_to_exitcode(status),
            "output": _written(output),
            "errors": _written(errors),
        }


def _become(command: list[str], environment: dict[str, str]) -> NoReturn:
    """Do what the program `aws` does, and end."""
    data = os.environ["AWS_DATA_PATH"]  # as the import has set it
    os.environ.clear()
    os.environ.update(environment, AWS_DATA_PATH=data)
    sys.argv = command
    status = 1
    try:
        status = awscli.clidriver.main()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _written(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


if __name__ == "__main__":
    # What is loaded when a client is first made; and forks need not look at it for garbage.
    awscli.clidriver.create_clidriver().session.create_client("rekognition", "us-east-1")
    gc.freeze()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()
