"""The service without its models: everything real but the engine, on a table of its own."""

import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lineament.dispatch import Dispatcher, Rules, unverified
from lineament.domain.binding import FaceModels
from lineament.gallery.memory import MemoryGallery
from lineament.handlers.services import Quotas, Services
from lineament.handlers.table import OPERATIONS
from lineament.storage.celebrities import DynamoCelebrityStore
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.clients import S3Clients
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.objects import S3ObjectStore
from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.secrets import DynamoSecrets
from lineament.storage.tokens import DynamoTokens
from lineament.storage.users import DynamoUserStore
from tests.conformance import transports
from tests.property.engine import MODEL, DeclaredEngine
from tests.storage.world import healthy

Clients = Callable[[], Any]


def build(tables: Tables, endpoint: str) -> Dispatcher:
    """Return what one process of a deployment has: its own gallery on the shared tables."""
    collections = DynamoCollectionStore(tables)
    services = Services(
        collections=collections,
        faces=DynamoFaceStore(tables),
        users=DynamoUserStore(tables),
        celebrities=DynamoCelebrityStore(tables),
        gallery=MemoryGallery(DynamoChangeLog(tables), 1 << 26, collections.latest),
        objects=S3ObjectStore(S3Clients(endpoint)),
        secrets=DynamoSecrets(tables),
        tokens=DynamoTokens(tables),
        engine=DeclaredEngine,
        models=FaceModels(MODEL),
        quotas=Quotas(collections=10_000, faces=10_000, users=10_000),
        celebrity_threshold=99.0,
    )
    rules = Rules("ValidationException", 1 << 24)
    return Dispatcher(OPERATIONS, services, rules, unverified("123456789012"))


@pytest.fixture(scope="module")
def shared_tables(ministack_endpoint: str) -> list[Tables]:
    """Return the same tables, as each of two processes reaches them."""
    name = f"p{uuid.uuid4().hex[:12]}"
    made = [connect(name, "us-east-1", ministack_endpoint) for _ in range(2)]
    for tables in made:
        ensure_tables(tables)
    return made


@pytest.fixture(scope="module")
def processes(shared_tables: list[Tables], ministack_endpoint: str) -> list[Dispatcher]:
    """Return two processes of one deployment; they share nothing but the tables."""
    return [build(tables, ministack_endpoint) for tables in shared_tables]


@pytest.fixture(scope="module")
def stays_healthy(shared_tables: list[Tables]) -> Iterator[None]:
    """Have `lineament doctor` look at what a file's tests have left."""
    yield
    healthy(shared_tables[0])


@pytest.fixture(scope="module")
def fresh(processes: list[Dispatcher]) -> Clients:
    """Return what makes a client of an account that nobody has used."""

    def client() -> Any:
        account = str(random.SystemRandom().randrange(10**11, 10**12))
        return transports.client(processes[0].handle, None, account)

    return client
