"""Page tokens."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.domain.limits import PAGE_TOKEN_SECONDS
from lineament.domain.paging import Listing, issue_token, read_token
from lineament.errors import InvalidPaginationTokenException

KEY = bytes(range(32))
LISTING = Listing(("123456789012", "eu-west-1", "ListFaces", "gen", ""))
IDS = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=255)
NOW = 1_800_000_000.0


@given(IDS)
def test_a_token_gives_its_position_back_in_255_characters(position: str) -> None:
    """Else a listing skips or repeats items, or boto3's model refuses our own token."""
    token = issue_token(KEY, LISTING, position, NOW)
    assert len(token) <= 255
    assert read_token(KEY, LISTING, token, NOW) == position


@pytest.mark.parametrize("character", ["A", "-", "."])
def test_the_longest_position_fits(character: str) -> None:
    """Else the listing of collections with long names breaks at a page's end."""
    token = issue_token(KEY, LISTING, character * 255, NOW)
    assert len(token) <= 255
    assert read_token(KEY, LISTING, token, NOW) == character * 255


@pytest.mark.parametrize("token", [None, ""])
def test_no_token_is_the_first_page(token: str | None) -> None:
    """Else sample clients that send NextToken='' at first get an error."""
    assert read_token(KEY, LISTING, token, NOW) is None


@given(IDS, st.integers(min_value=0), st.characters(codec="utf-8"))
def test_an_edited_token_is_refused(position: str, place: int, character: str) -> None:
    """Else a caller can page from where it was not given a token."""
    token = issue_token(KEY, LISTING, position, NOW)
    place %= len(token)
    edited = token[:place] + character + token[place + 1 :]
    if edited == token:
        assert read_token(KEY, LISTING, edited, NOW) == position
        return
    with pytest.raises(InvalidPaginationTokenException):
        read_token(KEY, LISTING, edited, NOW)


@pytest.mark.parametrize(
    "other",
    [
        Listing(("210987654321", "eu-west-1", "ListFaces", "gen", "")),
        Listing(("123456789012", "eu-west-1", "ListFaces", "gen", "user")),
        Listing(("123456789012", "eu-west-1", "ListFacesgen", "", "")),
    ],
)
def test_a_foreign_token_is_refused(other: Listing) -> None:
    """Else a token of one account, filter or operation pages another's listing."""
    token = issue_token(KEY, LISTING, "abc", NOW)
    with pytest.raises(InvalidPaginationTokenException):
        read_token(KEY, other, token, NOW)


def test_a_token_lives_a_day() -> None:
    """Else stale tokens work for ever, or die while a listing is still read."""
    token = issue_token(KEY, LISTING, "abc", NOW)
    assert read_token(KEY, LISTING, token, NOW + PAGE_TOKEN_SECONDS - 1) == "abc"
    with pytest.raises(InvalidPaginationTokenException):
        read_token(KEY, LISTING, token, NOW + PAGE_TOKEN_SECONDS + 1)


def test_a_token_of_another_deployment_is_refused() -> None:
    """Else tokens can be made by anyone."""
    token = issue_token(KEY, LISTING, "abc", NOW)
    with pytest.raises(InvalidPaginationTokenException):
        read_token(bytes(32), LISTING, token, NOW)
