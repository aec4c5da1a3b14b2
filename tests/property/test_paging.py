"""Listings cover exactly once, whatever comes and goes meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.property.conftest import Clients
from tests.property.engine import DIMENSIONS, picture
from tests.property.examples import examples

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=6)
"""Page sizes, used in turn."""
EVENTS = st.lists(
    st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.integers(0, 30)), max_size=2),
    max_size=8,
)
"""What happens between two pages: something new, or something gone."""
Page = tuple[list[str], str | None]


@dataclass(frozen=True)
class Listed:
    """What is listed, and how to change it."""

    alive: list[str]
    ask: Callable[..., Page]
    add: Callable[[int], list[str]]
    remove: Callable[[str], None]


def page_through(listed: Listed, sizes: list[int], events: list[list[tuple[str, int]]]) -> None:
    """Page to the end while things come and go, then assert what every reader relies on."""
    alive = listed.alive
    ever, stayed = set(alive), set(alive)
    found: list[str] = []
    token: str | None = None
    for turn in range(1000):
        size = sizes[turn % len(sizes)]
        page, following = listed.ask(MaxResults=size, **({"NextToken": token} if token else {}))
        assert len(page) <= size
        assert page or following is None
        found += page
        if following is None:
            break
        assert following != token, "boto3's paginators raise on the same token twice"
        token = following
        for kind, number in events[turn] if turn < len(events) else []:
            if kind == "add":
                new = listed.add(number)
                alive += new
                ever.update(new)
            elif alive:
                gone = alive.pop(number % len(alive))
                stayed.discard(gone)
                listed.remove(gone)
    else:
        raise AssertionError("the listing does not end")
    assert found == sorted(set(found))
    assert stayed <= set(found) <= ever


@examples(30)
@given(count=st.integers(0, 9), sizes=SIZES, events=EVENTS)
def test_list_faces_covers_exactly_once(
    fresh: Clients, count: int, sizes: list[int], events: list[list[tuple[str, int]]]
) -> None:
    """Lost: an export of a collection skips people, or has them twice."""
    c = fresh()
    c.create_collection(CollectionId="a")

    def index(faces: int, label: str) -> list[str]:
        image = picture([[1] * DIMENSIONS] * faces, label)
        answer = c.index_faces(CollectionId="a", Image={"Bytes": image})
        return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]

    def ask(**asked: Any) -> Page:
        answer = c.list_faces(CollectionId="a", **asked)
        return [face["FaceId"] for face in answer["Faces"]], answer.get("NextToken")

    def remove(face_id: str) -> None:
        c.delete_faces(CollectionId="a", FaceIds=[face_id])

    alive = index(count, "first")
    page_through(Listed(alive, ask, lambda number: index(1, f"{number}"), remove), sizes, events)


@examples(30)
@given(names=st.sets(st.integers(0, 30), max_size=9), sizes=SIZES, events=EVENTS)
def test_list_collections_covers_exactly_once(
    fresh: Clients, names: set[int], sizes: list[int], events: list[list[tuple[str, int]]]
) -> None:
    """Lost: a tool that goes through all collections forgets one."""
    c = fresh()

    def create(number: int) -> list[str]:
        try:
            c.create_collection(CollectionId=f"c{number}")
        except c.exceptions.ResourceAlreadyExistsException:
            return []
        return [f"c{number}"]

    def ask(**asked: Any) -> Page:
        answer = c.list_collections(**asked)
        assert len(answer["CollectionIds"]) == len(answer["FaceModelVersions"])
        return answer["CollectionIds"], answer.get("NextToken")

    alive = [name for number in names for name in create(number)]

    def delete(name: str) -> None:
        c.delete_collection(CollectionId=name)

    page_through(Listed(alive, ask, create, delete), sizes, events)
