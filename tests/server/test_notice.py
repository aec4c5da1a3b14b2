"""GET /notice: what those whose faces are searched can read, and what it must not do to them."""

from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from lineament.domain.house import House
from lineament.server.app import create_server

STATED = House(
    use_case="law-enforcement",
    purpose="Warrants <only> & nothing else",
    notice_url="https://police.example/faces?a=1&b=2",
    contact="faces@police.example",
    disclosure_url='https://police.example/"disclosure"',
)


class Reader(HTMLParser):
    """Reads a page as a browser does: text, links, and the tags there are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag == "html":
            assert dict(attrs)["lang"] == "en"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data.strip())


def client(house: House) -> FlaskClient:
    application: Any = SimpleNamespace(house=house)
    background: Any = SimpleNamespace(ready=False, reason="models")
    return create_server(application, background, 1024).test_client()


def test_what_is_stated_can_be_read() -> None:
    """Lost: people cannot read what their faces are searched for, nor whom to ask (L4, L7)."""
    answer = client(STATED).get("/notice")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    read = Reader(answer.text)
    assert read.open == []
    for told in (STATED.purpose, STATED.contact, "Law enforcement", "Public disclosure"):
        assert told in read.text
    assert read.links == [STATED.notice_url, STATED.disclosure_url]
    assert {"main", "h1", "dl", "title"} <= set(read.tags)
    assert "possible matches" in answer.text
    assert client(STATED).head("/notice").status_code == 200


def test_it_runs_and_fetches_nothing() -> None:
    """Lost: what an operator, or who broke in, writes into a setting runs in a reader's browser."""
    answer = client(STATED).get("/notice")
    assert not {"script", "style", "img", "link", "form", "only"} & set(Reader(answer.text).tags)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_nothing_stated() -> None:
    """Lost: an empty page looks as if somebody had stated something."""
    answer = client(House()).get("/notice")
    assert answer.status_code == 404
    assert "states nothing" in answer.text
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("use_case", ["public-safety", "missing-persons"])
def test_every_use_has_words(use_case: str) -> None:
    """Lost: the page fails for a use case that has come since."""
    assert client(House(use_case=use_case, purpose="p")).get("/notice").status_code == 200
    told = client(House(purpose="a door")).get("/notice").text
    assert "reviews" not in told
