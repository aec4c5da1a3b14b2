"""mock_rekognition beside mock_aws: both orders, every form, and nothing left behind."""

import asyncio
import copy
import inspect
import unittest
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from moto.core.config import default_user_config

from lineament.config import ConfigurationError
from lineament.testing import faces, mock_rekognition
from lineament.vision.sessions import ModelUnavailable

Mocks = list[Callable[[], AbstractContextManager[Any]]]


def client(service: str = "rekognition", **options: Any) -> Any:
    return boto3.client(service, region_name="us-east-1", **options)


def collections() -> list[str]:
    """Return the ids, and make one more."""
    c = client()
    listed: list[str] = c.list_collections()["CollectionIds"]
    c.create_collection(CollectionId=f"c{len(listed)}")
    return listed


@pytest.mark.parametrize(
    "mocks",
    [
        [mock_rekognition],
        [mock_rekognition, mock_aws],
        [mock_aws, mock_rekognition],
        [mock_rekognition, lambda: mock_aws(config={"core": {"mock_credentials": True}})],
        [lambda: mock_aws(config={"core": {"passthrough": {"services": []}}}), mock_rekognition],
        [mock_aws, mock_rekognition, mock_aws, mock_rekognition],
    ],
    ids=["alone", "ours outside", "ours inside", "moto's settings inside", "outside", "deep"],
)
def test_both_mocks_in_any_order(mocks: Mocks) -> None:
    """Lost: a decorator on the wrong line, and every call raises moto's NotImplementedError."""
    before = copy.deepcopy(default_user_config)
    for _ in range(2):  # the second time, nothing of the first is there
        with ExitStack() as stack:
            for mock in mocks:
                stack.enter_context(mock())
            assert client("s3").list_buckets()["Buckets"] == []
            client("s3").create_bucket(Bucket="photos")
            client("s3").put_object(Bucket="photos", Key="a.jpg", Body=faces.picture())
            faces.declare("a.jpg", person="alice")
            assert collections() == []
            client("rekognition").index_faces(
                CollectionId="c0", Image={"S3Object": {"Bucket": "photos", "Name": "a.jpg"}}
            )
            assert collections() == ["c0"]
            assert client("dynamodb").list_tables()["TableNames"] == []
    assert default_user_config == before


def test_moto_answers_again_afterwards() -> None:
    """Lost: under a mock_aws of the whole module, calls after the mock's end go to AWS itself."""
    with mock_aws():
        call = botocore.client.BaseClient._make_api_call
        c = client()
        with mock_rekognition():
            c.create_collection(CollectionId="mine")
        assert botocore.client.BaseClient._make_api_call is call
        with pytest.raises(NotImplementedError):
            c.list_collections()
        with mock_rekognition():
            assert c.list_collections()["CollectionIds"] == []


def test_inner_mocks_share_and_do_not_reset() -> None:
    """Lost: a helper that is decorated too empties the collections of its test."""

    @mock_rekognition
    def inner() -> list[str]:
        return collections()

    with mock_rekognition():
        assert [inner(), inner(), collections()] == [[], ["c0"], ["c0", "c1"]]
        with pytest.raises(RuntimeError, match="other options"):
            mock_rekognition(engine="real").start()
    assert inner() == []


def test_clients_of_before_are_mocked() -> None:
    """Lost: an application that makes its client when it is imported reaches AWS from a test."""
    for prepare in (lambda: None, lambda: mock_aws().start()):
        early = client(aws_access_key_id="1" * 12, aws_secret_access_key="any")
        prepare()
        with mock_rekognition():
            early.create_collection(CollectionId="early")
            assert early.list_collections()["CollectionIds"] == ["early"]
            assert client().list_collections()["CollectionIds"] == [], "accounts are apart"
    mock_aws().stop()


def test_the_tables_of_a_test_are_its_own() -> None:
    """Lost: a test that lists its DynamoDB tables finds Lineament's, or breaks them."""
    with mock_aws(), mock_rekognition():
        for name in ("lineament", "lineament-faces"):
            client("dynamodb").create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        assert collections() == []
        assert client("dynamodb").scan(TableName="lineament")["Count"] == 0


def test_servers_that_a_test_names_are_left_alone() -> None:
    """Lost: a client of a real server is answered by the mock, and nobody notices."""
    with mock_rekognition():
        for address in ("http://127.0.0.1:1", "http://rekognition.localhost:1"):
            with pytest.raises(EndpointConnectionError):
                client(endpoint_url=address).list_collections()


@pytest.mark.parametrize(
    "host",
    [
        "rekognition.eu-west-1.amazonaws.com",
        "rekognition-fips.us-east-1.amazonaws.com",
        "rekognition.us-east-1.api.aws",
        "rekognition.cn-north-1.amazonaws.com.cn",
        "rekognition.eusc-de-east-1.amazonaws.eu",
        "rekognition.us-iso-east-1.c2s.ic.gov",
        "vpce-0abc-def.rekognition.us-east-1.vpce.amazonaws.com",
    ],
)
def test_every_host_of_aws_is_mocked(host: str) -> None:
    """Lost: an application in China, or behind a VPC endpoint, reaches AWS from its tests."""
    with mock_rekognition():
        c = client(endpoint_url=f"https://{host}")
        assert c.list_collections()["CollectionIds"] == []


