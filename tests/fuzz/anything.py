"""What hypothesis sends: values, bodies, headers, signatures, tokens, tags and events."""

import json
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from lineament.handlers.table import OPERATIONS
from tests.fuzz.stock import encoded
from tests.security.world import KEY

ANY = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "40")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""The same examples each time; more of them with FUZZ_EXAMPLES."""


def dumped(value: Any) -> bytes:
    """Return JSON with what Python lets through: NaN, infinity, halves of surrogate pairs."""
    return json.dumps(value).encode()


def words(text: str) -> st.SearchStrategy[str]:
    """Return one of the words of a text."""
    return st.sampled_from(text.split())


NAMES = st.sampled_from(sorted(OPERATIONS))
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)
FIELD_NAMES = st.from_regex(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,24}", fullmatch=True)
PATHS = st.one_of(st.just(""), NAMES, LATIN.filter(lambda text: text[:1] != "/")).map("/{}".format)
_WHOLE = st.sampled_from([2**31, 2**63, 2**64, -(2**63) - 1, 10**400])
_HUGE = _WHOLE | st.sampled_from([1e308, -1e308, 1e-320, 0.1, -0.0])
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),
    words("../../x s3://x/y %00 ${aws:username} \u202e"),
    st.sampled_from(["", "\0", "a\0b", "#" * 300]),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _HUGE | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
MEMBERS = words(
    "CollectionId Image FaceId FaceIds UserId MaxResults NextToken Tags MaxFaces TagKeys Id "
    "ResourceArn FaceMatchThreshold Attributes ExternalImageId QualityFilter ClientRequestToken "
    "SourceImage TargetImage DetectionAttributes MaxUsers UserMatchThreshold SimilarityThreshold"
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.integers(1, 5000).map(lambda depth: b'{"CollectionId":' * depth + b"1" + b"}" * depth),
    st.integers(1, 5000).map(lambda depth: b'{"Tags":' + b"[" * depth + b"]" * depth + b"}"),
    st.integers(1, 60_000).map(lambda digits: b'{"MaxResults":' + b"9" * digits + b"}"),
    st.integers(1, 3000).map(lambda n: b"{" + b'"CollectionId":"stock",' * n + b'"MaxResults":1}'),
    VALUES.map(dumped),
    VALUES.map(lambda value: dumped(value)[:-1]),
    VALUES.map(lambda value: dumped(value).decode().encode("utf-16")),
    st.sampled_from([b"\xef\xbb\xbf{}", b"{}\0", b"{} {}", b'{"a":NaN}', b'{"\\ud800":1}', b"nul"]),
    st.sampled_from([b'{"MaxResults":1e999}', b'{"MaxResults":-0}', b"{'a':1}", b"\xed\xa0\x80"]),
)
AUTHORIZATIONS = st.lists(
    st.one_of(
        words("AWS4-HMAC-SHA256 Credential= Signature= SignedHeaders= , ; / = 20261128 us-east-1"),
        words(
            "rekognition aws4_request host x-amz-date x-amz-target Bearer Credential=a/b/c/d/e/f"
        ),
        st.sampled_from([KEY, " ", ", ", "\t", "\xff", "0" * 64, "host" * 400]),
        LATIN,
    ),
    max_size=24,
).map("".join)
DATES = LATIN | words("20261128T021500Z 99999999T999999Z 00000000T000000Z Sat,28Nov2026")
POINTERS = st.fixed_dictionaries({}, optional={"Bucket": TEXTS, "Name": TEXTS, "Version": TEXTS})
TOKENS = TEXTS | st.binary(max_size=90).map(encoded)
TAGS = st.dictionaries(
    st.one_of(
        TEXTS,
        words("lineament:min-similarity lineament:retention-days lineament:purpose aws:x"),
        words("lineament:max-results lineament:use-case lineament:consent lineament:x"),
    ),
    TEXTS | words("99 -1 1e3 NaN law-enforcement 5\u00a0 on required " + "9" * 40),
    max_size=5,
)
EVENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            words("rawPath headers body isBase64Encoded requestContext http method path stage")
            | words("authorizer iam accountId authorization domainName userArn accessKey"),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
