"""Rules on a collection: what its faces may be used for, and how.

They are read from tags, so that any AWS client can set them, from what the operator set, and from
the deployment; the strictest of each counts. A rule changes what a call asks for or refuses it; it
never changes what an answer looks like. Source: SPEC.md D.3, L1 to L13; issue 7.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from lineament.domain.attributes import SENSITIVE
from lineament.domain.limits import DEFAULT_MATCHES
from lineament.errors import AccessDeniedException, InvalidParameterException

PREFIX = "lineament:"
USE_CASE = "rk:use-case"
PURPOSE = PREFIX + "purpose"
MIN_SIMILARITY = PREFIX + "min-similarity"
MAX_RESULTS = PREFIX + "max-results"
RETENTION_DAYS = PREFIX + "retention-days"
ATTRIBUTES_OFF = PREFIX + "attributes-off"
CONSENT = PREFIX + "consent"
DUAL_CONTROL = PREFIX + "dual-control"
REQUIRED = "required"
_NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?")
_MOST_SIMILAR = 100.0
_MOST_DAYS = 36_500
_PURPOSE_CHARACTERS = 256
_CRITICAL_FLOOR = 99.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a collection. The defaults rule nothing."""

    use_cases: frozenset[str] = frozenset()
    """Of `USE_CASES`."""
    purpose: str = ""
    min_similarity: float = 0.0
    """Similarity below which no search reaches, 0 to 100."""
    max_results: int = DEFAULT_MATCHES
    retention_days: int = 0
    """Days after which a face is gone; 0: it stays."""
    attributes_off: frozenset[str] = frozenset()
    """Of `domain.attributes.SENSITIVE`."""
    consent: bool = False
    """A face needs an ExternalImageId that the consent register knows."""
    dual_control: bool = False
    """A search needs an authorisation that another has approved."""
    enrolment: bool = False
    """One face a picture, of MEDIUM quality or better."""
    review: bool = False
    """A search fails if it cannot be recorded, and waits for a human's review."""
    watched: bool = False
    """Repeated searches for one person are counted, and end."""
    disclosed: bool = False
    """The deployment must say publicly that it is used so."""


_CRITICAL = Rules(min_similarity=_CRITICAL_FLOOR, enrolment=True, review=True, watched=True)
USE_CASES: Mapping[str, Rules] = {
    "law-enforcement": replace(_CRITICAL, disclosed=True),
    "public-safety": _CRITICAL,
    # A broad search with human review may go lower (L12).
    "missing-persons": Rules(enrolment=True, review=True, watched=True),
}
"""The profiles of SPEC.md D.3."""


def read_rules(tags: Mapping[str, str]) -> Rules:
    """Return the rules that tags set; tags that are no rules are passed over.

    Raises:
        InvalidParameterException: a rule has no usable value; the message names both.
    """
    return strictest(*(_rule(key, value) for key, value in tags.items()))


def stored_rules(tags: Mapping[str, str]) -> Rules:
    """Return the rules that a collection's tags set; what an older release let in is no rule."""
    found = []
    for key, value in tags.items():
        with suppress(InvalidParameterException):
            found.append(_rule(key, value))
    return strictest(*found)


def _rule(key: str, value: str) -> Rules:
    if key == USE_CASE:
        return _profile(value)
    if key in _READERS:
        name, read = _READERS[key]
        return replace(Rules(), **{name: read(key, value)})
    if _looks_like_a_rule(key):
        there_are = ", ".join((*sorted(_READERS), USE_CASE))
        raise _bad(key, f"there is no such rule; there are {there_are}")
    return Rules()


def _looks_like_a_rule(key: str) -> bool:
    """Tell whether somebody who sets this tag, in any case or width, believes that it protects."""
    folded = unicodedata.normalize("NFKC", key).casefold().strip()
    return folded.startswith(PREFIX) or re.sub("[^a-z]", "", folded) == "rkusecase"


