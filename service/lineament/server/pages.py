"""What a browser may do with what this server sends: nothing but show it."""

from flask import Response

_HARDENING = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    # Pages of ours are text: no script, style, picture, frame or form.
    "Content-Security-Policy": (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
}


def harden(answer: Response) -> Response:
    """Add the headers that every answer of the server has, where it does not say otherwise."""
    for name, value in _HARDENING.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
