"""What is there from a mock's begin to its end."""

import threading
from contextlib import ExitStack

from lineament.testing.declarations import faces
from lineament.testing.intercept import Interception
from lineament.testing.moto_hooks import MockAWS, mock_aws
from lineament.testing.options import Options
from lineament.testing.service import Service, build_service


class Running:
    """The service of one stretch of time, with moto beneath it."""

    def __init__(self, options: Options) -> None:
        """Begin.

        Raises:
            RuntimeError: moto answers from another process.
            ModelUnavailable: the real engine's models are not installed; the message says how to.
        """
        self.options = options
        moto = mock_aws()
        if type(moto) is not MockAWS:
            raise RuntimeError(
                "mock_rekognition works beside moto in the test's own process; moto's server and "
                "proxy modes answer from another: `lineament serve --local` is for those"
            )
        with ExitStack() as undo:
            moto.start()
            undo.callback(moto.stop)
            faces.open()
            undo.callback(faces.close)
            self.service: Service = build_service(options, faces)
            undo.callback(self.service.erase)
            interception = Interception(self.service.handle)
            interception.begin()
            undo.callback(interception.end)
            self._undo = undo.pop_all()

    def end(self) -> None:
        """Forget everything that was stored and declared, and leave moto and botocore as before."""
        self._undo.close()


current: Running | None = None
"""The one that is active in this process."""
_depth = 0
_lock = threading.RLock()


def enter(options: Options) -> None:
    """Begin, or join the one that is active.

    Raises:
        RuntimeError: the active one has other options.
    """
    global current, _depth  # noqa: PLW0603 - as botocore and moto, a process has one
    with _lock:
        if current is None:
            current = Running(options)
        elif current.options != options:
            raise RuntimeError(
                f"mock_rekognition is active already, with other options ({current.options}); "
                "mocks that nest share one service"
            )
        _depth += 1


def leave() -> None:
    """End what `enter` began.

    Raises:
        RuntimeError: none is active.
    """
    global current, _depth  # noqa: PLW0603
    with _lock:
        if current is None:
            raise RuntimeError("Called stop() before start().")
        _depth -= 1
        if _depth == 0:
            ended, current = current, None
            ended.end()
