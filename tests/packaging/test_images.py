"""Both images: linted, made by their own steps without an engine, and run as containers would be.

The steps need the package registries, as `make setup` does.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.packaging import dockerfile, sandbox
from tests.packaging.dockerfile import ROOT
from tests.packaging.weighing import MB, table, weigh
from tests.telling import FIGURES

FUNCTIONS, SERVER = ROOT / "lambdas" / "Dockerfile", ROOT / "infra" / "docker" / "Dockerfile"
PAGE = ROOT / "docs" / "functions.md"
INSTALL = ROOT / "infra" / "docker" / "install.sh"
BAR = 1500 * MB
BASE = 130 * MB
"""Of python:3.11-slim-bookworm, unpacked; a round figure from above, for it cannot be had here."""
SLIM = {"linux-vdso", "ld-linux", "libc", "libm", "libdl", "libpthread", "librt", "libutil"} | {
    "libgcc_s",
    "libstdc++",
    "libz",
    "statically",  # linked: what the loader says of a library that asks for none
}
"""Libraries that every Debian with Python has."""
MANIFEST = ROOT / "service/lineament/vision/models.json"
ARM64 = [f"manylinux_2_{minor}_aarch64" for minor in range(17, 37)]
"""What glibc 2.36 runs, Debian bookworm's."""
_PIN = re.compile(r"^([a-z0-9\-]+==\S+) \\$", re.MULTILINE)

pytestmark = pytest.mark.timeout(600)
needs_namespaces = pytest.mark.skipif(
    not sandbox.allowed(),
    reason="needs Linux and root: unshare has to give a network and mounts of its own",
)


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the functions' image; return the folder in which its root lies."""
    here = tmp_path_factory.mktemp("functions")
    dockerfile.build(FUNCTIONS, here)
    return here / "image"


