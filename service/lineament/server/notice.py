"""GET /notice: what the operator states of this deployment, for those whose faces are searched.

Whoever reaches the server may read it, without an access key. Source: SPEC.md D.3, L4, L7.
"""

from collections.abc import Iterator
from html import escape
from http import HTTPStatus

from flask import Response

from lineament.domain.house import House

_HEADERS = {"Cache-Control": "no-cache"}
"""Beside those of every answer (`server/pages.py`)."""
_USES = {
    "law-enforcement": "Law enforcement",
    "public-safety": "Public safety",
    "missing-persons": "Search for missing persons",
}
_REVIEWED = (
    "The results of a search are possible matches. A trained person reviews each of them, and "
    "none is the only ground for a decision about anybody."
)


def show(house: House) -> Response:
    """Return the page; 404 where the operator has stated nothing."""
    stated = list(_stated(house))
    if not stated:
        return _page(
            "No notice", "<p>This deployment states nothing here.</p>", HTTPStatus.NOT_FOUND
        )
    rows = "\n".join(f"<dt>{name}</dt>\n<dd>{told}</dd>" for name, told in stated)
    reviewed = f"\n<p>{_REVIEWED}</p>" if house.rules.review else ""
    return _page("Face search: notice", f"<dl>\n{rows}\n</dl>{reviewed}", HTTPStatus.OK)


def _stated(house: House) -> Iterator[tuple[str, str]]:
    """Yield what is stated, with its name, as HTML."""
    if house.purpose:
        yield "Purpose", escape(house.purpose)
    if house.use_case:
        yield "Use", escape(_USES[house.use_case])
    if house.notice_url:
        yield "Notice", _link(house.notice_url)
    if house.contact:
        yield "Contact", escape(house.contact)
    if house.disclosure_url:
        yield "Public disclosure", _link(house.disclosure_url)


def _link(url: str) -> str:
    return f'<a href="{escape(url)}">{escape(url)}</a>'


def _page(title: str, body: str, status: HTTPStatus) -> Response:
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n"
        "</main>\n</body>\n</html>\n"
    )
    return Response(page, status, _HEADERS, content_type="text/html; charset=utf-8")
