"""What a call passes between its parameters and its handler, and what is written of it afterwards.

    suspended -> may it -> too often -> rules -> consent, approval -> handler -> audit trail

Handlers know nothing of it: they get parameters that obey. Source: SPEC.md A.5, D.3.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from lineament.auth.actions import PICTURES
from lineament.auth.policies import Policy, authorise
from lineament.auth.policy_calls import Circumstances, requests_of
from lineament.context import CallContext, Scope
from lineament.domain.arns import read_arn
from lineament.domain.audit import Entry
from lineament.domain.collections import Collection
from lineament.domain.grants import Grants, require_bucket
from lineament.domain.house import House
from lineament.domain.ports import CollectionStore
from lineament.domain.rules import Rules, read_rules
from lineament.domain.ruling import COMPARING, SEARCHES, obeying
from lineament.domain.suspension import Suspensions, require_active
from lineament.errors import (
    AccessDeniedException,
    LineamentError,
    ProvisionedThroughputExceededException,
)
from lineament.governance.audit import AuditTrail
from lineament.governance.audit_describing import describe
from lineament.governance.oversight import Oversight
from lineament.handlers.services import Handler, Output, Params, Services

_RULED = SEARCHES | {"IndexFaces"}
"""Operations on which a collection's rules bear."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what is known of the call beside its parameters."""

    circumstances: Circumstances | None = None
    """None where somebody else has let the caller in: then no policy is asked."""
    policies: Sequence[Policy] = ()


@dataclass(slots=True)
class _Course:
    """What a call has come to so far: for its entry in the trail."""

    applied: Params
    rules: Rules = field(default_factory=Rules)
    authorisation: str = ""
    """The id of the one that it goes by."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The checks of a deployment. Those that are None are not made."""

    house: House = field(default_factory=House)
    suspensions: Suspensions | None = None
    throttle: Callable[[Scope, str], None] | None = None
    """Given the scope and the operation; raises what the client shall read."""
    grants: Grants | None = None
    """Which buckets an account may name; None: any but `own_buckets`."""
    own_buckets: frozenset[str] = frozenset()
    """The deployment's own: no caller reads from them."""
    oversight: Oversight | None = None
    """What others have to agree to: consent, dual control, an end to repeated searches."""
    trail: AuditTrail | None = None
    strict: bool = False
    """No call is answered that cannot be recorded."""

    def answer(
        self,
        handler: Handler,
        services: Services,
        call: CallContext,
        caller: Caller,
        params: Params,
    ) -> Output:
        """Run a handler for a call that may be made, and record what became of it.

        Raises:
            WireError: the call is refused, or what the handler raises.
            NotRecorded: the trail does not take it, and the collection's rules ask for that.
        """
        course = _Course(params)
        found = _Found(services, call.scope, collection_of(params, call.scope))
        try:
            self._require_admitted(call, caller, params, found)
            output = self._obey(handler, services, call, params, course, found)
            if call.operation in COMPARING:  # It may have waited in line for many seconds.
                self._require_active(call, found)
        except Exception as error:
            self._record(call, caller, params, course, error)
            raise
        self._record(call, caller, params, course, output)
        return output

    def _require_admitted(
        self, call: CallContext, caller: Caller, params: Params, found: "_Found"
    ) -> None:
        scope, operation = call.scope, call.operation
        self._require_active(call, found)
        if caller.circumstances is not None:
            needed = requests_of(operation, params, scope, caller.circumstances, found.tags)
            authorise(caller.policies, needed)
        if self.throttle is not None:
            self.throttle(scope, operation)
        for bucket in _buckets(params):
            grant = None if self.grants is None else self.grants.of(scope.account)
            require_bucket(grant, bucket, self.own_buckets)

    def _require_active(self, call: CallContext, found: "_Found") -> None:
        if self.suspensions is not None:
            key = call.principal.access_key_id
            suspended = self.suspensions.of(call.scope.account)
            require_active(suspended, call.scope, key, found.collection_id)

    def _obey(  # noqa: PLR0913, PLR0917 - a call, and what is known of it
        self,
        handler: Handler,
        services: Services,
        call: CallContext,
        params: Params,
        course: _Course,
        found: "_Found",
    ) -> Output:
        operation = call.operation
        if "Tags" in params:
            self.house.require_stated(read_rules(params["Tags"]))
        course.rules, collection = self.house.rules, None
        if operation == "RecognizeCelebrities":
            floor = max(services.celebrity_threshold, course.rules.min_similarity)
            services = replace(services, celebrity_threshold=floor)
        if operation in _RULED:
            collection = found.collection()
            if collection is not None:
                course.rules = self.house.rules_of(collection)
            services = replace(
                services,
                collections=cast("CollectionStore", _Once(services.collections, collection)),
                attributes_off=services.attributes_off | course.rules.attributes_off,
            )
        recorded = self.trail is not None or not course.rules.review or self.house.neutral
        if not recorded and operation in COMPARING:
            raise AccessDeniedException(
                "This use case's searches have to be recorded, and LINEAMENT_AUDIT is off"
            )
        course.applied = obeying(course.rules, operation, params, strict=self.house.strict)
        if operation in COMPARING:
            self.house.require_public(course.rules)
        if self.oversight is None or collection is None:
            return handler(services, call, course.applied)
        about = call, collection.collection_id, course.rules, course.applied
        course.authorisation = self.oversight.require(*about)
        output = handler(services, call, course.applied)
        course.authorisation = self.oversight.require_after(*about, output) or course.authorisation
        return output

    def _record(
        self,
        call: CallContext,
        caller: Caller,
        asked: Params,
        course: _Course,
        answer: Mapping[str, Any] | BaseException,
    ) -> None:
        """Write the entry of a call; a refusal is told whether or not that succeeds."""
        if self.trail is None or isinstance(answer, ProvisionedThroughputExceededException):
            return  # A flood that is turned away must not cost a write each.
        refused = isinstance(answer, BaseException)
        try:
            entry = self._entry(call, caller, asked, course, answer)
            if entry is not None:
                self.trail.append(
                    entry, strict=(self.strict or course.rules.review) and not refused
                )
        except LineamentError:
            if not refused:
                raise

    @staticmethod
    def _entry(
        call: CallContext,
        caller: Caller,
        asked: Params,
        course: _Course,
        answer: Mapping[str, Any] | BaseException,
    ) -> Entry | None:
        known = caller.circumstances
        goes_by = [f"authorisation {course.authorisation}"] if course.authorisation else []
        return describe(
            call,
            asked,
            course.applied,
            answer,
            user=call.principal.name,
            source_ip=(known.source_ip or "") if known is not None else "",
            rule=", ".join([*sorted(course.rules.use_cases), *goes_by]),
            purpose=course.rules.purpose,
        )


