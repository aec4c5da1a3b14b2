"""Policies that have names, so that nobody must write JSON for the usual cases."""

from collections.abc import Mapping
from typing import Any

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
