"""From settings to who may call, under which rules, and what is recorded: app.py's part for trust.

Files of secrets are read, and Secrets Manager is asked, when the first caller comes or `open` says
so, not where an application is merely built: functions that no client calls need none of it.
"""

import logging
import threading
import time
from collections.abc import Callable

from marshmallow import ValidationError

from lineament.access import connect_credentials, read_root_key
from lineament.admission import Admission, Caller
from lineament.auth.actions import OFFERED
from lineament.auth.authenticator import Authenticator
from lineament.auth.policy_calls import Circumstances
from lineament.auth.policy_managed import compiled
from lineament.config import Settings
from lineament.context import Principal, Scope
from lineament.dispatch import Identify, unverified
from lineament.domain.audit import Entry
from lineament.domain.counts import Counts
from lineament.domain.grants import Rates
from lineament.domain.house import House
from lineament.domain.watch import Alert
from lineament.errors import CannotStart
from lineament.governance.audit import AuditTrail
from lineament.governance.audit_describing import act
from lineament.governance.oversight import Oversight
from lineament.governance.signing import PURPOSE, Signer
from lineament.governance.throttle import Throttle, read_rates, require_operations
from lineament.storage.accounts import DynamoAccounts, RememberedGrants
from lineament.storage.audit import DynamoAuditTrail
from lineament.storage.audit_anchors import Anchored, anchor, connect_anchors
from lineament.storage.authorisations import DynamoAuthorisations
from lineament.storage.consents import DynamoConsents
from lineament.storage.provision import Tables
from lineament.storage.quotas import DynamoBucket
from lineament.storage.suspensions import DynamoSuspensions
from lineament.storage.watch import DynamoWatch
from lineament.wire.http import HttpRequest

_OFF, _STRICT = "off", "strict"
_log = logging.getLogger(__name__)


class Verified:
    """Knows callers by their signatures. Safe to share between threads."""

    def __init__(self, settings: Settings, tables: Tables) -> None:
        """Keep what `open` needs."""
        self._settings = settings
        self._tables = tables
        self._lock = threading.Lock()
        self._authenticator: Authenticator | None = None

    def open(self) -> Authenticator:
        """Connect to where access keys are.

        Raises:
            CannotStart: nothing says where, or it cannot be read; the message says what to do.
        """
        with self._lock:
            if self._authenticator is None:
                settings = self._settings
                found = connect_credentials(settings.access_keys, settings.root_key, self._tables)
                by_iam = tuple(filter(None, settings.iam_policies.replace(" ", "").split(",")))
                self._authenticator = Authenticator(
                    found,
                    iam_policies=by_iam,
                    regions=settings.regions,
                )
            return self._authenticator

    def __call__(self, request: HttpRequest, now: float) -> tuple[Principal, Scope, Caller]:
        """Return who calls.

        Raises:
            WireError: as `Authenticator.authenticate`.
        """
        principal, scope, key = self.open().authenticate(request, now)
        circumstances = Circumstances(
            account=key.account,
            username=principal.name or None,
            user_id=key.access_key_id,
            now=now,
            source_ip=request.source_ip or None,
            secure=request.secure,
            user_agent=request.headers.get("user-agent"),
            token_issued=key.created if key.token_digest is not None else None,
        )
        return principal, scope, Caller(circumstances, compiled(key.policies))


def build_identify(settings: Settings, tables: Tables) -> Identify:
    """Return how callers are known; makes no call."""
    if settings.auth == _OFF:
        return unverified(settings.default_account)
    return Verified(settings, tables)


def build_admission(settings: Settings, tables: Tables, counts: Counts) -> Admission:
    """Return the checks that the settings ask for; makes no call.

    Raises:
        CannotStart: a use case is named without what has to be public of it, or a rate is none.
    """
    verified = settings.auth != _OFF
    rates = _read_rates(settings.rates)
    grants = RememberedGrants(DynamoAccounts(tables).find) if verified else None
    trail = None if settings.audit == _OFF else LazyTrail(settings, tables, counts)
    throttle = Throttle(
        rates,
        grants,
        lambda scope, operation: DynamoBucket(tables, scope, operation),
        counts.throttled,
        regions=settings.regions,
    )
    return Admission(
        house=build_house(settings),
        suspensions=DynamoSuspensions(tables) if verified else None,
        throttle=throttle.admit if rates or verified else None,
        grants=grants,
        own_buckets=frozenset({settings.snapshot_bucket, settings.audit_bucket} - {""}),
        oversight=Oversight(
            DynamoConsents(tables),
            DynamoAuthorisations(tables),
            DynamoWatch(tables),
            settings.searches_per_person,
            Alarm(counts, trail),
        ),
        trail=trail,
        strict=settings.audit == _STRICT,
    )


