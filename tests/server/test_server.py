"""Health, connections and the log of the production server."""

import json

from tests.server.conftest import HEADERS, Served, exchange


def test_probes_tell_that_the_process_is_up_and_ready(served: Served) -> None:
    """Lost: a load balancer sends traffic to a server that cannot answer yet, or to none."""
    for path, body in (("/healthz", {"status": "ok"}), ("/readyz", {"status": "ready"})):
        connection = served.connect()
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())) == (200, body)


def test_connection_is_kept_for_the_next_request(served: Served) -> None:
    """Lost: each call of an SDK pays for a new connection."""
    connection = served.connect()
    exchange(connection, b"{}")
    opened = connection.sock
    exchange(connection, b"{}")
    assert connection.sock is opened


def test_any_other_path_and_method_gets_a_modelled_error(served: Served) -> None:
    """Lost: a wrong endpoint URL comes back as an HTML page that SDKs cannot read."""
    for method, path in (("GET", "/"), ("PUT", "/"), ("DELETE", "/a/b?c=d"), ("POST", "/nope")):
        connection = served.connect()
        connection.request(method, path, headers=HEADERS)
        answer = connection.getresponse()
        assert json.loads(answer.read())["__type"] == "UnknownOperationException"
        assert answer.status == 404
        assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"


def test_log_has_a_line_a_request_and_no_credential(served: Served) -> None:
    """Lost: nobody can tell what was asked when, or the log gives keys away."""
    _, _, response = exchange(served.connect(), b'{"MaxResults": 7}')
    line = json.loads(served.logged(response.headers["x-amzn-RequestId"]))
    assert line["method"] == "POST"
    assert line["operation"] == "ListCollections"
    assert line["status"] == 200
    assert line["ms"] >= 0
    log = served.log.read_text()
    assert "5ec4e7" not in log
    assert "MaxResults" not in log
