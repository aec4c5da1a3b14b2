"""What the celebrities of a gallery are called, beside the users that its log tells of."""

from collections.abc import Iterator

from lineament.domain.celebrities import SCOPE, KnownGender, is_celebrity_id
from lineament.domain.collections import Collection
from lineament.storage import keys
from lineament.storage.doctor.naive import Naive
from lineament.storage.records import UNREADABLE
from lineament.storage.table import Item, Table


def celebrity_faults(
    faces: Table, collection: Collection, naive: Naive
) -> Iterator[tuple[str, list[str]]]:
    """Yield kinds of findings with their ids; nothing for what is no gallery of celebrities.

    Args:
        faces: the table.
        collection: any.
        naive: its log's fold.
    """
    if collection.scope != SCOPE:
        return
    unreadable, known = [], set()
    for item in faces.query(keys.celebrity_partition(collection.generation), "!", "~"):
        celebrity_id = str(item["sk"]["S"])
        known.add(celebrity_id)
        try:
            _require_readable(item)
        except UNREADABLE:
            unreadable.append(celebrity_id)
    names = {user.name for user in naive.users.values()}
    unnamed = [key for key, user in naive.users.items() if user.faces and user.name not in known]
    yield "celebrity-unreadable", unreadable
    yield "celebrity-unnamed", unnamed
    yield "celebrity-kept", sorted(known - names)


def _require_readable(item: Item) -> None:
    KnownGender(item["gender"]["S"])
    urls = [str(each["S"]) for each in item["urls"]["L"]]
    if not item["name"]["S"] or not all(urls) or not is_celebrity_id(str(item["sk"]["S"])):
        raise ValueError("a celebrity without a name")
