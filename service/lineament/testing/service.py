"""The application of a mock: the service itself, on moto's DynamoDB and S3."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from lineament import config
from lineament.app import Application, build_application
from lineament.domain.binding import FaceModels
from lineament.domain.faces import FaceEngine
from lineament.domain.ports import ObjectStore
from lineament.domain.similarity import FaceModel
from lineament.handlers.services import Services
from lineament.storage.objects import S3ObjectStore
from lineament.storage.provision import Tables, connect
from lineament.testing.declarations import Faces
from lineament.testing.engine import (
    DIMENSIONS,
    VERSION,
    DeclaredEngine,
    NamingObjectStore,
)
from lineament.testing.options import Options
from lineament.vision.profiles import choose_profile
from lineament.wire.http import HttpRequest, HttpResponse

_REGION = "us-east-1"
_DYNAMODB = f"https://dynamodb.{_REGION}.amazonaws.com"
"""Named, so that no endpoint of the developer's environment is used: moto answers this one."""
_ACCOUNT = "000000000000"
"""moto's account for our tables: a test that lists its own does not see them."""
_real_engines: dict[config.Settings, Callable[[], FaceEngine]] = {}


@dataclass(frozen=True, slots=True)
class Service:
    """What answers a mock's requests, from its begin to its end."""

    application: Application
    declared: DeclaredEngine | None
    tables: Tables
    max_body_bytes: int

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer a request of this process.

        Raises:
            DeclarationError: the test's declarations leave it without an answer.
        """
        answer = self.application.handle(request)
        failure = None if self.declared is None else self.declared.take_failure()
        if failure is not None:
            raise failure
        return answer

    def erase(self) -> None:
        """Drop what was stored; moto must still be there."""
        for table in (self.tables.control, self.tables.faces, self.tables.trust):
            table.client.delete_table(TableName=table.name)


def build_service(options: Options, faces: Faces) -> Service:
    """Return a service without collections. moto must be active.

    Args:
        options: of the mock.
        faces: the declarations.

    Raises:
        ConfigurationError: a setting is unknown or has no usable value.
        ModelUnavailable: the real engine's models are not installed; the message says how to.
    """
    settings = read_settings(options)
    tables = _tables(settings.table)
    if options.engine == "real":
        declared = None
        application = build_application(settings, tables, _keeping_models(settings))
        application.ready()
    else:
        model = declared_model(settings.profile)
        declared = DeclaredEngine(faces, model, options.undeclared)
        application = build_application(settings, tables, declaring(declared, model, _objects))
        application.make_tables()
    return Service(application, declared, tables, settings.max_body_bytes)


def read_settings(options: Options) -> config.Settings:
    """Return the settings of a mock.

    The environment counts for the real engine only, whose models have to be somewhere; where
    vectors and snapshots are kept is never taken from it.
    """
    given = {"auth": "off", **dict(options.settings)}
    named = config.load({f"{config.PREFIX}{name.upper()}": value for name, value in given.items()})
    if options.engine == "declared":
        return named
    chosen: dict[str, Any] = {name: getattr(named, name) for name in given}
    apart = {"table": named.table, "region": named.region}
    memory = {"snapshot_bucket": "", "milvus_uri": "", "gallery_engine": "memory"}
    return replace(config.load(), **{**apart, **memory, **chosen})


def declared_model(profile: str) -> FaceModel:
    """Return the face model of declared vectors: a profile's calibration, a version of its own."""
    calibration = choose_profile(profile).model.calibration
    return FaceModel(VERSION, DIMENSIONS, calibration, "declared")


def declaring(
    engine: DeclaredEngine,
    model: FaceModel,
    objects: Callable[[], ObjectStore] | None = None,
) -> Callable[[Services], Services]:
    """Return what puts a declared engine in the place of the models.

    Args:
        engine: the declared one.
        model: of its vectors.
        objects: makes what reads S3 in the place of the application's own.
    """

    def adapt(services: Services) -> Services:
        return replace(
            services,
            engine=lambda: engine,
            models=FaceModels(model),
            objects=NamingObjectStore(services.objects if objects is None else objects()),
        )

    return adapt


def _keeping_models(settings: config.Settings) -> Callable[[Services], Services]:
    """Return what lets one mock after the other use the same models: they take a second."""

    def adapt(services: Services) -> Services:
        engine = _real_engines.setdefault(settings, services.engine)
        return replace(services, engine=engine, objects=_objects())

    return adapt


@cache
def _objects() -> S3ObjectStore:
    """Kept from mock to mock: making a client takes botocore a tenth of a second."""
    return S3ObjectStore()


@cache
def _tables(name: str) -> Tables:
    tables = connect(name, _REGION, _DYNAMODB)
    tables.control.client.meta.events.register("before-send.dynamodb", _move_to_account)
    return tables


def _move_to_account(request: Any, **_event: object) -> None:  # noqa: ANN401 - botocore's request
    """Tell moto whose tables are meant. botocore asks this before it asks moto."""
    request.headers["x-moto-account-id"] = _ACCOUNT
