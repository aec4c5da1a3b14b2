"""What tags a resource may have. Source: SPEC.md B.19."""

from collections.abc import Mapping

from lineament.domain.limits import MAX_TAGS
from lineament.errors import InvalidParameterException, ServiceQuotaExceededException

_RESERVED = "aws:"


def require_own(tags: Mapping[str, str]) -> None:
    """Refuse keys that are AWS's own, however they are cased; the model knows `aws:` only.

    Raises:
        InvalidParameterException: a key begins so; the message names it.
    """
    for key in tags:
        if key.lower().startswith(_RESERVED):
            raise InvalidParameterException(
                f"Request has invalid parameters: the tag key {key} begins with {_RESERVED}, "
                "in upper or lower case, which is reserved"
            )


def merge(tags: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return `tags` with `more` over them.

    Raises:
        ServiceQuotaExceededException: keys would be added past a resource's maximum.
    """
    merged = {**tags, **more}
    if len(merged) > max(MAX_TAGS, len(tags)):  # Collections of older releases may have 200.
        raise ServiceQuotaExceededException(
            f"The resource would have {len(merged)} tags; the maximum is {MAX_TAGS}"
        )
    return merged
