"""`mock_rekognition`: a decorator and a context manager, as moto's `mock_aws` is."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, overload

from lineament.testing.declarations import Faces, faces
from lineament.testing.decorating import decorated
from lineament.testing.options import EngineName, Options, Undeclared

P = ParamSpec("P")
T = TypeVar("T")


class MockRekognition:
    """Amazon Rekognition for as long as it is active. Made by `mock_rekognition`."""

    def __init__(self, options: Options) -> None:
        """Take the options; nothing is loaded before `start`."""
        self._options = options

    def start(self) -> Faces:
        """Begin, and return where to declare faces.

        Raises:
            RuntimeError: another one is active with other options, or moto runs elsewhere.
            ImportError: moto is not installed, or is another version than the message names.
            ModelUnavailable: the real engine's models are not installed; the message says how to.
        """
        # Imported here: moto and the service take the better part of a second.
        from lineament.testing import running  # noqa: PLC0415

        running.enter(self._options)
        return faces

    def stop(self) -> None:
        """End; the outermost one forgets everything.

        Raises:
            RuntimeError: none is active.
        """
        from lineament.testing import running  # noqa: PLC0415

        running.leave()

    def __enter__(self) -> Faces:
        """As `start`."""
        return self.start()

    def __exit__(self, *_error: object) -> None:
        """As `stop`."""
        self.stop()

    def __call__(self, wanted: Callable[P, T]) -> Callable[P, T]:
        """Decorate a function, a coroutine function, a generator of a fixture, or a class."""
        return decorated(wanted, self.start, self.stop)


@overload
def mock_rekognition(func: Callable[P, T]) -> Callable[P, T]: ...


@overload
def mock_rekognition(
    func: None = None,
    *,
    engine: EngineName = "declared",
    undeclared: Undeclared = "refuse",
    **settings: str,
) -> MockRekognition: ...


def mock_rekognition(
    func: Callable[P, T] | None = None,
    *,
    engine: EngineName = "declared",
    undeclared: Undeclared = "refuse",
    **settings: str,
) -> MockRekognition | Callable[P, T]:
    """Mock Amazon Rekognition, in this process: a decorator or a context manager.

    S3 and DynamoDB are moto's: if no `mock_aws` is active, this begins one. Mocks nest in any
    order, with each other and with `mock_aws`; when the outermost of ours ends, its collections and
    declarations are gone.

    Args:
        func: what to decorate, where it stands without parentheses.
        engine: declared, which finds the faces that the test declares, or real, which computes.
        undeclared: what the declared engine makes of a picture of which nothing was declared:
            refuse raises `UndeclaredPicture`, and no faces finds none.
        settings: Lineament's, by name in lower case: `max_collections="3"`.

    Raises:
        ValueError: there is no such engine or rule.
    """
    mock = MockRekognition(Options(engine, undeclared, tuple(sorted(settings.items()))))
    return mock if func is None else mock(func)
