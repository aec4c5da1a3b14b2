"""GET /metrics of the production server."""

import json
import re
import socket
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lineament import config
from lineament.cli.emulator import LOOPBACK
from lineament.domain.counts import Counts
from lineament.server.app import create_server
from lineament.server.background import Background
from lineament.server.metrics import Metrics, offered
from lineament.wire.http import HttpRequest, HttpResponse
from tests.server.conftest import CAP, HEADERS, Served, exchange, head

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Series:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def get(served: Served, **headers: str) -> tuple[int, str, str]:
    with closing(served.connect()) as connection:
        connection.request("GET", "/metrics", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()


def scrape(served: Served) -> Series:
    status, content_type, text = get(served)
    assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return read(text)


def value(series: Series, name: str, **labels: str) -> float:
    return series.get((f"lineament_{name}", frozenset(labels.items())), 0.0)


def call(served: Served, operation: str, body: bytes) -> int:
    headers = {**HEADERS, "X-Amz-Target": f"RekognitionService.{operation}"}
    with closing(served.connect()) as connection:
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def test_requests_are_counted_by_operation_and_status(served: Served) -> None:
    """Lost: an operator cannot see which calls come, fail, or take long."""
    before = scrape(served)
    served.list_collections()
    exchange(served.connect(), b'{"MaxResults": 7}')
    assert call(served, "ListCollections", b'{"MaxResults": "x"}') == 400
    after = scrape(served)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert more("requests_total", operation="ListCollections", status="200") == 2
    assert more("requests_total", operation="ListCollections", status="400") == 1
    assert more("request_seconds_count", operation="ListCollections") == 3
    assert more("request_seconds_bucket", operation="ListCollections", le="+Inf") == 3
    assert 0 < more("request_seconds_sum", operation="ListCollections") < 60
    assert more("request_body_bytes_total", operation="ListCollections") == 2 + 17 + 19


def test_what_strangers_send_makes_no_label(served: Served) -> None:
    """Lost: anybody fills Prometheus, and our memory, with series of made-up operations."""
    names = ["Invented", "DetectLabels", "ListCollections%0A", "x" * 300]
    before = scrape(served)
    assert [call(served, name, b"{}") for name in names] == [400, 400, 400, 400]
    assert exchange(served.connect(), b"x" * (CAP + 1))[0] == 413
    with closing(socket.create_connection((LOOPBACK, served.port), timeout=60)) as client:
        client.sendall(head("Content-Length: 50") + b'{"Max')  # and no more
        client.shutdown(socket.SHUT_WR)
        assert b"400" in client.recv(64)
    _, _, text = get(served)
    operations = set(re.findall(r'operation="([^"]*)"', text))
    assert "other" in operations
    assert operations <= {"ListCollections", "CreateCollection", "SearchFaces", "other"}
    after = read(text)
    for status, more in (("400", 5), ("413", 1)):
        labels = {"operation": "other", "status": status}
        assert value(after, "requests_total", **labels) == more + value(
            before, "requests_total", **labels
        )


def test_the_gallery_of_the_server_is_in_it_and_nobodys_name(served: Served) -> None:
    """Lost: the memory of galleries cannot be watched, or a scrape tells who is in them."""
    before = scrape(served)
    assert value(before, "gallery_bound_bytes") == config.load({}).gallery_bytes
    name, face_id = f"secret-{uuid.uuid4()}", str(uuid.uuid4())
    assert call(served, "CreateCollection", json.dumps({"CollectionId": name}).encode()) == 200
    asked = json.dumps({"CollectionId": name, "FaceId": face_id}).encode()
    assert call(served, "SearchFaces", asked) == 400  # no such face, but a gallery
    _, _, text = get(served)
    after = read(text)
    assert value(after, "galleries") == value(before, "galleries") + 1
    assert value(after, "gallery_bytes") > value(before, "gallery_bytes")
    assert not re.search(f"secret|{face_id}|123456789012|us-east-1", text)
    keys = {name for _, labels in after for name, _ in labels}
    assert keys == {"operation", "status", "le"}  # and `source`, once there is a cold start


def test_scrapes_are_not_in_the_log_of_requests(served: Served) -> None:
    """Lost: the calls of clients among four lines a minute about scrapes."""
    scrape(served)
    _, _, answer = exchange(served.connect(), b"{}")
    served.logged(answer.headers["x-amzn-RequestId"])
    assert '"operation": "metrics"' not in served.log.read_text()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_a_proxy_on_this_machine_is_not_this_machine(served: Served, header: str) -> None:
    """Lost: through a proxy beside the server, the whole internet reads what loopback may."""
    for claimed in ("127.0.0.1", "for=127.0.0.1", "203.0.113.7"):
        status, _, text = get(served, **{header: claimed})
        assert status == 404
        assert json.loads(text)["__type"] == "UnknownOperationException"


class Application:
    """Answers everything with 404."""

    counts = Counts()

    def handle(self, _: HttpRequest) -> HttpResponse:
        return HttpResponse(404, {}, b"")

    def housekeep(self) -> dict[str, int]:
        return {}

    def ready(self) -> None:
        pass


def status_of(metrics: Metrics | None, address: str, **headers: str) -> int:
    application = Application()
    server = create_server(application, Background(application, 1.0), 1024, metrics=metrics)  # type: ignore[arg-type]
    client = server.test_client()
    got = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)
    return int(got.status_code)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("127.0.0.1", 200),
        ("127.9.9.9", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("10.0.0.7", 404),
        ("::ffff:10.0.0.7", 404),
        ("2001:db8::1", 404),
        ("", 404),
        ("localhost", 404),
    ],
)
def test_only_this_machine_reads_them_unless_told_otherwise(address: str, status: int) -> None:
    """Lost: whoever reaches the API's port reads its load, without anybody having decided so."""
    assert status_of(offered(Counts(), config.load({}).metrics, 1), address) == status
    claim = {"X-Forwarded-For": "127.0.0.1"}
    assert status_of(offered(Counts(), "loopback", 1), address, **claim) == 404
    assert status_of(offered(Counts(), "on", 1), address, **claim) == 200
    assert status_of(offered(Counts(), "off", 1), address) == 404


def test_several_processes_offer_none() -> None:
    """Lost: each scrape reads another process, and every rate is nonsense that looks real."""
    assert offered(Counts(), "on", 2) is None


def test_every_metric_is_documented() -> None:
    """Lost: a dashboard is built on guesses about what a number means."""
    counts = Counts()
    text = Metrics(counts, loopback_only=True).answer("").get_data(as_text=True)
    told = {
        (family.name + ("_total" if family.type == "counter" else ""), family.type)
        for family in text_string_to_metric_families(text)
        if family.name.startswith("lineament_")
    }
    row = re.compile(r"^\| `(lineament_\w+)` \| (\w+) \|", re.MULTILINE)
    assert told == set(row.findall(DOCUMENT.read_text()))
    assert len(told) == len(Counts.__dataclass_fields__)