@pytest.fixture(scope="session")
def server(functions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the server's image out of the functions': what its lock has more, and not what it lacks.

    `test_both_images_are_made_by_the_same_steps` shows that the rest is the same.
    """
    root = tmp_path_factory.mktemp("server") / "image"
    folder = root / "opt" / "lineament"
    folder.parent.mkdir(parents=True)
    dockerfile.run(["cp", "-al", str(functions / "opt" / "lineament"), str(folder)], ROOT)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    lock = str(ROOT / "infra" / "docker" / "server.lock")
    dockerfile.run([*pip, "install", "--require-hashes", "--no-deps", "-r", lock], ROOT)
    extra = sorted(name.split("==")[0] for name in pinned("lambda") - pinned("server"))
    dockerfile.run([*pip, "uninstall", "--yes", *extra], ROOT)
    dockerfile.run(["chmod", "-R", "a+rX", str(folder)], ROOT)
    return root


def pinned(lock: str) -> set[str]:
    """Return the packages of a lock file of the images, each as name==version."""
    return set(_PIN.findall((ROOT / "infra" / "docker" / f"{lock}.lock").read_text()))


def test_dockerfiles_are_linted() -> None:
    """Lost: a mistake that hadolint knows breaks the build of whoever has an engine."""
    # DL3059 wants one RUN; a step each is kept apart, so that a change of code fetches no packages.
    hadolint = Path(sys.executable).parent / "hadolint"
    linted = subprocess.run(
        [hadolint, "--ignore", "DL3059", FUNCTIONS, SERVER],
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("path", [FUNCTIONS, SERVER], ids=["functions", "server"])
def test_images_run_as_nobody_from_a_named_base(path: Path) -> None:
    """Lost: a container runs as root, or is made of whatever is latest."""
    assert re.search(r"^ARG BASE=python:3\.11-slim-bookworm$", path.read_text(), re.MULTILINE)
    building, final = dockerfile.read(path)
    assert building.last("FROM") == "${BASE} AS build"
    assert final.last("FROM") == "${BASE}"
    user, group = map(int, final.last("USER").split(":"))
    assert min(user, group) >= 1000
    assert final.all("RUN") == [], "what is made is made before, as root, and not writable after"


def test_both_images_are_made_by_the_same_steps() -> None:
    """Lost: the server's image is not what is tested as such."""
    texts = [path.read_text().split("FROM ${BASE} AS build")[1] for path in (FUNCTIONS, SERVER)]
    functions, server = (text.split("FROM ${BASE}")[0] for text in texts)
    functions = functions.replace("lambda.lock", "server.lock").replace(" /var/task\n", "\n")
    assert functions.replace("COPY lambdas /var/task/lambdas\n", "") == server


def test_what_the_images_copy_reaches_the_build() -> None:
    """Lost: .dockerignore keeps from the engine what a Dockerfile copies, or sends it pictures."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] != "#"]
    assert rules[0] == "*"
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        source
        for path in (FUNCTIONS, SERVER)
        for line in dockerfile.read(path)[0].all("COPY")
        for source in line.split()[:-1]
    }
    assert {re.sub(r"[a-z]+\.lock", "*.lock", source) for source in copied} == kept
    for each in copied:
        assert (ROOT / each).exists()


@pytest.mark.parametrize("lock", ["lambda", "server", "build"])
def test_packages_of_the_images_are_those_that_are_tested(lock: str) -> None:
    """Lost: an image runs other versions than the tests did, or ones that nobody checks by hash."""
    text = (ROOT / "infra" / "docker" / f"{lock}.lock").read_text()
    assert pinned(lock)
    assert pinned(lock) <= set(_PIN.findall((ROOT / "requirements.lock").read_text()))
    assert text.count(" \\\n    --hash=sha256:") >= len(pinned(lock))


@pytest.mark.parametrize("lock", ["lambda", "server", "build", "models"])
def test_arm64_has_a_wheel_of_each_package(lock: str, tmp_path: Path) -> None:
    """Lost: the architecture that infra/template.yaml takes by default has no image."""
    packages = weighty() if lock == "models" else pinned(lock)
    assert packages
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed"]
    there = [
        "--target",
        str(tmp_path),
        "--python-version=3.11",
        *map("--platform={}".format, ARM64),
    ]
    dockerfile.run([*pip, *there, "--no-deps", "--only-binary=:all:", *sorted(packages)], tmp_path)


def weighty() -> set[str]:
    """Return the packages of pip's that models come out of, each as name==version."""
    return {
        f"{each['package']}=={each['version']}"
        for each in json.loads(MANIFEST.read_text())["packages"]
        if each["manager"] == "pip" and any(".onnx" in file["name"] for file in each["files"])
    }


def test_the_functions_image_is_small_enough(
    functions: Path, record_property: Callable[[str, object], None]
) -> None:
    """Lost: Lambda loads gigabytes, or an image comes without its models."""
    folder = functions / "opt" / "lineament"
    weights = weigh(folder)
    record_property(FIGURES, table(weights))
    assert weights.total() + BASE <= BAR
    (told,) = re.findall(r"^\| sum \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    assert weights.total() / MB == pytest.approx(int(told), rel=0.05)
    assert weights["the models"] > 70 * MB
    assert {"awslambdaric", "lineament", "onnxruntime"} <= set(weights)
    assert not {"tensorflow", "torch", "keras", "pip", "pytest", "moto"} & set(weights)
    assert not (folder / "share" / "lineament" / "models" / "photos").exists()
    manifest = json.loads(MANIFEST.read_text())
    models = {f["name"] for p in manifest["packages"] for f in p["files"] if "onnx" in f["name"]}
    assert models == {path.name for path in folder.rglob("share/**/*.onnx")}


@needs_namespaces
def test_an_images_user_writes_in_tmp_alone(functions: Path) -> None:
    """Lost: the image needs what a function has not: root, a disk, a library of this machine."""
    found = sandbox.run("surroundings", FUNCTIONS, functions)
    assert (found["user"], found["prefix"]) == (65532, "/opt/lineament")
    assert [folder for folder, told in found["writes"].items() if told is True] == ["/tmp"]  # noqa: S108
    assert {"/", "/opt/lineament", "/var/task"} < set(found["writes"])
    assert found["outside"] == "Network is unreachable"
    assert {re.sub(r"(-x86-64|-aarch64)?\.so.*", "", name) for name in found["libraries"]} <= SLIM


@needs_namespaces
def test_functions_answer_from_their_image(functions: Path) -> None:
    """Lost: the image is deployed and its functions answer nothing."""
    found = sandbox.run("functions", FUNCTIONS, functions)
    assert found["before"] == []
    (face,) = found["indexed"]
    assert found["found"] == {face: 100.0}
    assert 15 < found["ages"][0] < 75
    assert found["after_snapshot"] == [1, ["people"]]


@needs_namespaces
def test_the_server_answers_from_its_image(server: Path) -> None:
    """Lost: the container starts and its health check never passes, or it will not stop."""
    found: dict[str, Any] = sandbox.run("server", SERVER, server)
    assert found["unhealthy_before"] != 0
    assert found["healthy"]
    assert found["ready"]
    assert found["faces"] == 1
    assert found["status"] == 0


def test_an_unknown_step_is_refused(tmp_path: Path) -> None:
    """Lost: a slip in a Dockerfile makes an image that lacks a step."""
    ended = subprocess.run(["sh", INSTALL, "model", tmp_path], capture_output=True, check=False)
    assert ended.returncode == 2
