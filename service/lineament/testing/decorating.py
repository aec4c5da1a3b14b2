"""A mock around functions and classes; names and signatures stay, for pytest's fixtures."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import unittest

T = TypeVar("T")
Step = Callable[[], object]


def decorated(wanted: T, start: Step, stop: Step) -> T:
    """Return `wanted` between `start` and `stop`.

    Args:
        wanted: a function, which is wrapped whole, whether it returns, yields or is awaited; or a
            class, which is changed: its tests are wrapped, each with its setup and teardown.
        start: begins a mock.
        stop: ends it.
    """
    if inspect.isclass(wanted):
        _decorate_class(wanted, start, stop)
        return wanted
    return cast("T", _decorate_function(wanted, start, stop))


@contextmanager
def _between(start: Step, stop: Step) -> Iterator[None]:
    start()
    try:
        yield
    finally:
        stop()


def _decorate_function(function: Any, start: Step, stop: Step) -> Any:  # noqa: ANN401
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def asynchronous_generator(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:  # noqa: ANN401
            with _between(start, stop):
                # Closed here, since what it does at its end belongs inside.
                async with aclosing(function(*args, **kwargs)) as values:
                    async for value in values:
                        yield value

        return asynchronous_generator
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            with _between(start, stop):
                return await function(*args, **kwargs)

        return coroutine
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Iterator[Any]:  # noqa: ANN401
            with _between(start, stop):
                yield from function(*args, **kwargs)

        return generator

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        with _between(start, stop):
            return function(*args, **kwargs)

    return wrapper


def _decorate_class(cls: type, start: Step, stop: Step) -> None:
    import unittest  # noqa: PLC0415 - pytest alone has no need of it

    if issubclass(cls, unittest.TestCase):
        _around_unittest(cls, start, stop)
    elif hasattr(cls, "setup_method"):
        _around_setup_method(cls, start, stop)
    else:
        for name, value in list(vars(cls).items()):
            if name.startswith("test") and inspect.isfunction(value):
                setattr(cls, name, _decorate_function(value, start, stop))


def _around_unittest(cls: "type[unittest.TestCase]", start: Step, stop: Step) -> None:
    set_up = cls.setUp

    @functools.wraps(set_up)
    def started(self: "unittest.TestCase") -> None:
        start()
        self.addCleanup(stop)  # after tearDown, and where setUp fails as well
        set_up(self)

    cls.setUp = started  # type: ignore[method-assign]


def _around_setup_method(cls: Any, start: Step, stop: Step) -> None:  # noqa: ANN401
    set_up = cls.setup_method
    tear_down = getattr(cls, "teardown_method", None)

    @functools.wraps(set_up)
    def started(*args: object) -> None:
        start()
        try:
            _call(set_up, *args)
        except BaseException:
            stop()  # pytest tears nothing down that was not set up
            raise

    def ended(self: object, method: object) -> None:
        try:
            if tear_down is not None:
                _call(tear_down, self, method)
        finally:
            stop()

    cls.setup_method, cls.teardown_method = started, ended


def _call(step: Callable[..., object], *args: object) -> None:
    """Call with the arguments that are wanted: pytest gives the test's method to who takes it."""
    step(*args[: len(inspect.signature(step).parameters)])
