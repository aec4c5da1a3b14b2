"""One request's life, from HttpRequest to HttpResponse; Flask and Lambda only carry it.

    size -> operation -> caller -> parameters -> admission -> handler -> answer
                                                 any WireError -> fault

The order of checks is SPEC.md A.5's. This is the one error boundary: nothing is raised past it.
"""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from lineament.admission import Admission, Caller
from lineament.auth.scope import caller as claimed
from lineament.context import CallContext, Principal, Scope
from lineament.domain.counts import OTHER, Counts
from lineament.errors import (
    AccessDeniedException,
    InternalServerError,
    RequestEntityTooLargeException,
    WireError,
)
from lineament.handlers.services import Handler, Services
from lineament.wire.faults import fault
from lineament.wire.http import HttpRequest, HttpResponse
from lineament.wire.routing import operation_of
from lineament.wire.schemas import parse
from lineament.wire.serialise import success

_log = logging.getLogger(__name__)
_SERVER_FAULT = 500


@dataclass(frozen=True, slots=True)
class Rules:
    """How requests are taken in."""

    constraint_error_code: str
    max_body_bytes: int


Identify = Callable[[HttpRequest, float], tuple[Principal, Scope, Caller]]
"""From a request and the time to who calls. Raises WireError for who proves nothing."""


def unverified(default_account: str) -> Identify:
    """Return what believes a request's access key: for loopback, or behind what authenticates.

    Args:
        default_account: 12 digits, of access keys that tell no account.
    """

    def identify(request: HttpRequest, _now: float) -> tuple[Principal, Scope, Caller]:
        principal, scope = claimed(request.headers, default_account)
        return principal, scope, Caller()

    return identify


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The table of operations behind the wire."""

    operations: Mapping[str, Handler]
    services: Services
    rules: Rules
    identify: Identify
    admission: Admission = field(default_factory=Admission)
    clock: Callable[[], float] = time.time
    counts: Counts = field(default_factory=Counts)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request, and count it. Never raises."""
        began = time.perf_counter()
        answer = self._handle(request)
        operation = self._counted_as(request)
        self.counts.request_seconds.observe(time.perf_counter() - began, operation)
        self.counts.request_bytes.add(operation, by=len(request.body))
        self.counts.requests.add(operation, str(answer.status))
        return answer

    def call(self, operation: str, body: bytes, scope: Scope) -> bytes:
        """Run an operation for a caller whom somebody else has let in, and count it.

        Args:
            operation: its name in AWS's casing.
            body: the request's JSON.
            scope: the account and region that the call is made in.

        Returns:
            The answer's JSON.

        Raises:
            WireError: what would be answered over HTTP; anything unforeseen as InternalServerError.
        """
        began = time.perf_counter()
        request_id, status = str(uuid.uuid4()), int(HTTPStatus.OK)
        principal = Principal(scope.account, scope.account)
        try:
            self._require_small(body)
            now = self.clock()
            return self._run(operation, principal, scope, Caller(), body, request_id, now).body
        except WireError as error:
            status = error.status
            if status >= _SERVER_FAULT:
                _log.error("%s", _about(error, operation, request_id))
            raise
        except Exception as error:
            status = InternalServerError.status
            _log.exception("request %s failed", request_id)
            raise InternalServerError from error
        finally:
            name = operation if operation in self.operations else OTHER
            self.counts.request_seconds.observe(time.perf_counter() - began, name)
            self.counts.request_bytes.add(name, by=len(body))
            self.counts.requests.add(name, str(status))

    def refuse_oversized(self) -> HttpResponse:
        """Answer a request whose body an adapter stopped reading at the cap."""
        self.counts.requests.add(OTHER, str(int(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)))
        return fault(self._too_large(), str(uuid.uuid4()), self.clock())

    def _counted_as(self, request: HttpRequest) -> str:
        """Return the operation, or one name for all that are not offered: strangers make none."""
        try:
            operation = operation_of(request)
        except WireError:
            return OTHER
        return operation if operation in self.operations else OTHER

    def _handle(self, request: HttpRequest) -> HttpResponse:
        request_id = str(uuid.uuid4())
        now = self.clock()
        try:
            return self._answer(request, request_id, now)
        except WireError as error:
            if error.status >= _SERVER_FAULT:
                _log.error("%s", _about(error, _named(request), request_id))
            return fault(error, request_id, now)
        except Exception:  # noqa: BLE001 - the boundary: clients learn a request id, the log the rest
            _log.exception("request %s failed", request_id)
            return fault(InternalServerError(), request_id, now)

    def _answer(self, request: HttpRequest, request_id: str, now: float) -> HttpResponse:
        self._require_small(request.body)
        operation = operation_of(request)
        principal, scope, caller = self.identify(request, now)
        return self._run(operation, principal, scope, caller, request.body, request_id, now)

    def _run(  # noqa: PLR0913, PLR0917 - a call, and what is known of it
        self,
        operation: str,
        principal: Principal,
        scope: Scope,
        caller: Caller,
        body: bytes,
        request_id: str,
        now: float,
    ) -> HttpResponse:
        handler = self._require_handler(operation)
        params = parse(operation, body, self.rules.constraint_error_code)
        call = CallContext(scope, principal, operation, request_id, now)
        output = self.admission.answer(handler, self.services, call, caller, params)
        return success(operation, output, request_id, now)

    def _require_small(self, body: bytes) -> None:
        if len(body) > self.rules.max_body_bytes:
            raise self._too_large()

    def _require_handler(self, operation: str) -> Handler:
        handler = self.operations.get(operation)
        if handler is None:
            raise AccessDeniedException(
                f"rekognition:{operation} is not offered by this deployment of Lineament"
            )
        return handler

    def _too_large(self) -> RequestEntityTooLargeException:
        return RequestEntityTooLargeException(
            f"The request body is over {self.rules.max_body_bytes} bytes; a larger picture goes "
            "by S3Object"
        )


def _named(request: HttpRequest) -> str:
    try:
        return operation_of(request)
    except WireError:
        return "-"


def _about(error: WireError, operation: str, request_id: str) -> str:
    """Return the log line of a fault on our side: names and codes, never a message or a value."""
    line = f"request {request_id} {operation}: {type(error).__name__}"
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if cause is error:
        return line
    response = getattr(cause, "response", None)  # botocore's, where AWS has answered at all
    code = response.get("Error", {}).get("Code") if isinstance(response, Mapping) else None
    return f"{line}, by {type(cause).__name__}" + (f" {code}" if code else "")
