"""The searches of an account that humans have to look at, with what they made of them."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from lineament.cli.auditing.reading import Wanted
from lineament.domain.audit import Entry
from lineament.domain.reviews import NotReviewable, Review, needs_review
from lineament.domain.ruling import COMPARING
from lineament.storage.reviews import DynamoReviews


@dataclass(frozen=True, slots=True)
class Search:
    """A search and its review, if there is one."""

    entry: Entry
    review: Review | None


class Searches:
    """Reads them out of the audit trail: nobody can keep one from review."""

    def __init__(self, reviews: DynamoReviews, args: argparse.Namespace) -> None:
        """Take the options of `auditing.reading.add_filters`, of which the account is given."""
        self._wanted = Wanted(args)
        self._reviews = {each.request_id: each for each in reviews.each(args.account)}

    def __iter__(self) -> Iterator[Search]:
        """Yield them, the oldest first."""
        for found in self._wanted:
            entry = found.entry
            if needs_review(entry, COMPARING):
                yield Search(entry, self._reviews.get(entry.request_id))

    def require_whole(self) -> None:
        """Refuse to go on where a part of the trail could not be read.

        Raises:
            NotReviewable: it could not; searches may be missing.
        """
        if self._wanted.unreadable:
            raise NotReviewable(
                f"{self._wanted.unreadable} blocks of the audit trail cannot be read; searches may "
                "be missing: `lineament audit verify`"
            )