def collection_of(params: Params, scope: Scope) -> str | None:
    """Return the id of the collection that a call is on, None where it is on none of the caller's.

    Args:
        params: as they were asked.
        scope: the call's.
    """
    if "CollectionId" in params:
        return str(params["CollectionId"])
    if "ResourceArn" in params:
        try:
            return read_arn(params["ResourceArn"], scope).name
        except LineamentError:
            return None  # The handler says what is wrong with it.
    return None


class _Found:
    """The collection that a call is on, read once at most and only if somebody asks."""

    def __init__(self, services: Services, scope: Scope, collection_id: str | None) -> None:
        self._services = services
        self._scope = scope
        self.collection_id = collection_id
        self._read = False
        self._collection: Collection | None = None

    def collection(self) -> Collection | None:
        """Return it as it is now, None where there is none."""
        if not self._read and self.collection_id is not None:
            self._collection = self._services.collections.find(self._scope, self.collection_id)
        self._read = True
        return self._collection

    def tags(self, _collection_id: str) -> Mapping[str, str] | None:
        """Return its tags, for policies that ask for them."""
        collection = self.collection()
        return None if collection is None else collection.tags


def _buckets(params: Params) -> Iterator[str]:
    """Yield the buckets of the pictures that a call names."""
    for member in PICTURES:
        pointer = params.get(member, {}).get("S3Object", {})
        if "Bucket" in pointer:
            yield str(pointer["Bucket"])


class _Once:
    """Collections, the first of which has been read for this call already."""

    def __init__(self, store: CollectionStore, found: Collection | None) -> None:
        self._store = store
        self._found = found
        self._told = False

    def find(self, scope: Scope, collection_id: str) -> Collection | None:
        if self._told:
            return self._store.find(scope, collection_id)
        self._told = True
        return self._found

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the port's other methods
        return getattr(self._store, name)
