"""Settings from the environment."""

from pathlib import Path

import pytest

from lineament import config
from lineament.config import ConfigurationError


def test_defaults_need_no_environment() -> None:
    """Else the service does not start without being configured."""
    settings = config.load({})
    assert (settings.table, settings.region) == ("lineament", "us-east-1")
    assert settings.max_body_bytes >= 16 * 1024 * 1024


def test_aws_region_is_the_default_region() -> None:
    """Else the table is looked for in another region than the operator's."""
    assert config.load({"AWS_REGION": "eu-west-1"}).region == "eu-west-1"
    given = {"AWS_REGION": "eu-west-1", "LINEAMENT_REGION": "ap-south-1"}
    assert config.load(given).region == "ap-south-1"


def test_a_value_is_read_with_its_type() -> None:
    """Else a limit compares as text."""
    given = {"LINEAMENT_MAX_COLLECTIONS": "7", "LINEAMENT_MODEL_DIR": "/models"}
    settings = config.load(given)
    assert settings.max_collections == 7
    assert settings.model_dir == Path("/models")


def test_collection_profiles_are_read_in_their_order() -> None:
    """Else the first match is another than the operator wrote."""
    given = {"LINEAMENT_COLLECTION_PROFILES": "door-*=light, staff=/etc/own.json"}
    assert config.load(given).collection_profiles == (
        ("door-*", "light"),
        ("staff", "/etc/own.json"),
    )
    assert config.load({}).collection_profiles == ()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LINEAMENT_MAX_COLLECTIONS", "many"),
        ("LINEAMENT_MAX_COLLECTIONS", "0"),
        ("LINEAMENT_DEFAULT_ACCOUNT", "12345"),
        ("LINEAMENT_CONSTRAINT_ERROR_CODE", "Nope"),
        ("LINEAMENT_TABEL", "faces"),
        ("LINEAMENT_COLLECTION_PROFILES", "light"),
        ("LINEAMENT_COLLECTION_PROFILES", "vip-*="),
        ("LINEAMENT_COLLECTION_PROFILES", "door/*=light"),
        ("LINEAMENT_COLLECTION_PROFILES", "door-*=light,"),
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str) -> None:
    """Else an operator's typing error runs for weeks as a default."""
    with pytest.raises(ConfigurationError, match=variable):
        config.load({variable: value})


def test_what_a_setting_takes_is_told() -> None:
    """Lost: the operator is told of a pattern that stands nowhere."""
    for variable, value, told in [
        ("LINEAMENT_TABLE", "ab", "3 to 255"),
        ("LINEAMENT_MILVUS_URI", "localhost:19530", "http://"),
    ]:
        with pytest.raises(ConfigurationError, match=told):
            config.load({variable: value})


def test_every_setting_is_described() -> None:
    """Else `lineament settings` hides what can be set."""
    names = {variable for variable, _, _ in config.describe()}
    assert names == {f"LINEAMENT_{field.upper()}" for field in config.Settings.__dataclass_fields__}


def test_galleries_fit_into_a_function() -> None:
    """Lost: a Lambda function of 1 GB fills its memory with galleries, and is ended by Lambda."""
    function = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"}
    assert config.load(function).gallery_bytes == 512 * 1024 * 1024
    own = {**function, "LINEAMENT_GALLERY_BYTES": "100000000"}
    assert config.load(own).gallery_bytes == 100_000_000
    assert config.load({}).gallery_bytes == 2048 * 1024 * 1024
