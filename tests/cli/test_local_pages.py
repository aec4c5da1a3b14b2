"""Who is kept from the emulator of `serve --local --data`, and from what in it."""

import http.client
import urllib.error

import pytest

from tests.cli.killable import Start, ask


@pytest.mark.parametrize("headers", [{"Origin": "https://example.com"}, {"Host": "example.com:80"}])
def test_no_web_page_reads_what_is_here(start: Start, headers: dict[str, str]) -> None:
    """Lost: any page that is open in the user's browser can read everybody's pictures."""
    emulator = start()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(f"{emulator.url}/", headers=headers)
    ask(f"{emulator.url}/")


def test_pages_that_forget_or_configure_are_closed(start: Start) -> None:
    """Lost: one request to a page of ministack's own, and all data is gone."""
    emulator = start()
    emulator.client("s3").create_bucket(Bucket="pictures")
    for path in ("/_ministack/reset", "/_ministack/config", "/_localstack/health"):
        for method in ("GET", "POST"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                ask(emulator.url + path, method)
    assert len(emulator.client("s3").list_buckets()["Buckets"]) == 1


SPELLINGS = [
    "/%5Fministack/reset",
    "/%5fministack/reset",
    "/_ministack%2Freset",
    "%2F_ministack/reset",
    "/%255Fministack/reset",
    "//_ministack/reset",
    "/./_ministack/reset",
    "/x/../_ministack/reset",
    "/_MINISTACK/reset",
    "/_ministack/reset/",
    "/_ministack/reset?x",
    "/%c0%5fministack/reset",
    "http://127.0.0.1/_ministack/reset",
    "http://127.0.0.1/%5Fministack/reset",
]


@pytest.mark.parametrize("path", SPELLINGS)
def test_no_spelling_of_a_page_forgets(start: Start, path: str) -> None:
    """Lost: all data, until the next start, by one request that spells the page another way."""
    emulator = start()
    emulator.client("s3").create_bucket(Bucket="pictures")
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"), timeout=10)
    connection.putrequest("POST", path, skip_host="http" in path)
    if "http" in path:
        connection.putheader("Host", "127.0.0.1:80")
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    assert connection.getresponse().status >= 400
    connection.close()
    assert len(emulator.client("s3").list_buckets()["Buckets"]) == 1
