"""What the parts of an image weigh: `python -m tests.packaging.weighing FOLDER`."""

import os
import sys
from collections import Counter
from importlib.metadata import distributions
from pathlib import Path

MB = 1_000_000


def weigh(folder: Path) -> Counter[str]:
    """Return the bytes of each package of an environment, of the models, and of all else.

    Args:
        folder: the environment.
    """
    (packages,) = folder.glob("lib/python*/site-packages")
    sizes = {
        str(path): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    weights: Counter[str] = Counter()
    for package in distributions(path=[str(packages)]):
        for file in package.files or ():
            # A file of two packages, as those of OpenCV share some, is the first one's.
            path = os.path.normpath(str(package.locate_file(file)))
            weights[package.name] += sizes.pop(path, 0)
    models = [path for path in sizes if path.endswith(".onnx")]
    weights["the models"] = sum(sizes.pop(path) for path in models)
    weights["compiled Python, and the rest"] = sum(sizes.values())
    return weights


def table(weights: Counter[str]) -> str:
    """Return a line a part of at least 1 MB, the heaviest first, and the sum."""
    lines = [f"{size / MB:8.1f} MB  {name}" for name, size in weights.most_common() if size >= MB]
    less = sum(size for size in weights.values() if size < MB)
    small = sum(size < MB for size in weights.values())
    return "\n".join(
        [
            *lines,
            f"{less / MB:8.1f} MB  {small} packages below 1 MB",
            f"{weights.total() / MB:8.1f} MB  in all, without the base image",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(table(weigh(Path(sys.argv[1]))) + "\n")