def _read_rates(text: str) -> Rates:
    try:
        rates = read_rates(text)
        require_operations(rates, OFFERED)
    except ValidationError as error:
        raise CannotStart(f"LINEAMENT_RATES: {error.messages[0]}") from error
    return rates


def build_house(settings: Settings) -> House:
    """Return what the operator states of the deployment.

    Raises:
        CannotStart: its use case needs more of it; the message names the settings.
    """
    house = House(
        use_case=settings.use_case,
        purpose=settings.purpose,
        notice_url=settings.notice_url,
        contact=settings.contact,
        disclosure_url=settings.disclosure_url,
        strict=settings.below_floor == "refuse",
        neutral=settings.auth == _OFF,
    )
    lacking = house.lacks(house.rules)
    if lacking:
        raise CannotStart(
            f"LINEAMENT_USE_CASE={settings.use_case} needs {', '.join(lacking)}: what the use is "
            "for and where those concerned can read and ask is public, or there is no such use"
        )
    if house.rules.review and settings.audit == _OFF and not house.neutral:
        raise CannotStart(
            f"LINEAMENT_USE_CASE={settings.use_case} does not go with LINEAMENT_AUDIT=off: its "
            "searches are recorded, or there are none"
        )
    return house


class Alarm:
    """Tells of a person who is searched for too often: the log, a number, the audit trail."""

    def __init__(self, counts: Counts, trail: AuditTrail | None) -> None:
        """Tell all that there is."""
        self._counts = counts
        self._trail = trail

    def __call__(self, alert: Alert) -> None:
        """Tell of it. The log names the call and not the person, who is in the trail."""
        call, authorised = alert.call, alert.authorised
        self._counts.searched_often.add()
        how = f"goes by authorisation {authorised}" if authorised else "refused"
        _log.warning(
            "request %s: search %d for one person today in a watched collection: %s",
            call.request_id,
            alert.searches,
            how,
        )
        if self._trail is not None:
            entry = act(
                "SearchedOften",
                call.now,
                call.scope.account,
                by=call.principal.name or call.principal.access_key_id,
                region=call.scope.region,
                request_id=call.request_id,
                collection=alert.collection_id,
                subjects=(alert.person.partition("=")[2],),
                rule=f"search {alert.searches} today, {how}",
            )
            self._trail.append(entry, strict=False)


class LazyTrail:
    """The audit trail; its signing key is asked for by `open`, or else with the first entry."""

    def __init__(self, settings: Settings, tables: Tables, counts: Counts) -> None:
        """Keep what the trail needs."""
        self._settings = settings
        self._tables = tables
        self._counts = counts
        self._lock = threading.Lock()
        self._trail: AuditTrail | None = None

    def append(self, entry: Entry, *, strict: bool) -> None:
        """Return once the entry stands, see `AuditTrail.append`.

        Raises:
            NotRecorded: it does not stand, and `strict`.
            CannotStart: the root key cannot be read.
        """
        self.open().append(entry, strict=strict)

    def open(self) -> AuditTrail:
        """Return the trail, ready to be signed.

        Raises:
            CannotStart: the root key cannot be read; the message says what to do.
        """
        with self._lock:
            if self._trail is None:
                self._trail = DynamoAuditTrail(
                    self._tables,
                    find_signer(self._settings),
                    failed=self._counts.unrecorded.add,
                )
            return self._trail


def build_anchoring(settings: Settings, tables: Tables) -> Callable[[], Anchored]:
    """Return what anchors the audit trail in S3, for housekeeping; makes no call.

    Without a bucket or a root key nothing is anchored.
    """
    anchors = connect_anchors(tables, settings.audit_bucket, settings.region)
    if settings.audit == _OFF or anchors is None or not settings.root_key:
        return Anchored

    def anchor_all() -> Anchored:
        signer = find_signer(settings)
        return Anchored() if signer is None else anchor(tables, anchors, signer, time.time())

    return anchor_all


def find_signer(settings: Settings) -> Signer | None:
    """Return what signs for the deployment, None where it has no root key.

    Raises:
        CannotStart: there is one, and it cannot be read.
    """
    if not settings.root_key:
        return None
    return Signer(read_root_key(settings.root_key, settings.region).derive(PURPOSE))
