"""What the rules of a collection make of a call: its parameters, tightened, or a refusal.

Handlers see parameters that already obey, so none of them knows a rule. Source: SPEC.md D.3.
"""

from collections.abc import Mapping
from typing import Any

from lineament.domain.limits import DEFAULT_MATCHES, DEFAULT_THRESHOLD, DEFAULT_USERS
from lineament.domain.quality import QualityLevel
from lineament.domain.rules import MIN_SIMILARITY, PURPOSE, Rules
from lineament.errors import AccessDeniedException, InvalidParameterException

Params = Mapping[str, Any]

_THRESHOLDS: Mapping[str, str] = {
    "CompareFaces": "SimilarityThreshold",
    "SearchFaces": "FaceMatchThreshold",
    "SearchFacesByImage": "FaceMatchThreshold",
    "SearchUsers": "UserMatchThreshold",
    "SearchUsersByImage": "UserMatchThreshold",
}
"""Operations that tell who is like whom, with the member that says how like."""
COMPARING = frozenset(_THRESHOLDS)
_LIMITS: Mapping[str, tuple[str, int]] = {
    "SearchFaces": ("MaxFaces", DEFAULT_MATCHES),
    "SearchFacesByImage": ("MaxFaces", DEFAULT_MATCHES),
    "SearchUsers": ("MaxUsers", DEFAULT_USERS),
    "SearchUsersByImage": ("MaxUsers", DEFAULT_USERS),
}
"""Searches of a collection, with the member that bounds the answer and its default."""
SEARCHES = frozenset(_LIMITS)


def obeying(rules: Rules, operation: str, params: Params, *, strict: bool = False) -> Params:
    """Return what a call asks for, as tight as the rules say.

    Args:
        rules: those of its collection and of the deployment.
        operation: its name in AWS's casing.
        params: as they were asked.
        strict: refuse a similarity below the rules' in place of raising it.

    Raises:
        InvalidParameterException: `strict`, and the caller gave a lower similarity.
        AccessDeniedException: a search under a critical profile states no purpose.
    """
    if operation == "IndexFaces" and rules.enrolment:
        return _enrolling(params)
    if operation not in _THRESHOLDS:
        return params
    if rules.review and not rules.purpose:
        raise AccessDeniedException(
            f"This collection's use case needs a purpose: the tag {PURPOSE}, or the deployment's"
        )
    changed = dict(params)
    member = _THRESHOLDS[operation]
    if rules.min_similarity > params.get(member, DEFAULT_THRESHOLD):
        if strict and member in params:
            raise InvalidParameterException(
                f"Request has invalid parameters: {member} {params[member]:g} is below "
                f"{rules.min_similarity:g}, which {MIN_SIMILARITY} or the use case asks for"
            )
        changed[member] = rules.min_similarity
    if operation in _LIMITS:
        member, default = _LIMITS[operation]
        if rules.max_results < params.get(member, default):
            changed[member] = rules.max_results
    return changed


def _enrolling(params: Params) -> Params:
    """Take one face a picture, and a good one: what is enrolled badly is matched badly (L13)."""
    high = params.get("QualityFilter") == QualityLevel.HIGH
    level = QualityLevel.HIGH if high else QualityLevel.MEDIUM
    return {**params, "MaxFaces": 1, "QualityFilter": str(level)}
