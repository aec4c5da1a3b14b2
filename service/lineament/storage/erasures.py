"""Erasures that are under way, in DynamoDB: so that one that was stopped can be gone on with.

An item names faces and digests of their vectors, never a vector. It is erased once the receipt is
signed.
"""

from dataclasses import dataclass, field

from lineament.storage import keys
from lineament.storage.provision import Tables
from lineament.storage.table import Item

_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Target:
    """A person's faces in one collection."""

    region: str
    collection_id: str
    lineage: str
    """Of the collection: made again under the same id, it is another."""
    face_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What a run has found, and what it has to erase."""

    begun: int
    """Epoch seconds."""
    by: str
    targets: tuple[Target, ...]
    digests: frozenset[bytes] = field(repr=False)
    """SHA-256 of the vectors."""
    names: tuple[tuple[str, str], ...] = ()
    """Region and ExternalImageId of the faces: their consents are withdrawn."""

    @property
    def face_ids(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(face_id for target in self.targets for face_id in target.face_ids)

    def joined(self, other: "Erasure") -> "Erasure":
        """Return this one with what another run has found as well."""
        faces: dict[tuple[str, str, str], dict[str, None]] = {}
        for target in (*self.targets, *other.targets):
            place = (target.region, target.collection_id, target.lineage)
            faces.setdefault(place, {}).update(dict.fromkeys(target.face_ids))
        return Erasure(
            self.begun,
            self.by,
            tuple(Target(*place, tuple(ids)) for place, ids in faces.items()),
            self.digests | other.digests,
            tuple(dict.fromkeys((*self.names, *other.names))),
        )


class Erasures:
    """Those of one account. Safe to share between threads."""

    def __init__(self, tables: Tables, account: str) -> None:
        """Keep them in `tables.trust`."""
        self._trust, self._account = tables.trust, account

    def find(self, name: str) -> Erasure | None:
        """Return the erasure of a name that is under way, or None."""
        item = self._trust.get(keys.erasure_key(self._account, name))
        return None if item is None else _from_item(item)

    def keep(self, name: str, erasure: Erasure) -> None:
        """Write an erasure down, before anything of it is done."""
        self._trust.put({**keys.erasure_key(self._account, name), **_to_item(erasure)})

    def forget(self, name: str) -> None:
        """Erase it: it is done."""
        self._trust.delete_many([keys.erasure_key(self._account, name)])


def _to_item(erasure: Erasure) -> Item:
    targets = [
        {
            "M": {
                "region": {"S": each.region},
                "collection": {"S": each.collection_id},
                "lineage": {"S": each.lineage},
                "ids": {"L": [{"S": face_id} for face_id in each.face_ids]},
            }
        }
        for each in erasure.targets
    ]
    names = [{"L": [{"S": region}, {"S": name}]} for region, name in erasure.names]
    return {
        "begun": {"N": str(erasure.begun)},
        "by": {"S": erasure.by},
        "targets": {"L": targets},
        "names": {"L": names},
        "digests": {"S": b"".join(sorted(erasure.digests)).hex()},
    }


def _from_item(item: Item) -> Erasure:
    block = bytes.fromhex(item["digests"]["S"])
    starts = range(0, len(block), _DIGEST)
    return Erasure(
        int(item["begun"]["N"]),
        str(item["by"]["S"]),
        tuple(
            Target(
                str(each["M"]["region"]["S"]),
                str(each["M"]["collection"]["S"]),
                str(each["M"]["lineage"]["S"]),
                tuple(str(face_id["S"]) for face_id in each["M"]["ids"]["L"]),
            )
            for each in item["targets"]["L"]
        ),
        frozenset(block[start : start + _DIGEST] for start in starts),
        tuple((str(each["L"][0]["S"]), str(each["L"][1]["S"])) for each in item["names"]["L"]),
    )
