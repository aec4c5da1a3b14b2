"""Policies that have names, so that nobody must write JSON for the usual cases."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from lineament.auth.policies import Policy

_READ_PICTURES = ["s3:GetObject", "s3:GetObjectVersion"]
_LIST = [f"rekognition:{name}" for name in ("Describe*", "List*")]
_ANALYSE = [
    f"rekognition:{name}"
    for name in ("CompareFaces", "DetectFaces", "GetCelebrityInfo", "RecognizeCelebrities")
]


def _allowing(*actions: str) -> Mapping[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }


MANAGED: Mapping[str, Mapping[str, Any]] = {
    "full-access": _allowing("rekognition:*", "s3:GetObject*"),
    "read-only": _allowing(*_LIST, "rekognition:Search*", *_ANALYSE, *_READ_PICTURES),
    "search-only": _allowing("rekognition:Search*", *_READ_PICTURES),
    "analysis-only": _allowing(*_ANALYSE, *_READ_PICTURES),
    "enrol-only": _allowing(
        "rekognition:IndexFaces",
        "rekognition:CreateUser",
        "rekognition:AssociateFaces",
        *_READ_PICTURES,
    ),
    "auditor": _allowing(*_LIST),
}
"""Documents by name: what AWS's own full and read-only access give, and parts of it."""


def compiled(policies: Iterable[str]) -> tuple[Policy, ...]:
    """Compile what an access key carries. Never raises; equal texts are compiled once.

    Args:
        policies: each a document's JSON, which begins with a brace, or a name of `MANAGED`.

    Returns:
        A policy each. A document that cannot be read, or a name that nobody knows, becomes one
        that denies everything, with its `problem`.
    """
    return tuple(_compiled(text) for text in policies)


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Policy:
    if text in MANAGED:
        return Policy.stored(MANAGED[text])
    if text[:1] != "{":
        return Policy.denying(f"No policy is named {text[:64]!r}; there are {', '.join(MANAGED)}")
    return Policy.stored(text)
