"""Which S3 buckets a caller may name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.domain.grants import Grant, is_plain_bucket, is_plain_key, require_bucket
from lineament.errors import InvalidS3ObjectException

OURS = frozenset({"lineament-snapshots", "lineament-audit"})
GUIDE = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
TRICKS = [
    "",
    "a",
    "arn:aws:s3:us-east-1:111122223333:accesspoint/photos",
    "arn:aws:s3:::lineament-audit",
    "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/x",
    "photos-abcdefgh-s3alias",
    "photos-abcdefgh-S3ALIAS",
    "photos--ol-s3",
    "photos--use1-az4--x-s3",
    "abcdefgh.mrap",
    "..",
    "...",
    "a/../lineament-audit",
    "photos/../lineament-audit",
    "photos..lineament",
    ".photos",
    "photos.",
    "photos/",
    "photos?x",
    "photos#x",
    "photos@evil.example",
    "photos%2Flineament-audit",
    "photos\nlineament-audit",
    "photos\n",
    "photos ",
    "http://evil.example/photos",
    "s3://photos",
    "//evil.example/photos",
    "127.0.0.1",
    "169.254.169.254",
    "[::1]",
    "localhost:8000",
    "phötos",
    "photos\x00",
]


@pytest.mark.parametrize("name", TRICKS)
def test_no_trick_of_a_name_passes(name: str) -> None:
    """Lost: a caller reads another's bucket, ours, or a URL with the service's own rights."""
    for grant in (Grant(("*",)), Grant((name,)), None):
        with pytest.raises(InvalidS3ObjectException) as raised:
            require_bucket(grant, name, OURS)
        assert raised.value.message == GUIDE


def test_an_account_names_its_own_buckets() -> None:
    """Lost: accounts read each other's pictures, or not even their own."""
    grant = Grant(("photos", "team-*-in", "pic?.example.org"))
    for name in ("photos", "team-a-in", "team--in", "pic1.example.org"):
        require_bucket(grant, name, OURS)
    for name in ("photos2", "xphotos", "Photos", "team-a-out", "pic12.example.org"):
        with pytest.raises(InvalidS3ObjectException):
            require_bucket(grant, name, OURS)


def test_without_a_record_there_is_none() -> None:
    """Lost: an account that nobody set up reads every bucket of the deployment's role."""
    with pytest.raises(InvalidS3ObjectException):
        require_bucket(Grant(), "photos", OURS)


@pytest.mark.parametrize("bucket", sorted(OURS))
@pytest.mark.parametrize("grant", [None, Grant(("*",)), Grant(tuple(OURS))])
def test_our_own_buckets_are_nobodys(bucket: str, grant: Grant | None) -> None:
    """Lost: a caller learns from answers what snapshots and audit trails hold."""
    with pytest.raises(InvalidS3ObjectException) as raised:
        require_bucket(grant, bucket, OURS)
    assert raised.value.message == GUIDE


def test_callers_that_are_not_told_apart_name_any_plain_bucket() -> None:
    """Lost: `serve --local` refuses the buckets of whoever tries it."""
    for name in ("photos", "Old_Bucket.US", "a-b.c", "abc"):
        require_bucket(None, name, OURS)


@given(st.text("ab./:-_*?%\\ 1A", min_size=1, max_size=12))
def test_what_passes_has_nothing_that_a_url_is_made_of(name: str) -> None:
    """Lost: there is a name of which S3's client makes another host, path or query."""
    if is_plain_bucket(name):
        assert not set(name) & set("/:*?%\\ @#")
        assert ".." not in name
        assert name[0].isalnum()
        assert name[-1].isalnum()


def test_steps_of_a_path_are_no_keys() -> None:
    """Lost: a proxy that tidies paths leads `../other/photo` into another bucket."""
    for key in ("..", "../b/k", "a/../../b/k", "a/..", "./k", "a/./k"):
        assert not is_plain_key(key)
    for key in ("k.jpg", "a..b/c", "/k", "a//b", "...", "a/.hidden", "..%2Fb/k"):
        assert is_plain_key(key)
