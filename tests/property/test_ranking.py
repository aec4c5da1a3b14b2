"""Searches find what brute force in double precision finds."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.property.conftest import Clients
from tests.property.engine import DIMENSIONS, MODEL, SIDE, picture
from tests.property.examples import VECTORS, examples

NEAR = 0.06
"""Similarity. Stored vectors have the 11 bits of float16: a cosine may be off by 2^-11, times 117,
the steepest part of the calibration."""
GALLERIES = st.lists(st.lists(VECTORS, min_size=1, max_size=4), min_size=1, max_size=4)

ASKED = st.fixed_dictionaries(
    {},
    optional={
        "FaceMatchThreshold": st.sampled_from([0, 1, 2, 30.5, 60, 80, 95, 99.99, 100]),
        "MaxFaces": st.sampled_from([1, 2, 3, 5, 4096]),
    },
)


def naive(query: list[int], others: list[list[int]]) -> NDArray[np.float64]:
    """Return the Similarity of one vector to others."""
    one = np.array(query, np.float64)
    rows = np.array(others, np.float64).reshape(-1, DIMENSIONS)
    cosines = rows @ one / np.linalg.norm(rows, axis=1) / np.linalg.norm(one)
    calibration = MODEL.calibration
    return np.interp(cosines, calibration.cosines, calibration.similarities)


def require_ranking(
    matches: list[dict[str, Any]], expected: dict[str, float], asked: dict[str, Any]
) -> None:
    """Assert that matches are the best of `expected`, in order, all over the threshold."""
    threshold, limit = asked.get("FaceMatchThreshold", 80), asked.get("MaxFaces", 4096)
    scores = [match["Similarity"] for match in matches]
    ids = [match["Face"]["FaceId"] for match in matches]
    assert len(set(ids)) == len(ids)
    assert all(score >= np.float32(threshold) for score in scores)
    order = [(-score, face_id) for score, face_id in zip(scores, ids, strict=True)]
    assert order == sorted(order)  # ties by FaceId
    for score, face_id in zip(scores, ids, strict=True):
        assert abs(score - expected[face_id]) < NEAR
    left_out = [score for face_id, score in expected.items() if face_id not in ids]
    if len(matches) < limit:
        assert all(score < threshold + NEAR for score in left_out)
    else:
        assert len(matches) == limit
        assert all(score < scores[-1] + NEAR for score in left_out)


@examples(40)
@given(
    pictures=GALLERIES,
    query=VECTORS,
    asked=ASKED,
    gone=st.lists(st.integers(0, 20), max_size=3),
)
def test_ranking_equals_brute_force(
    fresh: Clients,
    pictures: list[list[list[int]]],
    query: list[int],
    asked: dict[str, Any],
    gone: list[int],
) -> None:
    """Lost: the best match is missed, or a worse one comes first."""
    c = fresh()
    c.create_collection(CollectionId="a")
    vectors: dict[str, list[int]] = {}
    for number, faces in enumerate(pictures):
        answer = c.index_faces(
            CollectionId="a", Image={"Bytes": picture(faces)}, ExternalImageId=f"{number}"
        )
        ids = [record["Face"]["FaceId"] for record in answer["FaceRecords"]]
        vectors.update(zip(ids, faces, strict=True))
    for number in gone:
        face_id = sorted(vectors)[number % len(vectors)]
        if len(vectors) > 1:
            c.delete_faces(CollectionId="a", FaceIds=[face_id])
            del vectors[face_id]
    asked = {"CollectionId": "a", **asked}
    image = {"Bytes": picture([query])}

    found = c.search_faces_by_image(**asked, Image=image)["FaceMatches"]
    similarities = naive(query, list(vectors.values())).tolist()
    require_ranking(found, dict(zip(vectors, similarities, strict=True)), asked)

    searched = min(vectors)
    found = c.search_faces(**asked, FaceId=searched)["FaceMatches"]
    similarities = naive(vectors[searched], list(vectors.values())).tolist()
    expected = dict(zip(vectors, similarities, strict=True))
    del expected[searched]
    require_ranking(found, expected, asked)


@examples(40)
@given(faces=st.lists(VECTORS, min_size=1, max_size=8), query=VECTORS)
def test_searches_score_as_compare_faces_does(
    fresh: Clients, faces: list[list[int]], query: list[int]
) -> None:
    """Lost: one threshold means two things."""
    c = fresh()
    c.create_collection(CollectionId="a")
    target = {"Bytes": picture(faces)}
    records = c.index_faces(CollectionId="a", Image=target)["FaceRecords"]
    source = {"Bytes": picture([query])}
    compared = c.compare_faces(SourceImage=source, TargetImage=target, SimilarityThreshold=0)
    assert compared["UnmatchedFaces"] == []
    by_place = {
        round(match["Face"]["BoundingBox"]["Left"] * SIDE): match["Similarity"]
        for match in compared["FaceMatches"]
    }
    np.testing.assert_allclose(
        [by_place[place] for place in range(len(faces))], naive(query, faces), atol=NEAR
    )
    default = c.compare_faces(SourceImage=source, TargetImage=target)
    assert default["FaceMatches"] == [m for m in compared["FaceMatches"] if m["Similarity"] >= 80]
    assert len(default["UnmatchedFaces"]) == len(faces) - len(default["FaceMatches"])
    found = c.search_faces_by_image(CollectionId="a", Image=source, FaceMatchThreshold=0)
    searched = {match["Face"]["FaceId"]: match["Similarity"] for match in found["FaceMatches"]}
    for place, record in enumerate(records):
        assert abs(searched[record["Face"]["FaceId"]] - by_place[place]) < NEAR
