"""Condition keys: which there are, of which kind, and what a call tells of them."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from lineament.auth.policy_documents import PolicyError

Kind = Literal["String", "Arn", "Numeric", "Date", "Bool", "IpAddress"]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Fact = str | float | bool | Address | Sequence[str] | Mapping[str, str]
"""Dates are epoch seconds; tags are mappings."""


class _Unknown:
    """The type of `UNKNOWN`."""

    __slots__ = ()


UNKNOWN: Final = _Unknown()
"""A key's value where the call tells something that cannot be read, or two things at once."""


@dataclass(frozen=True, slots=True)
class Key:
    """A condition key, such as aws:SourceIp or aws:ResourceTag/team."""

    spelt: str
    """As AWS writes it."""
    name: str
    """In lower case, without the tag."""
    tag: str | None
    """Case-folded; only of keys that end in a tag's key."""
    kinds: tuple[Kind, ...]
    """Which operators it takes."""
    many: bool
    """Whether a call may tell several values."""


_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "aws:CurrentTime": ("Date",),
    "aws:EpochTime": ("Date", "Numeric"),
    "aws:PrincipalAccount": ("String",),
    "aws:PrincipalArn": ("Arn", "String"),
    "aws:RequestedRegion": ("String",),
    "aws:SecureTransport": ("Bool",),
    "aws:SourceIp": ("IpAddress",),
    "aws:TagKeys": ("String",),
    "aws:TokenIssueTime": ("Date",),
    "aws:UserAgent": ("String",),
    "aws:userid": ("String",),
    "aws:username": ("String",),
    "lineament:FaceMatchThreshold": ("Numeric",),
    "lineament:MaxFaces": ("Numeric",),
}
_TAGGED = ("aws:RequestTag", "aws:ResourceTag")
_MANY = ("aws:TagKeys",)
KEYS: Mapping[str, Key] = {
    spelt.lower(): Key(spelt, spelt.lower(), None, kinds, spelt in _MANY)
    for spelt, kinds in _KINDS.items()
}
_TAG_PREFIXES = {name.lower(): name for name in _TAGGED}


def find_key(text: str, where: str) -> Key:
    """Return the key that a document names; letter case does not count, in a tag's key neither.

    Raises:
        PolicyError: no call would ever tell it, so that the author means something else.
    """
    prefix, slash, tag = text.partition("/")
    if slash and tag and prefix.lower() in _TAG_PREFIXES:
        spelt = f"{_TAG_PREFIXES[prefix.lower()]}/{tag}"
        return Key(spelt, prefix.lower(), tag.casefold(), ("String",), many=False)
    key = KEYS.get(text.lower())
    if key is None:
        known = [*_KINDS, *(f"{name}/<tag key>" for name in _TAGGED)]
        raise PolicyError(where, f"unknown key {text[:64]!r}; known are {', '.join(known)}")
    return key


class Context:
    """What one call tells of the keys. What is costly comes as a callable, called once at most."""

    __slots__ = ("_facts",)

    def __init__(self, facts: Mapping[str, Fact | Callable[[], Fact | None] | None]) -> None:
        """Take facts by key, in any letter case; absent, None and nothing inside are all missing.

        Args:
            facts: of the kind that `KEYS` says: Date as epoch seconds, IpAddress as text,
                aws:TagKeys as a sequence; aws:RequestTag and aws:ResourceTag, without a slash, are
                mappings of tags.
        """
        self._facts = {name.lower(): fact for name, fact in facts.items()}

    def find(self, key: Key) -> Fact | _Unknown | None:
        """Return a key's value, None where it is missing, or UNKNOWN."""
        fact = self._facts.get(key.name)
        if callable(fact):
            fact = self._facts[key.name] = fact()
        if fact is None:
            return None
        if key.tag is not None:
            return _tag(fact, key.tag)
        if key.many:
            if isinstance(fact, str) or not isinstance(fact, Sequence):
                return UNKNOWN
            return tuple(fact) or None
        if key.kinds[0] == "IpAddress" and isinstance(fact, str):
            fact = self._facts[key.name] = _address(fact)
        return fact

    def find_text(self, key: Key) -> str | None:
        """Return a key's value as a variable has it, or None where there is none to be had."""
        fact = self.find(key)
        if isinstance(fact, bool):
            return "true" if fact else "false"
        if isinstance(fact, int | float):
            if key.kinds[0] == "Date" and key.name != "aws:epochtime":
                return datetime.fromtimestamp(fact, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return f"{fact:.0f}" if key.kinds[0] == "Date" else f"{fact:g}"
        if isinstance(fact, Address):
            return str(fact)
        return fact if isinstance(fact, str) else None


def _tag(tags: object, wanted: str) -> str | _Unknown | None:
    """Return a tag's value; of two whose keys differ in letter case only, neither counts."""
    if not isinstance(tags, Mapping):
        return UNKNOWN
    found = {value for name, value in tags.items() if name.casefold() == wanted}
    if len(found) > 1:
        return UNKNOWN
    return found.pop() if found else None


def _address(text: str) -> Address | str:
    """Return the address that a text is; IPv4 in IPv6's clothes is IPv4."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return text  # No operator can read it: it stays unknown.
    return getattr(address, "ipv4_mapped", None) or address
