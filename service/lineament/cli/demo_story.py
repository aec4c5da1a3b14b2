"""The demo's calls, in order, by an unmodified boto3 client, each held against what must return."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from lineament.cli.demo_panels import Panel, Role, Tag

COLLECTION = "demo"
BUCKET = "lineament-demo"
KNOWN, OTHER, THIRD = "obama.jpg", "obama2.jpg", "obama3.jpg"
ASTRONAUT, STRANGER, GROUP, FACELESS = "astronaut.png", "biden.jpg", "t1.jpg", "coffee.png"
PHOTOS = (KNOWN, OTHER, THIRD, ASTRONAUT, STRANGER, GROUP, FACELESS)
PERSON = "Barack_Obama"
_GROUP_FACES = 6

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table."""

    asked: str
    answered: str
    ms: float
    ok: bool


class Story:
    """Plays the calls and keeps what came back, for the table and for the picture."""

    def __init__(self, rekognition: Any, s3: Any, photos: Path) -> None:  # noqa: ANN401 - boto3
        """Keep the clients; `photos` is the folder of the photos."""
        self.steps: list[Step] = []
        self.panels: list[Panel] = []
        self._api = rekognition
        self.s3 = s3
        self.photos = photos

    def enrol(self) -> str:
        """Fill S3 and the collection; return the known person's face id."""
        self.s3.create_bucket(Bucket=BUCKET)
        self._step(f"S3 PutObject, {len(PHOTOS)} photos", self._upload, str, bool)
        self._call(
            "CreateCollection demo",
            self._api.create_collection,
            lambda answer: f"{answer['StatusCode']}, face model {answer['FaceModelVersion']}",
        )
        known = self._index(KNOWN, PERSON, "S3Object")
        self._index(ASTRONAUT, "Eileen_Collins", "Bytes")
        self._index(GROUP, "six_at_a_table", "S3Object", _GROUP_FACES)
        count = 2 + _GROUP_FACES
        self._call(
            "DescribeCollection",
            self._api.describe_collection,
            lambda answer: f"{answer['FaceCount']} faces",
            lambda answer: answer["FaceCount"] == count,
        )
        self._call(
            "ListFaces",
            self._api.list_faces,
            lambda answer: _names(answer["Faces"]),
            lambda answer: len(answer["Faces"]) == count,
        )
        return known

    def search(self) -> None:
        """Ask who is in photos that were never indexed."""
        self.search_photo(OTHER, found=True)
        self.search_photo(THIRD, found=True)
        self.search_photo(STRANGER, found=False)
        self._refuse(FACELESS)

    def search_photo(
        self, photo: str, *, found: bool, through: str = "", draw: bool = True
    ) -> Answer:
        """Search the collection by the largest face of a photo.

        Args:
            photo: file name.
            found: whether the known person, and nobody else, must come back.
            through: said in the table.
            draw: whether the picture shows it.
        """

        def expected(answer: Answer) -> bool:
            names = {match["Face"]["ExternalImageId"] for match in answer["FaceMatches"]}
            return names == ({PERSON} if found else set())

        answer = self._call(
            f"SearchFacesByImage {photo}{through}",
            self._api.search_faces_by_image,
            _matches,
            expected,
            Image=self._bytes(photo),
        )
        if draw and answer:
            verdict, role = _matches(answer), Role.MATCH if answer["FaceMatches"] else Role.STRANGER
            tag = Tag(answer["SearchedFaceBoundingBox"], verdict, role)
            caption = f"possible match: {verdict}" if answer["FaceMatches"] else verdict
            self._panel(photo, f"searched, never indexed: {photo}", caption, [tag])
        return answer

    def compare(self, face_id: str) -> None:
        """Search by a face of the collection, and compare two pictures without one."""
        self._index(THIRD, PERSON, "Bytes", draw=False)
        self._call(
            f"SearchFaces {face_id[:8]}… ({KNOWN})",
            self._api.search_faces,
            _matches,
            lambda answer: (
                [m["Face"]["ExternalImageId"] for m in answer["FaceMatches"]] == [PERSON]
            ),
            FaceId=face_id,
        )
        self._compare(OTHER, matches=1)
        self._compare(GROUP, matches=0)

    def forget(self, face_id: str) -> None:
        """Delete the known person's faces: nobody is found any more."""
        listed = self._api.list_faces(CollectionId=COLLECTION)["Faces"]
        ids = [face["FaceId"] for face in listed if face.get("ExternalImageId") == PERSON]
        self._call(
            f"DeleteFaces {PERSON}",
            self._api.delete_faces,
            lambda answer: f"{len(answer['DeletedFaces'])} deleted",
            lambda answer: set(answer["DeletedFaces"]) == set(ids) and face_id in ids,
            FaceIds=ids,
        )
        self.search_photo(OTHER, found=False, through=" again", draw=False)

    def end(self) -> None:
        """Delete the collection."""
        self._call(
            "DeleteCollection demo",
            self._api.delete_collection,
            lambda answer: str(answer["StatusCode"]),
            lambda answer: answer["StatusCode"] == 200,  # noqa: PLR2004 - the wire's own number
        )

    def _upload(self) -> str:
        for photo in PHOTOS:
            self.s3.upload_file(str(self.photos / photo), BUCKET, photo)
        return f"s3://{BUCKET}"

    def _index(self, photo: str, name: str, form: str, faces: int = 1, *, draw: bool = True) -> str:
        answer = self._call(
            f"IndexFaces {photo} ({form})",
            self._api.index_faces,
            lambda answer: f"{_count(answer['FaceRecords'])} as {name}",
            lambda answer: len(answer["FaceRecords"]) == faces,
            Image=self._in_s3(photo) if form == "S3Object" else self._bytes(photo),
            ExternalImageId=name,
        )
        records = answer.get("FaceRecords", [])
        label = name.replace("_", " ") if faces == 1 else ""
        tags = [Tag(record["Face"]["BoundingBox"], label, Role.INDEXED) for record in records]
        if draw:
            self._panel(photo, f"indexed by {form}: {photo}", f"{_count(records)} as {name}", tags)
        return str(records[0]["Face"]["FaceId"]) if records else ""

    def _compare(self, target: str, *, matches: int) -> None:
        self._call(
            f"CompareFaces {KNOWN}, {target}",
            self._api.compare_faces,
            lambda answer: (
                f"{_similarities(answer['FaceMatches']) or 'no match'}, "
                f"{len(answer['UnmatchedFaces'])} unmatched"
            ),
            lambda answer: len(answer["FaceMatches"]) == matches,
            collection=False,
            SourceImage=self._in_s3(KNOWN),
            TargetImage=self._in_s3(target),
        )

    def _refuse(self, photo: str) -> None:
        def search() -> Answer:
            image = self._bytes(photo)
            try:
                self._api.search_faces_by_image(CollectionId=COLLECTION, Image=image)
            except self._api.exceptions.InvalidParameterException as error:
                return dict(error.response["Error"])
            return {"Code": "no error"}

        answer = self._step(
            f"SearchFacesByImage {photo}",
            search,
            lambda answer: f"{answer['Code']}: {answer.get('Message', '')}",
            lambda answer: answer["Code"] == "InvalidParameterException",
        )
        self._panel(photo, f"searched: {photo}", f"{answer['Code']}:\n{answer.get('Message')}", [])

    def _call(
        self,
        asked: str,
        operation: Callable[..., Answer],
        read: Callable[[Answer], str],
        expected: Callable[[Answer], bool] = bool,
        *,
        collection: bool = True,
        **params: object,
    ) -> Answer:
        if collection:
            params["CollectionId"] = COLLECTION
        try:
            answer: Answer = self._step(asked, lambda: operation(**params), read, expected)
        except ClientError as error:
            self.steps.append(Step(asked, str(error), 0.0, ok=False))
            return {}
        return answer

    def _step(
        self,
        asked: str,
        act: Callable[[], Any],
        read: Callable[[Any], str],
        expected: Callable[[Any], bool],
    ) -> Any:  # noqa: ANN401 - boto3's answers
        begun = time.perf_counter()
        answer = act()
        ms = (time.perf_counter() - begun) * 1000
        self.steps.append(Step(asked, read(answer), ms, ok=expected(answer)))
        return answer

    def _panel(self, photo: str, title: str, caption: str, tags: Sequence[Tag]) -> None:
        self.panels.append(Panel(self.photos / photo, title, caption, tuple(tags)))

    def _in_s3(self, photo: str) -> Answer:
        return {"S3Object": {"Bucket": BUCKET, "Name": photo}}

    def _bytes(self, photo: str) -> Answer:
        return {"Bytes": (self.photos / photo).read_bytes()}


def _matches(answer: Answer) -> str:
    matches = answer["FaceMatches"]
    if not matches:
        return "no match"
    best = matches[0]
    more = f" and {len(matches) - 1} more" if len(matches) > 1 else ""
    return f"{best['Face'].get('ExternalImageId')} {best['Similarity']:.2f}{more}"


def _similarities(matches: Sequence[Answer]) -> str:
    return ", ".join(f"{match['Similarity']:.2f}" for match in matches)


def _count(records: Sequence[object]) -> str:
    return f"{len(records)} face{'' if len(records) == 1 else 's'}"


def _names(faces: Sequence[Answer]) -> str:
    names = [str(face.get("ExternalImageId")) for face in faces]
    return ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))
