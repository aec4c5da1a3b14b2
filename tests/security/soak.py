"""Thousands of requests of every kind, and how much memory the process has after them.

`python -m tests.security.soak CALLS ENDPOINT FOLDER` prints JSON: resident bytes after each tenth
of the calls. The emulated AWS at ENDPOINT is another process, and FOLDER is empty.
"""

import base64
import ctypes
import gc
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.emulated import set_meanwhile, variables_of
from tests.security.world import ACCOUNT, KEY, SECRET, World, build, sign

_KEYS = 40
_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> int:
    """Return this process's resident bytes, after what is free was given back."""
    gc.collect()
    with suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def more_keys() -> list[dict[str, Any]]:
    """Return access keys of many accounts, each with a policy of its own."""
    return [
        {
            "id": f"AKIASOAK{number:012d}".replace("0", "A").replace("1", "B"),
            "secret": SECRET,
            "account": f"{10**11 + number}",
            "user": f"user-{number}",
            "created": "2026-11-01T00:00:00Z",
            "policies": [_policy(number)],
        }
        for number in range(_KEYS)
    ]


def _policy(number: int) -> dict[str, Any]:
    arn = f"arn:aws:rekognition:*:*:collection/of-{number}-*"
    condition = {"StringLike": {"aws:ResourceTag/team": f"team-{number}*"}}
    statement = {"Effect": "Allow", "Action": "rekognition:*", "Resource": arn}
    return {
        "Version": "2012-10-17",
        "Statement": [statement, {**statement, "Resource": "*", "Condition": condition}],
    }


@dataclass
class Soak:
    """A mix of requests on one deployment."""

    world: World
    keys: list[dict[str, Any]]
    rng: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - repeatable
    told: Counter[int] = field(default_factory=Counter)
    """Answers by status."""

    def __post_init__(self) -> None:
        faces = self.world.faces
        drawn = [faces.picture(name, f"{name} too") for name in ("ada", "bob", "eve")]
        self.pictures = [base64.b64encode(picture).decode() for picture in drawn]
        self.call("CreateCollection", {"CollectionId": "stock"})
        for picture in self.pictures:
            self.call("IndexFaces", {"CollectionId": "stock", "Image": {"Bytes": picture}})

    def call(self, operation: str, body: Any, **how: Any) -> Any:
        """Ask, and return what was told."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = sign(content, {"X-Amz-Target": f"RekognitionService.{operation}"}, **how)
        answer = self.world.send(headers, content)
        self.told[answer.status_code] += 1
        return orjson.loads(answer.data)

    def step(self) -> None:
        """Make one to a few requests of a kind that is drawn."""
        kinds: list[Callable[[], object]] = [
            self.read, self.search, self.compare, self.change, self.collection, self.stranger,
            self.somebody, self.nonsense, self.elsewhere, self.tags,
        ]  # fmt: skip
        self.rng.choice(kinds)()

    def read(self) -> None:
        self.call("ListFaces", {"CollectionId": "stock", "MaxResults": self.rng.randrange(1, 9)})
        self.call("DescribeCollection", {"CollectionId": "stock"})
        self.call("ListCollections", {"MaxResults": 5})

    def search(self) -> None:
        image = {"Bytes": self.rng.choice(self.pictures)}
        asked = {"CollectionId": "stock", "Image": image, "MaxFaces": self.rng.randrange(1, 99)}
        found = self.call("SearchFacesByImage", asked)["FaceMatches"]
        if found:
            face_id = found[0]["Face"]["FaceId"]
            self.call("SearchFaces", {"CollectionId": "stock", "FaceId": face_id})

    def compare(self) -> None:
        one, other = ({"Bytes": self.rng.choice(self.pictures)} for _ in range(2))
        self.call("CompareFaces", {"SourceImage": one, "TargetImage": other})
        self.call("DetectFaces", {"Image": one, "Attributes": ["ALL"]})

    def change(self) -> None:
        image = {"Bytes": self.rng.choice(self.pictures)}
        asked = {"CollectionId": "stock", "Image": image, "ExternalImageId": self.word()}
        records = self.call("IndexFaces", asked)["FaceRecords"]
        ids = [record["Face"]["FaceId"] for record in records]
        self.call("DeleteFaces", {"CollectionId": "stock", "FaceIds": ids})

    def collection(self) -> None:
        """Make one under a name that comes once, use it, and delete it."""
        named = {"CollectionId": self.word()}
        self.call("CreateCollection", named)
        self.call("IndexFaces", {**named, "Image": {"Bytes": self.pictures[0]}})
        self.call("SearchFacesByImage", {**named, "Image": {"Bytes": self.pictures[0]}})
        self.call("CreateUser", {**named, "UserId": self.word()})
        self.call("DeleteCollection", named)

    def stranger(self) -> None:
        """Sign with keys that nobody has, or with a wrong secret."""
        self.call("ListCollections", {}, key=(f"AKIA{self.word().upper()}", SECRET, None))
        self.call("ListCollections", {}, key=(KEY, self.word() * 3, None))
        self.call("ListCollections", {}, key=(KEY, SECRET, self.word()))

    def somebody(self) -> None:
        """Ask by a key with a policy, for what it may and may not."""
        number = self.rng.randrange(len(self.keys))
        key = (self.keys[number]["id"], SECRET, None)
        self.call("DescribeCollection", {"CollectionId": f"of-{number}-{self.word()}"}, key=key)
        self.call("DeleteCollection", {"CollectionId": self.word()}, key=key)
        self.call("ListCollections", {}, key=key)

    def nonsense(self) -> None:
        self.call("SearchFaces", {"CollectionId": "#" * 300, "FaceId": self.word()})
        self.call("ListFaces", b'{"CollectionId":' * self.rng.randrange(900))
        self.call(self.word(), {})
        self.call("DetectFaces", {"Image": {"Bytes": self.pictures[0][:900]}})
        self.world.send({f"X-{self.word()}": self.word()}, b"x" * 999, f"/{self.word()}")

    def elsewhere(self) -> None:
        """Ask in regions that there are not, and for objects in buckets that nobody has."""
        self.call("ListCollections", {}, region=f"xx-{self.word()}")
        place = {"Bucket": self.word(), "Name": self.word()}
        self.call("DetectFaces", {"Image": {"S3Object": place}})

    def tags(self) -> None:
        region, account = "us-east-1", ACCOUNT
        arn = {"ResourceArn": f"arn:aws:rekognition:{region}:{account}:collection/stock"}
        name = self.word()
        self.call("TagResource", {**arn, "Tags": {name: self.word()}})
        self.call("UntagResource", {**arn, "TagKeys": [name]})

    def word(self) -> str:
        """Return a name that comes once."""
        return f"{self.rng.getrandbits(64):016x}"


def run(calls: int, endpoint: str, folder: Path) -> dict[str, Any]:
    """Make so many calls; return statuses and resident bytes, the first after a tenth of them."""
    with set_meanwhile({**variables_of(endpoint), "AWS_DEFAULT_REGION": "us-east-1"}):
        keys = more_keys()
        soak = Soak(build(folder, endpoint, auth="sigv4", more_keys=keys), keys)
        sizes, due = [], calls // 10
        while len(sizes) < 10:
            soak.step()
            if soak.told.total() >= due * (len(sizes) + 1):
                sizes.append(resident())
    return {"calls": soak.told.total(), "told": soak.told, "resident": sizes}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))) + "\n")