def strictest(*several: Rules) -> Rules:
    """Return the strictest of each rule; the first purpose that is stated counts."""
    rules = Rules()
    for other in several:
        rules = Rules(
            use_cases=rules.use_cases | other.use_cases,
            purpose=rules.purpose or other.purpose,
            min_similarity=max(rules.min_similarity, other.min_similarity),
            max_results=min(rules.max_results, other.max_results),
            retention_days=min(
                filter(None, (rules.retention_days, other.retention_days)), default=0
            ),
            attributes_off=rules.attributes_off | other.attributes_off,
            consent=rules.consent or other.consent,
            dual_control=rules.dual_control or other.dual_control,
            enrolment=rules.enrolment or other.enrolment,
            review=rules.review or other.review,
            watched=rules.watched or other.watched,
            disclosed=rules.disclosed or other.disclosed,
        )
    return rules


def require_no_looser(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Refuse tags that would loosen a rule: callers tighten, the operator loosens.

    Raises:
        AccessDeniedException: a rule would be looser, or another purpose; the message names it.
        InvalidParameterException: see `read_rules`.
    """
    old, new = stored_rules(before), read_rules(after)
    both = strictest(new, old)
    loosened = [
        field.name
        for field in fields(Rules)
        if getattr(both, field.name) != getattr(new, field.name)
    ]
    if old.purpose and new.purpose != old.purpose:
        loosened.append("purpose")
    if loosened:
        raise AccessDeniedException(
            f"The collection's rule {loosened[0].replace('_', '-')} can be tightened by tags and "
            "not loosened; its operator can, with `lineament rules`"
        )


def _profile(name: str) -> Rules:
    if name not in USE_CASES:
        raise _bad(USE_CASE, f"{name[:64]!r} is none of {', '.join(USE_CASES)}")
    return replace(USE_CASES[name], use_cases=frozenset({name}))


def profile(name: str) -> Rules:
    """Return the rules of a use case; `name` is one of `USE_CASES`, or empty for none."""
    return _profile(name) if name else Rules()


def _similarity(key: str, value: str) -> float:
    if not _NUMBER.fullmatch(value) or float(value) > _MOST_SIMILAR:
        raise _bad(key, "it must be a number from 0 to 100")
    return float(value)


def _whole(most: int) -> Callable[[str, str], int]:
    def read(key: str, value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= most:
            raise _bad(key, f"it must be a whole number from 1 to {most}")
        return int(value)

    return read


def _attributes(key: str, value: str) -> frozenset[str]:
    names = frozenset(re.split(r"[ ,+]+", value.strip()))
    if not names <= SENSITIVE:
        raise _bad(key, f"it must be some of {' '.join(sorted(SENSITIVE))}, with spaces between")
    return names


def _required(key: str, value: str) -> bool:
    if value != REQUIRED:
        raise _bad(key, f"it must be {REQUIRED!r}")
    return True


def _purpose(key: str, value: str) -> str:
    if not 1 <= len(value.strip()) <= _PURPOSE_CHARACTERS:
        raise _bad(key, f"it must be 1 to {_PURPOSE_CHARACTERS} characters")
    return value.strip()


_READERS: Mapping[str, tuple[str, Callable[[str, str], Any]]] = {
    PURPOSE: ("purpose", _purpose),
    MIN_SIMILARITY: ("min_similarity", _similarity),
    MAX_RESULTS: ("max_results", _whole(DEFAULT_MATCHES)),
    RETENTION_DAYS: ("retention_days", _whole(_MOST_DAYS)),
    ATTRIBUTES_OFF: ("attributes_off", _attributes),
    CONSENT: ("consent", _required),
    DUAL_CONTROL: ("dual_control", _required),
}

NAMES: Mapping[str, str] = {key.partition(":")[2]: key for key in (USE_CASE, *_READERS)}
"""Rules by the names that operators write, with the tag that sets each."""


def _bad(key: str, why: str) -> InvalidParameterException:
    return InvalidParameterException(f"Request has invalid parameters: the tag {key}: {why}")
