"""An image's content, run on this machine as a container would be, without an engine.

What runs sees the image's folders, Python itself, and of this machine the libraries under /usr/lib
alone. All of it is read-only but /tmp, there is no /dev/shm, no network but loopback, and the user
is the image's. Meant for a process that `unshare` has given mounts and a network of its own:
`python -m tests.packaging.sandbox WHAT DOCKERFILE FOLDER` prints what a scenario of
tests/packaging/scenarios.py found, as JSON.
"""

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.packaging.dockerfile import Image, image_in

NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 1
_DEVICES = ("null", "zero", "random", "urandom")


def allowed() -> bool:
    """Tell whether this user may have namespaces."""
    if shutil.which("unshare") is None:
        return False
    probe = [*NAMESPACES, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def loopback_up() -> None:
    """Give the new network its one interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        flags = fcntl.ioctl(asked, _SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        (now,) = struct.unpack_from("h", flags, 16)
        fcntl.ioctl(asked, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", now | _UP))


class Sandbox:
    """The root of an image's file system."""

    def __init__(self, image: Image) -> None:
        """Mount it; it goes with this process's namespace."""
        self.root = Path(tempfile.mkdtemp())
        self._image = image
        _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", self.root)
        self._bind(Path("/usr/lib"))
        for name in ("lib", "lib64"):
            there = Path("/") / name
            if there.is_symlink():
                (self.root / name).symlink_to(there.readlink())
        if Path("/usr/lib64").is_dir():
            self._bind(Path("/usr/lib64"))
        self._bind(Path("/etc/ld.so.cache"))
        self._bind(Path(sys.base_prefix))
        for there, here in image.folders.items():
            self._bind(here, there)
        for device in _DEVICES:
            self._bind(Path("/dev") / device, read_only=False)
        for folder, mode in (("proc", 0o555), ("tmp", 0o1777)):
            (self.root / folder).mkdir(mode)
        _mount("-t", "proc", "-o", "ro", "proc", self.root / "proc")
        _mount("-t", "tmpfs", "-o", "mode=1777,size=512m", "tmpfs", self.root / "tmp")
        _mount("-o", "remount,ro", self.root)

    def command(self, *words: str) -> tuple[str, ...]:
        """Return what runs the words inside, as the image's user and in its folder."""
        user, group = self._image.final.last("USER").split(":")
        inside = ("--root", str(self.root), "--wd", self._image.final.last("WORKDIR"))
        return ("unshare", *inside, "--setgid", group, "--setuid", user, *words)

    def environment(self, given: dict[str, str]) -> dict[str, str]:
        """Return a container's variables: the image's, and those that it is started with."""
        return {"PATH": os.defpath, **self._image.final.environment(), **given}

    def python(self, program: str, **given: str) -> Any:
        """Run a program on the image's Python; return what it prints, read as JSON."""
        words = self.command("/opt/lineament/bin/python", "-c", program)
        environment = self.environment(given)
        ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def _bind(self, here: Path, there: str | None = None, *, read_only: bool = True) -> None:
        target = self.root / (there or str(here)).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.touch()
        _mount("--bind", here, target)
        if read_only:
            _mount("-o", "remount,bind,ro", target)


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


def run(scenario: str, dockerfile: Path, folder: Path) -> dict[str, Any]:
    """Run a scenario in namespaces of its own, and return what it found.

    Args:
        scenario: a function of tests/packaging/scenarios.py.
        dockerfile: of the image.
        folder: where `dockerfile.build` has put it.
    """
    words = [*NAMESPACES, sys.executable, "-m", __name__, scenario, str(dockerfile), str(folder)]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def main(scenario: str, dockerfile: str, folder: str) -> None:
    """Run a scenario here and print what it found."""
    from tests.packaging import scenarios  # noqa: PLC0415 - it needs this module

    loopback_up()
    play: Callable[[Sandbox, Image], dict[str, Any]] = getattr(scenarios, scenario)
    image = image_in(Path(dockerfile), Path(folder))
    sys.stdout.write(json.dumps(play(Sandbox(image), image)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
