"""A call, what was asked, what counted and what came of it -> an entry of the audit trail."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lineament.context import CallContext
from lineament.domain import ids
from lineament.domain.audit import KEPT, OK, Entry
from lineament.domain.limits import MAX_TAGS
from lineament.errors import InternalServerError, WireError
from lineament.governance.audit_uses import USES, Path, Results, Use

Params = Mapping[str, Any]
Told = tuple[str, float | None]
_DECIMALS = 4
"""Of a similarity; the wire prints no more that mean anything."""
_LONGEST = 1024
"""Characters of a name: S3's longest key."""
_COLLECTION = "collection/"


def describe(  # noqa: PLR0913 - what dispatch knows of a call, and nothing that it has to look up
    call: CallContext,
    asked: Params,
    applied: Params,
    answer: Params | BaseException,
    *,
    user: str = "",
    source_ip: str = "",
    rule: str = "",
    purpose: str = "",
) -> Entry | None:
    """Return the entry of a call, or None where its operation uses no face data.

    Args:
        call: who calls what, when.
        asked: the parameters as the caller gave them.
        applied: the parameters after rules; the same where nothing was changed or it came to none.
        answer: the operation's output, or the error in its place.
        user: what the access key's owner is called.
        source_ip: where the call came from, if that is known.
        rule: what refused or changed the call.
        purpose: of the collection, by its rules.
    """
    use = USES.get(call.operation)
    if use is None:
        return None
    output = {} if isinstance(answer, BaseException) else answer
    subjects = list(_named(asked, use.subjects))
    results, count = _results(output, use.results)
    threshold, limit = use.threshold, use.limit
    return Entry(
        time=call.now,
        request_id=call.request_id,
        account=call.scope.account,
        region=call.scope.region,
        access_key_id=call.principal.access_key_id,
        operation=call.operation,
        outcome=_outcome(answer),
        user=user,
        source_ip=source_ip,
        collection=_collection(asked),
        threshold_asked=None if threshold is None else asked.get(threshold[0]),
        threshold_applied=None if threshold is None else applied.get(*threshold),
        limit_asked=None if limit is None else asked.get(limit[0]),
        limit_applied=_limit(applied, use),
        images=tuple(_pictures(asked, use)),
        external_image_id=asked.get("ExternalImageId", ""),
        subjects=tuple(subjects[:KEPT]),
        subject_count=len(subjects),
        results=results,
        result_count=count,
        tags=tuple(_tags(asked)),
        rule=rule,
        purpose=purpose,
    )


def act(  # noqa: PLR0913 - an entry's members
    operation: str,
    now: float,
    account: str,
    *,
    by: str,
    region: str = "",
    request_id: str = "",
    collection: str = "",
    subjects: Sequence[str] = (),
    rule: str = "",
) -> Entry:
    """Return the entry of what is no call: a suspension, an erasure, an export, a review.

    Args:
        operation: what was done, such as `Suspend`; the entry's begins with `lineament:`.
        now: epoch seconds.
        account: whose chain it goes into.
        by: who did it.
        region: where, if it is of one.
        request_id: of the call that it is about, if it is about one.
        collection: likewise.
        subjects: ids of what it was done to.
        rule: why, in a few words.
    """
    return Entry(
        time=now,
        request_id=request_id,
        account=account,
        region=region,
        access_key_id="",
        operation=f"lineament:{operation}",
        user=by,
        collection=collection,
        subjects=tuple(subjects[:KEPT]),
        subject_count=len(subjects),
        rule=rule[:_LONGEST],
    )


def _limit(applied: Params, use: Use) -> int | None:
    """Return how many results counted: 0 is no wish on the wire."""
    if use.limit is None:
        return None
    name, default = use.limit
    wished = int(applied.get(name) or default)
    return wished if use.most is None else min(wished, use.most)


def _outcome(answer: Params | BaseException) -> str:
    if isinstance(answer, WireError):
        return answer.code
    return InternalServerError.code if isinstance(answer, BaseException) else OK


def _collection(asked: Params) -> str:
    if "CollectionId" in asked:
        return str(asked["CollectionId"])
    arn = str(asked.get("ResourceArn", ""))
    return arn.partition(_COLLECTION)[2] or arn[:_LONGEST]


def _named(asked: Params, members: Iterable[str]) -> Iterable[str]:
    for member in members:
        value = asked.get(member, ())
        yield from (value,) if isinstance(value, str) else value


def _pictures(asked: Params, use: Use) -> Iterable[str]:
    for member in use.images:
        image = asked.get(member, {})
        if "S3Object" in image:
            where = image["S3Object"]
            version = f"?versionId={where['Version']}" if "Version" in where else ""
            place = f"s3://{where.get('Bucket', '')}/{where.get('Name', '')}{version}"
            yield place[:_LONGEST]
        elif "Bytes" in image:
            yield ids.image_id(bytes(image["Bytes"]))


def _results(output: Params, where: Results | None) -> tuple[tuple[Told, ...], int]:
    """Return the first of what came back, and how many did."""
    told = (output.get(where.member) or ()) if where is not None else ()
    if where is None or (where.identifier is None and where.similarity is None):
        return (), len(told)
    kept = (
        (_found(each, where.identifier), _similarity(each, where.similarity))
        for each in told[:KEPT]
    )
    return tuple(kept), len(told)


def _found(element: Any, path: Path | None) -> str:  # noqa: ANN401 - of the wire
    if path is None:
        return ""
    for member in path:
        element = element.get(member) or ""
        if not element:
            return ""
    return str(element)


def _similarity(element: Any, member: str | None) -> float | None:  # noqa: ANN401 - of the wire
    return None if member is None else round(float(element[member]), _DECIMALS)


def _tags(asked: Params) -> Iterable[tuple[str, str]]:
    yield from list(asked.get("Tags", {}).items())[:MAX_TAGS]
    yield from [(key, "") for key in asked.get("TagKeys", ())][:MAX_TAGS]
