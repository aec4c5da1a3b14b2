"""Operations that carry a ClientRequestToken: a repeat gets the first answer, and changes nothing.

    begin (pending record) -> work (commits under `Attempt.write`) -> finish (the answer)

Where a call dies between two of these, the repeat resumes: `work` finds in the log what was
committed. Source: SPEC.md B.0, Idempotency.
"""

import logging
import secrets
from collections.abc import Callable

from lineament.context import CallContext
from lineament.domain.collections import Collection
from lineament.domain.idempotency import TOKEN, Answered, Attempt, claim_of
from lineament.errors import (
    InternalServerError,
    LineamentError,
    ProvisionedThroughputExceededException,
    ServiceError,
    ThrottlingException,
)
from lineament.handlers.services import Output, Params, Services

_UNDECIDED = (
    InternalServerError,
    ProvisionedThroughputExceededException,
    ThrottlingException,
)
"""What a call may end with that has committed all the same: its token stays taken."""
_log = logging.getLogger(__name__)


def once(
    services: Services,
    call: CallContext,
    params: Params,
    collection: Collection,
    work: Callable[[Attempt], Output],
) -> Output:
    """Return what `work` returns, or returned when the caller asked the same before.

    Args:
        services: the ports.
        call: of an operation that has a ClientRequestToken.
        params: where they hold no token, `work` simply runs.
        collection: the operation's, as it was before anything was changed.
        work: does it, and returns JSON values. It commits with `attempt.write`, and looks for an
            entry of that write first and answers from it: a call with the same token may run at the
            same time. A modelled error that it raises tells that this call has changed nothing.

    Raises:
        IdempotentParameterMismatchException: the token is in use with other parameters.
    """
    if params.get(TOKEN) is None:
        write = secrets.token_hex(16)
        return work(Attempt(collection.generation, collection.seq, write, resumed=False))
    claim = claim_of(call, collection, params)
    begun = services.tokens.begin(claim)
    if isinstance(begun, Answered):
        return begun.answer
    try:
        answer = work(begun)
    except ServiceError as error:
        if not isinstance(error, _UNDECIDED):
            _try(lambda: services.tokens.release(claim))
        raise
    _try(lambda: services.tokens.finish(claim, answer))
    return answer


def _try(note: Callable[[], None]) -> None:
    """Make a note that the call's outcome does not hang on: without it, a repeat resumes."""
    try:
        note()
    except LineamentError as error:
        _log.warning("a request token's record was not updated: %s", type(error).__name__)
