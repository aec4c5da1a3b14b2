"""`lineament`: the entry point. A subcommand's module is imported only when it is called."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from lineament import __version__
from lineament.errors import LineamentError

COMMANDS = {
    "serve": ("serve", "run the API, by itself or with S3 and DynamoDB beside it"),
    "demo": ("demo", "run the main job on real photos and show what came back"),
    "models": ("models", "install and list the models and photos"),
    "calibrate": ("calibrate", "fit Similarity to a measuring set"),
    "fit-attributes": ("fit_attributes", "fit smile, glasses, beard and more to labelled faces"),
    "fit-demographics": ("fit_demographics", "fit age range, gender and expression to labels"),
    "bench": ("bench", "measure, against bars"),
    "report": ("report", "how often matching is wrong, and for whom, on your labelled photos"),
    "openapi": ("openapi", "write openapi.yaml, or check that it is fresh"),
    "housekeeping": ("housekeeping", "erase what deletions and crashes left, once"),
    "import": ("importing", "index the pictures of a folder, manifest or bucket, many at once"),
    "export": ("exporting", "write the faces and users of a collection to a file"),
    "celebrities": ("celebrities", "import and remove the public figures that are recognised"),
    "accounts": ("accounts", "grant accounts S3 buckets and rates of calls"),
    "audit": ("audit", "check, export, count and anchor who used face data, and how"),
    "doctor": ("doctor", "look whether the tables hold what was promised; changes nothing"),
    "reindex": ("reindex", "move a collection to another face model, from its pictures in S3"),
    "move": ("move", "have another engine hold a collection's vectors: milvus, or memory"),
    "keys": ("keys", "make, list and revoke access keys"),
    "rules": ("rules", "set what a collection may be used for, and how"),
    "consent": ("consent", "keep the register of who has consented to be indexed"),
    "authorise": ("authorise", "ask for, and give, another's word for a search"),
    "review": ("review", "record what humans made of searches, and export that"),
    "suspend": ("suspend", "cut off an account, an access key or a collection"),
    "erase": ("erase", "remove a person from all that an account has stored"),
    "reinstate": ("reinstate", "let in again what was suspended"),
    "settings": ("settings", "print every setting, its default and its meaning"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit status; 2 is a wrong call."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="lineament",
        description="A face service that speaks Amazon Rekognition's wire API.",
    )
    parser.add_argument("--version", action="version", version=f"lineament {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    called = next((word for word in argv if not word.startswith("-")), None)
    for name, (module_name, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == called:
            module = importlib.import_module(f"lineament.cli.{module_name}")
            module.configure(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(argv)
    try:
        return int(options.run(options))
    except LineamentError as error:
        print(f"lineament {options.command}: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("lineament"):
            raise
        print(
            f"lineament {options.command}: the Python package {error.name} is missing; "
            "install lineament[local,models,plots]",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130
