"""Verdicts on searches, and who may make them, as they are stored."""

import pytest

from lineament.domain.reviews import NotReviewable, Review, Training
from lineament.storage.provision import Tables
from lineament.storage.reviews import DynamoReviews

ACCOUNT, OTHER = "111122223333", "444455556666"
REVIEW = Review("r1", "rita", 1_795_867_200.5, "possible-match", "ears", "phone record", "f1")
TRAINED = Training("Rita Li", 1_795_000_000.0, 1_796_000_000.0, "chief")


def test_a_verdict_is_not_written_over(tables: Tables) -> None:
    """Lost: a second reviewer's verdict takes the first one's place unseen."""
    reviews = DynamoReviews(tables)
    reviews.put(ACCOUNT, REVIEW)
    other = Review("r1", "rob", 1_795_867_300.0, "no-match", "scar")
    with pytest.raises(NotReviewable, match="rita has reviewed it"):
        reviews.put(ACCOUNT, other)
    assert list(reviews.each(ACCOUNT)) == [REVIEW]
    reviews.put(ACCOUNT, other, again=True)
    assert list(reviews.each(ACCOUNT)) == [other]
    assert list(reviews.each(OTHER)) == []


def test_training_is_found_however_a_name_is_written(tables: Tables) -> None:
    """Lost: an expired training is got round by another spelling, or a good one not found."""
    reviews = DynamoReviews(tables)
    reviews.attest(ACCOUNT, TRAINED)
    for name in ("Rita Li", "rita li", "RitaLi "):
        assert reviews.training(ACCOUNT, name) == TRAINED
    assert reviews.training(ACCOUNT, "rob") is None
    assert reviews.training(OTHER, "Rita Li") is None
    newer = Training("rita li", TRAINED.trained, TRAINED.expires + 1, "chief")
    reviews.attest(ACCOUNT, newer)
    assert list(reviews.trained(ACCOUNT)) == [newer]
