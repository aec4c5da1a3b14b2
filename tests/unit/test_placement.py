"""The engine that settings name."""

from pathlib import Path

import pytest

from lineament import config
from lineament.app import choose_placement
from lineament.gallery.milvus import MilvusEngine
from lineament.storage.provision import connect, ensure_tables
from tests.emulated import emulated


def test_deployments_of_one_table_name_do_not_share_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: production and staging on one Milvus, both with a table of the default name, drop each
    other's vectors as what no collection stands for."""
    prefixes = []
    for _ in range(2):
        with emulated(ministack=False) as url:
            monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
            settings = config.load(
                {
                    "LINEAMENT_SNAPSHOT_BUCKET": "snapshots",
                    "LINEAMENT_MILVUS_URI": str(tmp_path / "lite.db"),
                    "LINEAMENT_GALLERY_ENGINE": "milvus",
                }
            )
            ensure_tables(connect(settings.table, settings.region))
            engines = [choose_placement(settings).engine for _ in range(2)]
            names = {each.prefix for each in engines if isinstance(each, MilvusEngine)}
            assert len(names) == 1
            prefixes += names
    assert len(set(prefixes)) == 2


def test_an_engine_needs_a_bucket_and_a_place() -> None:
    """Lost: a server that starts, and can never put a vector into the engine it was told to use."""
    with pytest.raises(config.ConfigurationError, match="SNAPSHOT_BUCKET"):
        config.load({"LINEAMENT_MILVUS_URI": "http://127.0.0.1:19530"})
    with pytest.raises(config.ConfigurationError, match="MILVUS_URI"):
        config.load({"LINEAMENT_GALLERY_ENGINE": "milvus"})
    assert "secret" not in repr(
        config.load(
            {
                "LINEAMENT_SNAPSHOT_BUCKET": "snapshots",
                "LINEAMENT_MILVUS_URI": "http://127.0.0.1:19530",
                "LINEAMENT_MILVUS_TOKEN": "root:secret",
            }
        )
    )