def test_decorated_functions_keep_name_and_signature() -> None:
    """Lost: pytest finds no fixtures for a decorated test."""

    @mock_rekognition
    def plain(tmp_path: Path, *, size: int = 3) -> list[str]:
        """Say what it does."""
        return [str(tmp_path), str(size), *collections()]

    assert plain.__name__ == "plain"
    assert plain.__doc__ == "Say what it does."
    assert list(inspect.signature(plain).parameters) == ["tmp_path", "size"]
    assert plain(Path("x"), size=4) == ["x", "4"]

    @mock_rekognition()
    def fails() -> None:
        collections()
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    with pytest.raises(RuntimeError, match="while mock_rekognition is active"):
        faces.declare("a.jpg")


def test_generators_and_coroutines_run_inside() -> None:
    """Lost: a fixture that yields, or an asynchronous test, finds the mock over."""

    @mock_rekognition
    def generator() -> Iterator[list[str]]:
        yield collections()
        yield collections()

    @mock_rekognition
    async def coroutine() -> list[str]:
        await asyncio.sleep(0)
        return collections()

    @mock_rekognition
    async def asynchronous_generator() -> AsyncIterator[list[str]]:
        yield collections()
        yield collections()

    async def drained() -> list[list[str]]:
        return [listed async for listed in asynchronous_generator()]

    assert list(generator()) == [[], ["c0"]]
    assert asyncio.run(coroutine()) == []
    assert asyncio.run(drained()) == [[], ["c0"]]


def test_classes() -> None:
    """Lost: tests of a decorated class see each other's collections, or not their setup's."""
    seen: list[Any] = []

    @mock_rekognition
    class Plain:
        def test_a(self) -> None:
            seen.append(collections())

        test_b = test_a

        def helper(self) -> None:
            faces.picture()

    Plain().test_a()
    Plain().test_b()
    with pytest.raises(RuntimeError):
        Plain().helper()

    @mock_aws
    @mock_rekognition
    class Unit(unittest.TestCase):
        def setUp(self) -> None:
            seen.append(collections())

        def test_a(self) -> None:
            seen.append(collections())

        def test_b(self) -> None:
            seen.append(collections())

    outcome = unittest.TextTestRunner(stream=None).run(
        unittest.defaultTestLoader.loadTestsFromTestCase(Unit)
    )
    assert outcome.wasSuccessful(), outcome.errors

    @mock_rekognition
    class Methods:
        def setup_method(self) -> None:
            seen.append(collections())

        def test_a(self) -> None:
            seen.append(collections())

    methods: Any = Methods()
    methods.setup_method()
    methods.test_a()
    methods.teardown_method(methods.test_a)
    assert seen == [[], [], [], ["c0"], [], ["c0"], [], ["c0"]]
    with pytest.raises(RuntimeError, match="before start"):
        mock_rekognition().stop()


def test_setups_that_fail_and_teardowns() -> None:
    """Lost: after one broken setup, every later test runs in its mock; or a teardown has none."""
    seen: list[Any] = []

    @mock_rekognition
    class Failing:
        def setup_method(self) -> None:
            raise KeyError

    with pytest.raises(KeyError):
        Failing().setup_method()

    @mock_rekognition
    class Whole:
        def setup_method(self, method: object) -> None:
            seen.append((method, collections()))

        def teardown_method(self, method: object) -> None:
            seen.append((method, collections()))

    whole = Whole()
    whole.setup_method("m")
    whole.teardown_method("m")
    assert seen == [("m", []), ("m", ["c0"])]
    with pytest.raises(RuntimeError, match="before start"):
        mock_rekognition().stop()


def test_settings() -> None:
    """Lost: how an application meets a quota cannot be tested."""
    with mock_rekognition(max_collections="1"):
        collections()
        with pytest.raises(ClientError, match="ServiceQuotaExceededException"):
            collections()
    with pytest.raises(ConfigurationError, match="LINEAMENT_MAX_COLLECTION is no setting"):
        mock_rekognition(max_collection="1").start()
    with pytest.raises(ValueError, match="declared and real are known"):
        mock_rekognition(engine="fake")  # type: ignore[call-overload]
    with mock_rekognition():
        assert collections() == [], "what failed to begin has left something"


def test_the_real_engine_finds_real_faces(photo_dir: Path) -> None:
    """Lost: the kit's only faces are those that tests invent."""
    images = [(photo_dir / name).read_bytes() for name in ("obama.jpg", "obama2.jpg", "biden.jpg")]
    with mock_rekognition(engine="real"):
        c = client()
        for other, matches in ((images[1], 1), (images[2], 0)):
            answer = c.compare_faces(SourceImage={"Bytes": images[0]}, TargetImage={"Bytes": other})
            assert len(answer["FaceMatches"]) == matches


def test_missing_models_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: without models every call is a 500 that explains nothing."""
    monkeypatch.setenv("LINEAMENT_MODEL_DIR", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="lineament models install"):
        mock_rekognition(engine="real").start()
    with mock_rekognition():
        assert collections() == []
