"""`lineament report`: how often, and for whom, this deployment's face matching is wrong."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import boto3
import onnxruntime
from tqdm import tqdm

from lineament import __version__, config
from lineament.app import build_services
from lineament.cli.measuring.label_files import digest_of
from lineament.cli.measuring.same_people import read_confirmed
from lineament.cli.reporting.accuracy import Accuracy, measure
from lineament.cli.reporting.accuracy_page import accuracy_page
from lineament.cli.reporting.aliases import same_people
from lineament.cli.reporting.labelled import Labelled, read_labelled, read_pairs
from lineament.cli.reporting.looking import How, look_at
from lineament.cli.reporting.one_to_many import draw, search
from lineament.cli.reporting.options import ACCURACY, configure
from lineament.cli.reporting.page import Made, percent, span
from lineament.cli.reporting.pairing import pair_up
from lineament.cli.reporting.rates import Rate
from lineament.cli.reporting.review import write_review
from lineament.cli.reporting.search_page import search_page
from lineament.cli.reporting.searched import OneToMany, judge
from lineament.handlers.services import Services
from lineament.storage.provision import connect
from lineament.testing.mock import mock_rekognition

__all__ = ["configure", "run"]

_REGION = "us-east-1"


def run(args: argparse.Namespace) -> int:
    """Make the report, write it, and print its figures."""
    make = _accuracy if args.report == ACCURACY else _one_to_many
    make(args)
    return 0


def _accuracy(args: argparse.Namespace) -> None:
    begun = time.monotonic()
    labelled = read_labelled(args.photos)
    pairs = None if args.pairs is None else read_pairs(args.pairs, labelled)
    confirmed = read_confirmed(args.confirmed)
    services = _services()
    model = services.models.default
    how = How(model, args.quality_filter, args.face, args.estimate)
    looked = look_at(services.engine(), labelled, how)
    trials = pair_up(looked, model.calibration, confirmed, pairs)
    report = measure(looked, trials, args.thresholds, _told)
    options = f"face: {args.face}, quality filter: {args.quality_filter}"
    made = _made(model.version, options, begun)
    _write(args, report, accuracy_page(report, made), made)
    if args.review is not None:
        lowest = min(args.thresholds)
        near = trials.strangers
        rows = zip(near.first, near.second, near.similarity, strict=True)
        found = [
            (labelled.photos[one], labelled.photos[other], float(similarity))
            for one, other, similarity in rows
            if similarity >= lowest
        ]
        write_review(args.review, found)
    print(f"{report.photos:,} photos of {report.people:,} people")
    _print("failures to enrol", [report.failure_to_enrol])
    _print("false matches (FMR)", report.overall.false_match)
    _print("false non-matches (FNMR)", report.overall.false_non_match)


def _one_to_many(args: argparse.Namespace) -> None:
    begun = time.monotonic()
    labelled = read_labelled(args.photos)
    chosen = draw(labelled, args.probes, args.gallery, args.seed)
    confirmed = read_confirmed(args.confirmed)
    photos = (*chosen.probes, *chosen.gallery, *chosen.mates)
    same = same_people(_owners(labelled), confirmed)
    with (
        _service() as rekognition,
        tqdm(total=len(photos), unit="photo", mininterval=1 if sys.stderr.isatty() else 30) as bar,
    ):
        searches = search(rekognition, chosen, args.quality_filter, bar.update)
    report = judge(searches, same, labelled.columns, args.thresholds, args.seed)
    options = f"seed: {args.seed}, quality filter of the gallery: {args.quality_filter}"
    made = _made(searches.face_model_version, options, begun)
    _write(args, report, search_page(report, made), made)
    if args.review is not None:
        lowest = min(args.thresholds)
        found = [
            (each.photo, match, similarity)
            for each in searches.probes
            for match, similarity in each.matches
            if similarity >= lowest and frozenset((match.person, each.photo.person)) not in same
        ]
        write_review(args.review, found)
    print(f"{report.probes:,} probes, a gallery of {report.gallery:,}, {report.mates:,} mates")
    print(f"not searched: {report.not_searched:,}; not enrolled: {report.not_enrolled:,}")
    _print("people not enrolled who match somebody", report.overall.falsely)
    _print("enrolled people who are missed", report.overall.missed)


def _services() -> Services:
    """Return the deployment's engine and models; nothing else of it is asked for."""
    settings = config.load()
    return build_services(settings, connect(settings.table, settings.region))


@contextmanager
def _service() -> Iterator[Any]:
    """Yield a client of the whole service, with the deployment's models and no data of its own."""
    with mock_rekognition(engine="real"):
        yield boto3.client(
            "rekognition",
            _REGION,
            endpoint_url=f"https://rekognition.{_REGION}.amazonaws.com",  # whatever the shell says
            aws_access_key_id="report",
            aws_secret_access_key="report",  # noqa: S106 - nobody checks it
        )


def _owners(labelled: Labelled) -> dict[str, str]:
    return {digest_of(photo.path.read_bytes()): photo.person for photo in labelled.photos}


def _made(face_model: str, options: str, begun: float) -> Made:
    return Made(
        version=__version__,
        face_model=face_model,
        when=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        machine=f"{platform.machine()}, {os.cpu_count()} cores, onnxruntime "
        f"{onnxruntime.__version__}",
        seconds=round(time.monotonic() - begun, 1),
        options=options,
    )


def _write(args: argparse.Namespace, report: Accuracy | OneToMany, page: str, made: Made) -> None:
    if args.html is not None:
        args.html.write_text(page, "utf-8")
    if args.json is not None:
        told = {"report": args.report, "made": asdict(made), **asdict(report)}
        args.json.write_text(json.dumps(told, indent=2, allow_nan=False) + "\n", "utf-8")


def _print(what: str, rates: "list[Rate] | tuple[Rate, ...]") -> None:
    print(what)
    for rate in rates:
        at = "" if rate.threshold is None else f"at {rate.threshold:g}"
        print(
            f"  {at:6} {percent(rate.value):>18}  [{span(rate)}]"
            f"  {rate.errors:,} of {rate.trials:,}"
        )


def _told(what: str) -> None:
    print(f"counting errors: {what}", file=sys.stderr, flush=True)
