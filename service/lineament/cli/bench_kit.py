"""`lineament bench kit`: what a call through the test kit takes, beside calls that moto answers."""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from lineament.cli.figures import Figure, report

_BAR_LIST, _BAR_SEARCH, _BAR_MOCK = 3.0, 6.0, 50.0
"""Of a call: times moto's GetItem. Of a mock: ms more than mock_aws alone."""
_REGION = "us-east-1"
_FACES = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--rounds", type=int, default=200, help="of each call (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")


def run(args: argparse.Namespace) -> int:
    """Measure, print a line a call and then the figures; 1 when one is short of its bar."""
    times = {**_calls(args.rounds), **_mocks(max(10, args.rounds // 10))}
    print(f"{'call':40}   (median ms of {args.rounds}, one after the other in turn)")
    for name, taken in times.items():
        print(f"{name:40}{taken:8.2f}")
    item = times["moto DynamoDB GetItem"]
    return report(
        [
            Figure.at_most(
                "kit_list_collections_over_get_item", times["ListCollections"] / item, _BAR_LIST
            ),
            Figure.at_most(
                "kit_search_faces_over_get_item", times["SearchFaces"] / item, _BAR_SEARCH
            ),
            Figure.at_most(
                "kit_mock_ms", times["mock_rekognition in mock_aws"] - times["mock_aws"], _BAR_MOCK
            ),
        ],
        args.json,
    )


def _calls(rounds: int) -> dict[str, float]:
    """Return the median ms of calls, asked in turn: what else the machine does meets all alike."""
    # Imported here: moto is an extra.
    from moto import mock_aws  # noqa: PLC0415

    from lineament.testing import mock_rekognition  # noqa: PLC0415

    with mock_aws(), mock_rekognition() as faces:
        dynamodb = boto3.client("dynamodb", _REGION)
        rekognition = boto3.client("rekognition", _REGION)
        _make_table(dynamodb)
        rekognition.create_collection(CollectionId="bench")
        images = [faces.picture(f"person {number}") for number in range(_FACES)]
        for image in images:
            indexed = rekognition.index_faces(CollectionId="bench", Image={"Bytes": image})
        face_id = indexed["FaceRecords"][0]["Face"]["FaceId"]
        picture = {"Bytes": images[0]}
        ours: dict[str, Callable[[], Any]] = {
            "moto DynamoDB GetItem": lambda: dynamodb.get_item(
                TableName="bench", Key={"id": {"S": "a"}}
            ),
            "ListCollections": rekognition.list_collections,
            "SearchFaces": lambda: rekognition.search_faces(CollectionId="bench", FaceId=face_id),
            "SearchFacesByImage": lambda: rekognition.search_faces_by_image(
                CollectionId="bench", Image=picture
            ),
            "CompareFaces": lambda: rekognition.compare_faces(
                SourceImage=picture, TargetImage=picture
            ),
            "IndexFaces": lambda: rekognition.index_faces(
                CollectionId="bench", Image={"Bytes": faces.picture("somebody")}
            ),
        }
        measured = _in_turn(ours, rounds)
    with mock_aws():
        rekognition = boto3.client("rekognition", _REGION)
        theirs = {
            "moto CompareFaces (a constant)": lambda: rekognition.compare_faces(
                SourceImage=picture, TargetImage=picture
            )
        }
        return {**measured, **_in_turn(theirs, rounds)}


def _mocks(rounds: int) -> dict[str, float]:
    """Return the median ms of beginning and ending mocks."""
    from moto import mock_aws  # noqa: PLC0415

    from lineament.testing import mock_rekognition  # noqa: PLC0415

    def moto_alone() -> None:
        with mock_aws():
            pass

    def both() -> None:
        with mock_aws(), mock_rekognition():
            pass

    return _in_turn({"mock_aws": moto_alone, "mock_rekognition in mock_aws": both}, rounds)


def _in_turn(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(taken) for name, taken in times.items()}


def _make_table(dynamodb: Any) -> None:  # noqa: ANN401 - boto3's client
    dynamodb.create_table(
        TableName="bench",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="bench", Item={"id": {"S": "a"}})
