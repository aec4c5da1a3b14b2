"""One line a request: never a body, a header value or a credential."""

import datetime
import json
import re
from typing import Any

from gunicorn.glogging import Logger

_OPERATION = re.compile(r"(?:RekognitionService\.|/)([A-Za-z]{1,64})")
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


class AccessLog(Logger):  # type: ignore[misc] # gunicorn has no type hints
    """Gunicorn's logger with lines of JSON for requests."""

    def access(
        self,
        resp: Any,  # noqa: ANN401 - untyped in gunicorn
        req: object,
        environ: dict[str, Any],
        request_time: datetime.timedelta,
    ) -> None:
        """Write the line of one answered request; probes are left out."""
        del req
        if environ["PATH_INFO"] in _PROBES:
            return
        request_id = next(
            (value for name, value in resp.headers if name.lower() == "x-amzn-requestid"), None
        )
        line = {
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            "method": environ["REQUEST_METHOD"],
            "operation": operation(environ.get("HTTP_X_AMZ_TARGET", ""), environ["PATH_INFO"]),
            "status": int(str(resp.status).split()[0]),
            "ms": round(request_time.total_seconds() * 1000, 1),
            "request_id": request_id,
        }
        self.access_log.info(json.dumps(line))


def operation(target: str, path: str) -> str | None:
    """Return the operation's name as the client wrote it, or None where it is no name."""
    match = _OPERATION.fullmatch(target or path)
    return match[1] if match else None
