"""A profile other than the default one, for collections that are bound to it."""

import json
from importlib import resources
from pathlib import Path

from lineament.vision.profiles import profile_names, read_profile

_DIMENSIONS = {"lineament-mobilefacenet": 192, "lineament-pair": 704}


def second_profile(folder: Path) -> str:
    """Return `accurate` where it ships, or the path of a profile made in `folder`."""
    if "accurate" in profile_names():
        return "accurate"
    shipped = resources.files("lineament.vision").joinpath("profiles", "default.json")
    data = json.loads(shipped.read_text())
    default = read_profile("default").model.recogniser
    recogniser = next(name for name in _DIMENSIONS if name != default)
    path = folder / "second.json"
    path.write_text(
        json.dumps(
            {
                **data,
                "version": f"{recogniser}.test",
                "recogniser": recogniser,
                "dimensions": _DIMENSIONS[recogniser],
            }
        )
    )
    return str(path)
