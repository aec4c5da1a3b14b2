"""Readiness of a server whose application cannot get ready at once."""

import threading

from lineament.errors import LineamentError
from lineament.server.app import create_server
from lineament.server.background import Background


class SlowApplication:
    """Gets ready when told to; counts its housekeeping."""

    def __init__(self) -> None:
        self.failed = threading.Event()
        self.allowed = False
        self.kept_house = threading.Semaphore(0)

    def ready(self) -> None:
        if not self.allowed:
            self.failed.set()
            raise LineamentError("mobilefacenet.onnx is missing")

    def housekeep(self) -> None:
        self.kept_house.release()
        raise RuntimeError("a table is away")


def test_readyz_says_why_until_the_application_is_ready() -> None:
    """Lost: a deployment without its models looks healthy, or never says what is missing."""
    application = SlowApplication()
    background = Background(application, interval=0.01)
    client = create_server(application, background, 1024).test_client()
    assert client.get("/readyz").status_code == 503
    background.start()
    assert application.failed.wait(30)
    while background.reason == "":
        threading.Event().wait(0.01)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "starting", "reason": "mobilefacenet.onnx is missing"}
    assert client.get("/healthz").status_code == 200
    application.allowed = True
    assert application.kept_house.acquire(timeout=30)
    assert client.get("/readyz").json == {"status": "ready"}
    background.stop()


def test_housekeeping_goes_on_after_a_failure() -> None:
    """Lost: one bad moment of DynamoDB ends all erasure until the next restart."""
    application = SlowApplication()
    application.allowed = True
    background = Background(application, interval=0.01)
    background.start()
    assert all(application.kept_house.acquire(timeout=30) for _ in range(3))
    background.stop()
