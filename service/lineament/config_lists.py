"""Settings that are lists in one text."""

import re

from marshmallow import ValidationError

from lineament.domain.attributes import SENSITIVE

_COLLECTION_PATTERN = r"[a-zA-Z0-9_.\-*?\[\]!]{1,255}"


def read_attributes(text: str) -> frozenset[str]:
    """Return the names of a list with commas.

    Raises:
        ValidationError: one is no sensitive attribute.
    """
    names = frozenset(name.strip().upper() for name in text.split(",") if name.strip())
    if not names <= SENSITIVE:
        raise ValidationError(
            f"'{min(names - SENSITIVE)}' is none of {', '.join(sorted(SENSITIVE))}"
        )
    return names


def read_bindings(text: str) -> tuple[tuple[str, str], ...]:
    """Return (pattern, profile) of `PATTERN=PROFILE,...`; none for an empty text.

    Raises:
        ValidationError: an item is none.
    """
    bindings = []
    for item in text.split(",") if text else []:
        pattern, _, profile = (part.strip() for part in item.partition("="))
        if not re.fullmatch(_COLLECTION_PATTERN, pattern) or not profile:
            raise ValidationError(
                f"'{item.strip()}' is not PATTERN=PROFILE, the pattern of the characters of a "
                "collection id and *, ?, [, ], !"
            )
        bindings.append((pattern, profile))
    return tuple(bindings)
