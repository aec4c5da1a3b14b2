"""What a process takes on at once, and whom it turns away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.errors import ServiceUnavailable
from lineament.handlers.services import Services
from lineament.server.line import Line
from lineament.server.listen import Listen
from lineament.server.overload import SMALL_BODY, Limits, Overload

PAGE = Path(__file__).parents[2] / "docs" / "limits.md"
FOREVER = 30.0
LARGE = SMALL_BODY + 1


class Crowd:
    """Threads of which each does one thing after the other, when told."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def start(self, work: Callable[[], Any]) -> "Doing":
        doing = Doing(work)
        thread = threading.Thread(target=doing.run, daemon=True)
        self._threads.append(thread)
        thread.start()
        return doing

    def join(self) -> None:
        for thread in self._threads:
            thread.join(FOREVER)
            assert not thread.is_alive()


class Doing:
    """Something that a thread does, and what came of it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._done = threading.Event()
        self.result: Any = None

    def run(self) -> None:
        try:
            self.result = self._work()
        except ServiceUnavailable as error:
            self.result = error
        self._done.set()

    def wait(self) -> Any:
        assert self._done.wait(FOREVER)
        return self.result

    @property
    def done(self) -> bool:
        return self._done.is_set()


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    crowd = Crowd()
    yield crowd
    crowd.join()


def standing(line: Line, count: int) -> None:
    """Return when so many stand in line."""
    pause = threading.Event()
    for _ in range(3000):
        if len(line._standing) == count:
            return
        pause.wait(0.01)
    raise AssertionError(len(line._standing))


def test_a_line_is_served_in_order(crowd: Crowd) -> None:
    """Lost: under load some requests wait for ever while later ones are answered."""
    line, order = Line(1, 3, FOREVER), []
    assert line.enter()

    def go(number: int) -> None:
        assert line.enter()
        order.append(number)
        line.leave()

    for number in range(3):
        crowd.start(lambda number=number: go(number))  # type: ignore[misc]
        standing(line, number + 1)
    assert line.is_full()
    assert not line.enter()
    line.leave()
    crowd.join()
    assert order == [0, 1, 2]
    assert not line.is_full()


def test_nobody_passes_those_who_wait(crowd: Crowd) -> None:
    """Lost: small requests keep large ones waiting until they are refused."""
    line = Line(10, 1, FOREVER)
    assert line.enter(6)
    large = crowd.start(lambda: line.enter(7))
    standing(line, 1)
    assert not line.enter(2)
    line.leave(6)
    assert large.wait()


def test_who_waits_too_long_is_turned_away_and_lets_others_in(crowd: Crowd) -> None:
    """Lost: one large body that finds no room keeps every small one waiting."""
    line = Line(10, 2, 0.3)
    assert line.enter(6)
    large = crowd.start(lambda: line.enter(7))
    standing(line, 1)
    threading.Event().wait(0.05)  # it waits by now, for 0.3 s
    line._seconds = FOREVER
    small = crowd.start(lambda: line.enter(4))
    assert not large.wait()
    assert small.wait()
    line.leave(6)
    line.leave(4)
    assert line.enter(10)


def test_what_is_larger_than_all_room_goes_alone() -> None:
    """Lost: the largest picture that is allowed can never be read."""
    line = Line(10, 0, FOREVER)
    assert line.enter(25)
    assert not line.enter(1)
    line.leave(25)
    assert line.enter(1)


@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=40))
def test_a_line_never_lets_in_more_than_there_is_room(steps: list[tuple[int, bool]]) -> None:
    """Lost: a sequence of requests leads to more memory than the bound, or to none for anybody."""
    line, inside = Line(10, 0, FOREVER), []
    for size, leaves in steps:
        if leaves and inside:
            line.leave(inside.pop(0))
        elif line.enter(size):
            inside.append(size)
        assert sum(inside) <= 10 or len(inside) == 1
    for size in inside:
        line.leave(size)
    assert line.enter(10)


class Studio:
    """A process's services, with an engine and a store that count and may be held up."""

    def __init__(self, **limits: Any) -> None:
        usual = {"calls": 9, "pictures": 1, "waiting_pictures": 1, "read_bytes": 3 * LARGE}
        self.overload = Overload(
            Limits(**{**usual, "waiting_reads": 0, "seconds": FOREVER, **limits})
        )
        self.looking = 0
        self.most = 0
        self.seen: list[bytes] = []
        self.go_on = threading.Event()
        self.lock = threading.Lock()
        ports: dict[str, Any] = {each.name: None for each in fields(Services)}
        ports |= {"engine": lambda: self, "objects": self}
        self.services: Services = self.overload.guard(Services(**ports))

    def analyse(self, image: bytes) -> Any:
        with self.lock:
            self.looking += 1
            self.most = max(self.most, self.looking)
            self.seen.append(image)
        assert self.go_on.wait(FOREVER)
        with self.lock:
            self.looking -= 1
        return image

    def read(self, *_where: Any) -> bytes:
        return bytes(10)

    def serve(self, size: int = 10, pictures: int = 1, picture: bytes = b"") -> Any:
        """Serve a request that looks at so many pictures."""
        with self.overload.request(size):
            self.overload.begin()
            for _ in range(pictures):
                self.services.engine().analyse(picture)
            return "served"

    @contextmanager
    def held(self, size: int) -> Iterator[None]:
        """Be a request of another thread, whose body is there, for as long as the block."""
        entered, leave = threading.Event(), threading.Event()

        def be() -> None:
            with self.overload.request(size):
                entered.set()
                assert leave.wait(FOREVER)

        thread = threading.Thread(target=be)
        thread.start()
        assert entered.wait(FOREVER)
        try:
            yield
        finally:
            leave.set()
            thread.join()


