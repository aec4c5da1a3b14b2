"""A deployment whose collections have rules that others must agree to, with callers of any name."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lineament.admission import Admission, Caller
from lineament.context import Principal, Scope
from lineament.dispatch import Dispatcher
from lineament.domain.audit import Entry
from lineament.domain.audit_chain import read
from lineament.domain.authorisations import Authorisation
from lineament.domain.counts import Counts
from lineament.domain.house import House
from lineament.governance.oversight import Oversight
from lineament.storage.audit_blocks import AuditBlocks
from lineament.storage.authorisations import DynamoAuthorisations
from lineament.storage.consents import DynamoConsents
from lineament.storage.provision import Tables
from lineament.storage.watch import DynamoWatch
from lineament.trust import Alarm
from lineament.wire.http import HttpRequest
from tests.conformance import transports
from tests.property.conftest import build
from tests.property.engine import picture
from tests.storage.auditing import check, trail

ID = "people"
A = picture([[3, 1, 4, 1, 5, 9]], "a")
A_AGAIN = picture([[3, 1, 4, 1, 5, 8]], "a-again")
B = picture([[2, 7, 1, -8, 2, -8]], "b")
NOON = 1_795_867_200.0
"""2026-11-28, in UTC."""
HOUR = 3600.0
A_DAY = 3
"""Searches for one person."""


class World:
    """A deployment in this process; every part of it tells the same time."""

    def __init__(
        self,
        tables: Tables,
        endpoint: str,
        *,
        oversee: bool = True,
        record: bool = True,
        **house: Any,
    ) -> None:
        self.tables, self.now, self.caller = tables, NOON, "alice"
        self.account = str(random.SystemRandom().randrange(10**11, 10**12))
        self.scope = Scope(self.account, "us-east-1")
        self.counts, written = Counts(), trail(tables)
        self.authorisations = DynamoAuthorisations(tables, lambda: self.now)
        self.oversight = Oversight(
            DynamoConsents(tables),
            self.authorisations,
            DynamoWatch(tables),
            A_DAY,
            Alarm(self.counts, written),
        )
        whole = build(tables, endpoint)
        self.dispatcher = replace(
            whole,
            identify=self._identify(whole),
            admission=Admission(
                House(**house),
                oversight=self.oversight if oversee else None,
                trail=written if record else None,
            ),
            clock=lambda: self.now,
        )
        self.client = transports.client(self.dispatcher.handle, None, self.account)

    def _identify(self, whole: Dispatcher) -> Callable[..., tuple[Principal, Scope, Caller]]:
        def identify(request: HttpRequest, now: float) -> tuple[Principal, Scope, Caller]:
            principal, scope, caller = whole.identify(request, now)
            return replace(principal, name=self.caller), scope, caller

        return identify

    def enrol(self, **tags: str) -> tuple[str, str]:
        """Return the FaceIds of A and B in a collection that then gets its rules."""
        arn = self.client.create_collection(CollectionId=ID)["CollectionArn"]
        a, b = (
            self.client.index_faces(
                CollectionId=ID, Image={"Bytes": image}, ExternalImageId=image[-20:].hex()
            )["FaceRecords"][0]["Face"]["FaceId"]
            for image in (A, B)
        )
        named = {f"lineament:{name.replace('_', '-')}": value for name, value in tags.items()}
        if "lineament:use-case" in named:
            named["rk:use-case"] = named.pop("lineament:use-case")
        if named:
            self.client.tag_resource(ResourceArn=arn, Tags=named)
        return a, b

    def request(self, **changes: Any) -> Authorisation:
        """Store a request of alice for herself, of two hours."""
        made = Authorisation(
            identifier="",
            account=self.account,
            region="us-east-1",
            collections=(ID,),
            persons=(),
            callers=("alice",),
            reason="case 17",
            legal_basis="warrant 4",
            requester="alice",
            requested=self.now,
            until=self.now + 2 * HOUR,
        )
        return self.authorisations.add(replace(made, **changes))

    def search(self, face_id: str) -> Any:
        return self.client.search_faces(CollectionId=ID, FaceId=face_id)

    def look(self, image: bytes) -> Any:
        return self.client.search_faces_by_image(CollectionId=ID, Image={"Bytes": image})

    def entries(self) -> list[Entry]:
        assert check(self.tables, self.account).findings == ()
        blocks = AuditBlocks(self.tables.trust).read(self.account)
        return [each for block in blocks for each in read(block.body).entries]


def refused(call: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    """Return what a caller reads who may not do it."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    return str(error["Message"])
