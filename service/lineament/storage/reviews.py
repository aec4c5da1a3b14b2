"""Reviews of searches and who may make them, in DynamoDB: one item each."""

from collections.abc import Iterator
from typing import Any

from lineament.domain.authorisations import key_of
from lineament.domain.reviews import NotReviewable, Review, Training
from lineament.storage import keys
from lineament.storage.provision import Tables
from lineament.storage.table import Item

_REVIEW = ("reviewer", "verdict", "rationale", "corroboration", "candidate")


class DynamoReviews:
    """The reviews of all accounts, and the reviewers' training."""

    def __init__(self, tables: Tables) -> None:
        """Keep them in `tables.trust`; makes no call."""
        self._trust = tables.trust

    def put(self, account: str, review: Review, *, again: bool = False) -> None:
        """Store a verdict.

        Args:
            account: whose search it is.
            review: the verdict.
            again: it replaces an earlier one, which the audit trail still knows of.

        Raises:
            NotReviewable: there is one, and not `again`.
        """
        item = {
            **keys.review_key(account, review.request_id),
            "time": {"N": repr(review.time)},
            **{name: {"S": getattr(review, name)} for name in _REVIEW},
        }
        if again:
            self._trust.put(item)
        elif (there := self._trust.put_new(item)) is not None:
            raise NotReviewable(f"{there['reviewer']['S']} has reviewed it; --again replaces that")

    def each(self, account: str) -> Iterator[Review]:
        """Yield the reviews of an account, by request id."""
        partition = str(keys.review_key(account, "")["pk"]["S"])
        for item in self._trust.query(partition, "!", "~"):
            yield _from_item(item)

    def attest(self, account: str, training: Training) -> None:
        """Store that somebody is trained, in place of what was attested of them before."""
        self._trust.put(
            {
                **keys.training_key(account, key_of(training.name)),
                "name": {"S": training.name},
                "by": {"S": training.by},
                "trained": {"N": repr(training.trained)},
                "expires_at": {"N": repr(training.expires)},  # `expires` would have it erased
            }
        )

    def training(self, account: str, name: str) -> Training | None:
        """Return what is attested of somebody, however their name is written."""
        item = self._trust.get(keys.training_key(account, key_of(name)))
        return None if item is None else _training(item)

    def trained(self, account: str) -> Iterator[Training]:
        """Yield what is attested of everybody."""
        partition = str(keys.training_key(account, "")["pk"]["S"])
        for item in self._trust.query(partition, "!", "\U0010ffff"):
            yield _training(item)


def _from_item(item: Item) -> Review:
    texts: dict[str, Any] = {name: str(item[name]["S"]) for name in _REVIEW}
    return Review(request_id=str(item["sk"]["S"]), time=float(item["time"]["N"]), **texts)


def _training(item: Item) -> Training:
    return Training(
        name=str(item["name"]["S"]),
        trained=float(item["trained"]["N"]),
        expires=float(item["expires_at"]["N"]),
        by=str(item["by"]["S"]),
    )