def test_pictures_are_looked_at_in_turn_and_the_rest_is_told_at_once(crowd: Crowd) -> None:
    """Lost: under load everybody waits until their client gives up, and nobody gets an answer."""
    studio = Studio()
    first = crowd.start(studio.serve)
    while not studio.looking:
        assert not first.done
    second = crowd.start(studio.serve)
    standing(studio.overload._pictures, 1)
    third = crowd.start(studio.serve).wait()
    assert (third.status, third.code) == (503, "ServiceUnavailable")
    assert studio.overload.refused.read() == {("pictures",): 1}
    assert crowd.start(lambda: studio.serve(pictures=0)).wait() == "served"
    studio.go_on.set()
    assert [first.wait(), second.wait()] == ["served", "served"]
    assert studio.most == 1
    assert studio.serve() == "served"


def test_a_request_takes_one_turn_for_all_its_pictures(crowd: Crowd) -> None:
    """Lost: CompareFaces is refused, or waits again, when half of it is done."""
    studio = Studio()
    first = crowd.start(lambda: studio.serve(pictures=2, picture=b"first"))
    while not studio.looking:
        assert not first.done
    second = crowd.start(lambda: studio.serve(picture=b"second"))
    standing(studio.overload._pictures, 1)
    studio.go_on.set()
    assert [first.wait(), second.wait()] == ["served", "served"]
    assert studio.seen == [b"first", b"first", b"second"]


def fail(studio: Studio) -> None:
    studio.overload.begin()
    studio.services.engine().analyse(b"")
    raise ZeroDivisionError


def test_a_failure_gives_everything_back() -> None:
    """Lost: after a few failed requests the process refuses all others."""
    studio = Studio(calls=1, waiting_pictures=0, read_bytes=LARGE)
    studio.go_on.set()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), studio.overload.request(LARGE):
            fail(studio)
    assert studio.serve(LARGE) == "served"


def test_large_bodies_are_not_read_when_there_is_no_room() -> None:
    """Lost: many large bodies at once fill the memory, and the process is killed."""
    studio = Studio()
    with ExitStack() as others:
        for _ in range(3):
            others.enter_context(studio.held(LARGE))
        with pytest.raises(ServiceUnavailable), studio.overload.request(LARGE):
            pytest.fail("read")
        assert studio.overload.refused.read() == {("bytes",): 1}
        with studio.overload.request(SMALL_BODY):
            pass
    with studio.overload.request(3 * LARGE):
        pass


