"""What a human made of a search. Source: SPEC.md D.3, L2, L3, L5, L6, L9.

A search tells possible matches and never who somebody is. Who has been trained looks at the
evidence itself and writes down what they find, and what beside the match speaks for it.
"""

from collections.abc import Collection
from dataclasses import dataclass

from lineament.domain.audit import OK, Entry
from lineament.domain.rules import USE_CASES
from lineament.errors import LineamentError

POSSIBLE, NO_MATCH, INCONCLUSIVE = "possible-match", "no-match", "inconclusive"
VERDICTS = (POSSIBLE, NO_MATCH, INCONCLUSIVE)
UNREVIEWED = "unreviewed"
CAVEAT = (
    "Search results are possible matches, not identifications. A match must never be the only "
    "ground for a decision about a person: it needs review by a trained human and other, "
    "independent evidence."
)


class NotReviewable(LineamentError):
    """A verdict cannot be recorded; the message says why."""


@dataclass(frozen=True, slots=True)
class Training:
    """That somebody has been trained to review searches. Times are epoch seconds."""

    name: str
    trained: float
    expires: float
    by: str
    """Who attests it."""


@dataclass(frozen=True, slots=True)
class Review:
    """One verdict."""

    request_id: str
    reviewer: str
    time: float
    """Epoch seconds."""
    verdict: str
    rationale: str
    corroboration: str = ""
    """What beside the search speaks for it."""
    candidate: str = ""
    """Which of the results the verdict is about; empty: all of them together."""


def needs_review(entry: Entry, searches: Collection[str]) -> bool:
    """Tell whether an entry of the trail is an answered search that a human has to look at.

    Args:
        entry: of the audit trail.
        searches: operations that look for who somebody is.
    """
    rules = {each.strip() for each in entry.rule.split(",")}
    return (
        entry.operation in searches
        and entry.outcome == OK
        and any(USE_CASES[name].review for name in rules & set(USE_CASES))
    )


def require_reviewable(review: Review, entry: Entry, training: Training | None) -> None:
    """Refuse a verdict without ground, or by somebody who has not been trained.

    Raises:
        NotReviewable: see above; the message says what lacks.
    """
    if training is None:
        raise NotReviewable(
            f"nobody has attested that {review.reviewer} is trained: `lineament review attest`"
        )
    if not training.trained <= review.time < training.expires:
        raise NotReviewable(f"the training of {review.reviewer} has expired, or is yet to come")
    if not review.rationale.strip():
        raise NotReviewable("a verdict needs a rationale: what was compared, and what was seen")
    if review.verdict == POSSIBLE:
        if not entry.result_count:
            raise NotReviewable("the search has found nobody: there is no possible match")
        if not review.corroboration.strip():
            raise NotReviewable(
                "a possible match needs corroboration: evidence beside the search (--corroboration)"
            )
    told = {identifier for identifier, _ in entry.results}
    if review.candidate and review.candidate not in told and entry.result_count <= len(told):
        raise NotReviewable(f"{review.candidate} is none of the search's results")
