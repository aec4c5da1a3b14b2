"""`lineament bench gallery` on few faces."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineament.cli.main import main

_SMALL = (
    "--faces",
    "2000",
    "--served",
    "2000",
    "--logged",
    "600",
    "--dimensions",
    "64",
    "--rounds",
    "5",
)


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """Put the environment back, which the bench replaces by that of a local pair."""
    kept = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(kept)


def _bench(report: Path, *words: str) -> dict[str, float]:
    """Run the bench and return its figures by name."""
    status = main(["bench", "gallery", *words, "--json", str(report)])
    figures = json.loads(report.read_text())
    assert status == (0 if all(each["ok"] for each in figures) else 1)
    return {each["name"]: each["value"] for each in figures}


def test_bench_gallery_measures_and_draws(tmp_path: Path) -> None:
    """Lost: nobody sees when search stops being exact, or grows heavier than its bytes."""
    picture = tmp_path / "growth.png"
    words = ("--parts", "scan,calls", "--faces", "12000", "--dimensions", "64", "--rounds", "5")
    figures = _bench(tmp_path / "figures.json", *words, "--plot", str(picture))
    recalls = {name: value for name, value in figures.items() if "recall" in name}
    assert recalls == dict.fromkeys(
        ("recall_k_10", "recall_k_4096", "recall_similarity_80", "recall_similarity_99"), 1.0
    )
    assert figures["search_over_read"] > 0
    assert 0 < figures["sync_one_ms_12000"] < 1000
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_bench_gallery_asks_real_servers(tmp_path: Path) -> None:
    """Lost: nobody sees what a search costs over HTTP, or that one misses a face just added."""
    picture = tmp_path / "clients.png"
    figures = _bench(
        tmp_path / "figures.json", *_SMALL, "--parts", "http,visible", "--plot", str(picture)
    )
    for before in ("http_emulated", "http_remembered"):
        parts = [
            figures[f"{before}_{name}_ms"] for name in ("dynamodb_alone", "index_alone", "rest")
        ]
        assert sum(parts) == pytest.approx(figures[f"{before}_p50_ms"])
        assert figures[f"{before}_p99_ms_8"] > figures[f"{before}_index_alone_ms"]
        assert all(figures[f"{before}_searches_a_second_{each}"] > 1 for each in (1, 2, 4, 8))
    assert figures["visible_in_next_search"] == 1.0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_bench_gallery_starts_cold(tmp_path: Path) -> None:
    """Lost: nobody sees that starts from snapshots grow slow, or find other faces than the log."""
    figures = _bench(tmp_path / "figures.json", *_SMALL, "--parts", "cold")
    assert 0 < figures["cold_read_alone_seconds"] < figures["cold_seconds"]
    assert figures["cold_seconds"] < figures["cold_process_seconds"]
    ratio = figures["log_seconds"] / figures["log_snapshot_seconds"]
    assert figures["log_over_snapshot"] == pytest.approx(ratio)


def test_parts_without_a_picture_are_measured_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: the figures of a long run, to an error of the library that draws."""
    figures, picture = tmp_path / "figures.json", tmp_path / "none.png"
    words = ("--parts", "calls", "--faces", "2000", "--dimensions", "64", "--rounds", "2")
    assert "sync_one_ms_2000" in _bench(figures, *words, "--plot", str(picture))
    assert "no picture" in capsys.readouterr().out
    assert not picture.exists()


def test_bench_gallery_refuses_unknown_parts(capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a typing error in --parts is an empty run that looks like a success."""
    with pytest.raises(SystemExit):
        main(["bench", "gallery", "--parts", "scan,colt"])
    assert "there is no colt" in capsys.readouterr().err