def test_large_bodies_are_not_read_when_nobody_could_look_at_them(crowd: Crowd) -> None:
    """Lost: an overloaded process spends its time on reading what it then refuses."""
    studio = Studio()
    for waiting in range(2):
        crowd.start(studio.serve)
        while not studio.looking:
            pass
        standing(studio.overload._pictures, waiting)
    with pytest.raises(ServiceUnavailable), studio.overload.request(LARGE):
        pytest.fail("read")
    with studio.overload.request(SMALL_BODY):
        pass
    studio.go_on.set()


def test_pictures_in_s3_count_by_what_came() -> None:
    """Lost: small requests for large objects fill the memory; or a few small objects close it."""
    studio = Studio(read_bytes=1000)
    read = studio.services.objects.read
    with studio.overload.request(10):
        for _ in range(50):
            assert len(read("r", "b", "k", None, 500)) == 10
        assert studio.overload._reads._taken == 500
        with pytest.raises(ServiceUnavailable):
            read("r", "b", "k", None, 501)
    assert studio.overload._reads._taken == 0


def test_a_read_that_fails_gives_its_room_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: objects that are missing close S3 for everybody."""
    studio = Studio(read_bytes=1000)

    def fail(*_where: Any) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(studio, "read", fail)
    with studio.overload.request(10):
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                studio.services.objects.read("r", "b", "k", None, 900)
        assert studio.overload._reads._taken == 0


def test_too_many_calls_are_told(crowd: Crowd) -> None:
    """Lost: while DynamoDB hangs, threads pile up until the process hangs as well."""
    studio = Studio(calls=1, seconds=0.05)
    entered, leave = threading.Event(), threading.Event()

    def call() -> None:
        with studio.overload.request(10):
            studio.overload.begin()
            entered.set()
            assert leave.wait(FOREVER)

    crowd.start(call)
    assert entered.wait(FOREVER)
    with pytest.raises(ServiceUnavailable), studio.overload.request(10):
        studio.overload.begin()
    assert studio.overload.refused.read() == {("calls",): 1}
    leave.set()


def test_who_waits_for_pictures_holds_up_no_call(crowd: Crowd) -> None:
    """Lost: ListCollections waits behind pictures."""
    studio = Studio(calls=1, waiting_pictures=3)
    waiting = [crowd.start(studio.serve) for _ in range(4)]
    standing(studio.overload._pictures, 3)
    assert crowd.start(lambda: studio.serve(pictures=0)).wait() == "served"
    studio.go_on.set()
    assert [each.wait() for each in waiting] == ["served"] * 4


def test_what_no_client_waits_for_is_not_held_up() -> None:
    """Lost: the server's own start waits behind requests, or takes a turn for good."""
    studio = Studio(waiting_pictures=0)
    studio.go_on.set()
    for _ in range(3):
        studio.services.engine().analyse(b"")
        studio.services.objects.read("r", "b", "k", None, 10 * LARGE)
    assert studio.serve() == "served"


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 8, 32, 128, 1024])
def test_lines_leave_threads_over(threads: int) -> None:
    """Lost: pictures that wait hold every thread, so that nothing else is answered."""
    limits = Limits.of(threads)
    assert limits.pictures >= 1
    held = limits.pictures + limits.waiting_pictures + limits.waiting_reads
    assert held < threads or threads == 1
    if threads >= 4:
        assert held <= threads * 3 // 4


def test_the_page_says_what_a_server_takes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: operators plan for limits that the server does not have."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    threads = Listen("", 0).threads
    limits = Limits.of(threads)
    assert (limits.pictures, limits.seconds) == (2, 5.0)
    page = PAGE.read_text()
    assert f"of `--threads` {threads}: {limits.waiting_pictures} on two cores, each 5 s" in page
    assert f"{limits.read_bytes // 2**20} MiB | {limits.waiting_reads}, each 5 s" in page
    assert f"| all other calls | {limits.calls} |" in page
    assert f"bodies over {SMALL_BODY // 1024} KiB" in page
