"""The composition root: Settings to Application; the only place that names concrete adapters."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache

from lineament.config import Settings
from lineament.context import Scope
from lineament.dispatch import Dispatcher, Rules
from lineament.domain.counts import Counts
from lineament.domain.faces import FaceEngine
from lineament.domain.house import House
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.milvus import MilvusEngine
from lineament.handlers.services import Quotas, Services
from lineament.handlers.table import OPERATIONS
from lineament.storage.audit_anchors import Anchored
from lineament.storage.celebrities import DynamoCelebrityStore
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.objects import S3ObjectStore
from lineament.storage.placement import NOWHERE, Placement
from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.purge import never
from lineament.storage.secrets import DynamoSecrets
from lineament.storage.snapshots import SnapshotStore, connect_snapshots
from lineament.storage.tokens import DynamoTokens
from lineament.storage.users import DynamoUserStore
from lineament.trust import LazyTrail, Verified, build_admission, build_anchoring, build_identify
from lineament.vision.deployment import Deployment, choose_deployment
from lineament.wire.http import HttpRequest, HttpResponse


class Application:
    """A deployment's service, whatever carries its requests. Safe to share between threads."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        tables: Tables,
        snapshots: SnapshotStore | None = None,
        placement: Placement = NOWHERE,
        anchor: Callable[[], Anchored] = Anchored,
    ) -> None:
        """Take the parts; `build_application` makes them."""
        self._anchor = anchor
        self._dispatcher = dispatcher
        self.tables = tables
        self.snapshots = snapshots
        self.placement = placement

    @property
    def counts(self) -> Counts:
        """What this process has counted."""
        return self._dispatcher.counts

    @property
    def services(self) -> Services:
        """The ports that its operations work with."""
        return self._dispatcher.services

    @property
    def house(self) -> House:
        """What its operator states of the deployment."""
        return self._dispatcher.admission.house

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request. Never raises."""
        return self._dispatcher.handle(request)

    def call(self, operation: str, body: bytes, scope: Scope) -> bytes:
        """Run an operation for a caller whom somebody else has let in: JSON in, JSON out.

        Raises:
            WireError: what would be answered over HTTP.
        """
        return self._dispatcher.call(operation, body, scope)

    def refuse_oversized(self) -> HttpResponse:
        """Answer a request whose body was not read to its end, being over the cap."""
        return self._dispatcher.refuse_oversized()

    def ready(self) -> None:
        """Make the tables where they are missing and load the models, so that no call waits.

        Raises:
            CannotStart: there are no access keys, or nothing to sign the audit trail with though
                settings say where; the message says what to set.
            ServiceUnavailable: DynamoDB does not answer.
            ModelUnavailable: a model is not installed; the message says what to do.
            ProfileError: the model's vectors have another length than the profile says.
        """
        if isinstance(self._dispatcher.identify, Verified):
            self._dispatcher.identify.open()
        if isinstance(self._dispatcher.admission.trail, LazyTrail):
            self._dispatcher.admission.trail.open()
        pool = ThreadPoolExecutor(1, "tables")
        tables = pool.submit(self.make_tables)
        pool.shutdown(wait=False)
        self._dispatcher.services.engine()  # asked first: it stops a server that can never be ready
        tables.result()

    def make_tables(self) -> None:
        """Make the tables where they are missing.

        Raises:
            ServiceUnavailable: DynamoDB does not answer.
            InternalServerError: it refuses.
        """
        ensure_tables(self.tables)

    def housekeep(self, stop: Callable[[], bool] = never) -> dict[str, int]:
        """Erase what deletions and crashes left behind and anchor the audit trail, once.

        Tells what was done.

        Args:
            stop: asked between two steps; the next round goes on.
        """
        done = housekeep(self.tables, snapshots=self.snapshots, placement=self.placement, stop=stop)
        anchored = Anchored() if stop() else self._anchor()
        told = {"anchored": anchored.made, "failed_anchors": anchored.failed}
        return {**asdict(done), **told}


def build_application(
    settings: Settings,
    tables: Tables | None = None,
    adapt: Callable[[Services], Services] = lambda services: services,
) -> Application:
    """Wire the adapters together. Loads no model and makes no call.

    Args:
        settings: the deployment's.
        tables: those that the settings name, as `connect` finds them, where it is None.
        adapt: puts other ports in the place of some: the test kit's engine in that of the models.

    Raises:
        ProfileError: a face model's profile is missing or does not fit the settings or the others.
        CannotStart: a use case is named without what has to be public of it.
    """
    tables = connect(settings.table, settings.region) if tables is None else tables
    rules = Rules(settings.constraint_error_code, settings.max_body_bytes)
    counts = Counts()
    placement = choose_placement(settings)
    services = adapt(build_services(settings, tables, counts, placement))
    snapshots = connect_snapshots(tables, settings.snapshot_bucket, settings.region)
    identify = build_identify(settings, tables)
    admission = build_admission(settings, tables, counts)
    dispatcher = Dispatcher(OPERATIONS, services, rules, identify, admission, counts=counts)
    anchor = build_anchoring(settings, tables)
    return Application(dispatcher, tables, snapshots, placement, anchor)


def choose_placement(settings: Settings) -> Placement:
    """Return the engine that the settings name, if any; makes no call."""
    if not settings.milvus_uri:
        return NOWHERE

    def deployment() -> str:
        # Not the table's name, which is the same in most: who finds tables of a generation that
        # its own DynamoDB does not know drops them.
        secrets = DynamoSecrets(connect(settings.table, settings.region))
        return f"{settings.table} {settings.region} {secrets.paging_key().hex()}"

    engine = MilvusEngine(settings.milvus_uri, settings.milvus_token, deployment)
    return Placement(engine, default=settings.gallery_engine == engine.name)


def build_services(
    settings: Settings,
    tables: Tables,
    counts: Counts | None = None,
    placement: Placement | None = None,
) -> Services:
    """Return the ports of a deployment on its tables. Loads no model and makes no call.

    Args:
        settings: the deployment's.
        tables: its tables.
        counts: told of what the process does; nobody's where it is None.
        placement: as `choose_placement` returns it, which is asked where this is None.

    Raises:
        ProfileError: see `build_application`.
    """
    deployment = choose_deployment(
        settings.profile, settings.collection_profiles, settings.detector, settings.recognizer
    )
    collections = DynamoCollectionStore(tables)
    snapshots = connect_snapshots(tables, settings.snapshot_bucket, settings.region)
    return Services(
        collections=collections,
        faces=DynamoFaceStore(tables),
        users=DynamoUserStore(tables, snapshots=snapshots),
        celebrities=DynamoCelebrityStore(tables),
        gallery=MemoryGallery(
            DynamoChangeLog(tables),
            settings.gallery_bytes,
            collections.latest,
            snapshots,
            counts,
            (choose_placement(settings) if placement is None else placement).engine,
        ),
        objects=S3ObjectStore(),
        secrets=DynamoSecrets(tables),
        tokens=DynamoTokens(tables),
        engine=_lazy_engine(settings, deployment),
        models=deployment.models,
        quotas=Quotas(
            settings.max_collections,
            settings.max_faces_per_collection,
            settings.max_users_per_collection,
        ),
        celebrity_threshold=settings.celebrity_threshold,
        attributes_off=settings.attributes_off,
    )


def _lazy_engine(settings: Settings, deployment: Deployment) -> Callable[[], FaceEngine]:
    lock = threading.Lock()

    @cache
    def build() -> FaceEngine:
        # Imported here: this loads onnxruntime and cv2, which calls without pictures never need.
        from lineament.vision.engine import build_engine  # noqa: PLC0415

        recogniser = deployment.models.default.recogniser
        return build_engine(
            settings.model_dir,
            deployment.detector,
            recogniser,
            deployment.dimensions(),
            settings.threads,
        )

    def engine() -> FaceEngine:
        with lock:  # Two first calls at once must not load the models twice.
            return build()

    return engine
