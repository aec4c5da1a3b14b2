"""`lineament bench gallery` on few faces."""

import json
from pathlib import Path

from lineament.cli.main import main


def test_bench_gallery_measures_and_draws(tmp_path: Path) -> None:
    """Lost: nobody sees when search stops being exact, or grows heavier than its bytes."""
    report, picture = tmp_path / "figures.json", tmp_path / "growth.png"
    words = ["--faces", "12000", "--dimensions", "64", "--rounds", "5"]
    status = main(["bench", "gallery", *words, "--json", str(report), "--plot", str(picture)])
    figures = {figure["name"]: figure for figure in json.loads(report.read_text())}
    assert status == (0 if all(figure["ok"] for figure in figures.values()) else 1)
    recalls = {name: each["value"] for name, each in figures.items() if "recall" in name}
    assert recalls == dict.fromkeys(
        ("recall_k_10", "recall_k_4096", "recall_similarity_80", "recall_similarity_99"), 1.0
    )
    assert figures["search_over_read"]["value"] > 0
    assert picture.read_bytes().startswith(b"\x89PNG")
