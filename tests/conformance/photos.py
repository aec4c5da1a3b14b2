"""The pictures that SPEC.md F names: people A and B, a group, and none."""

from functools import cache

from lineament import config


@cache
def photo(name: str) -> bytes:
    """Return an installed photo by its file name."""
    return (config.load().model_dir / "photos" / name).read_bytes()


def image(name: str) -> dict[str, bytes]:
    """Return an Image parameter that holds a photo."""
    return {"Bytes": photo(name)}


A1, A2, A3, B1, GROUP, NOBODY = (
    "obama.jpg",
    "obama2.jpg",
    "obama3.jpg",
    "biden.jpg",
    "t1.jpg",
    "coffee.png",
)
GROUP_SIZE = 6
