"""Finds what must not be written in what was written, in the forms in which it might be."""

import base64
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Vector

_WINDOW = 24
"""Bytes that are looked for at a time: a part is as bad as the whole, and chance finds no 24."""
_STEPS = 12
"""Windows of one secret."""
_CLIP, _LEVELS, _OFFSET = 7.0, 127, 128


def forms(secret: bytes) -> Iterator[bytes]:
    """Yield parts of a secret as bytes, base64, hexadecimal, Python's and JSON's texts of them."""
    if len(secret) <= _WINDOW:
        windows = [secret]
    else:
        places = np.linspace(0, len(secret) - _WINDOW, _STEPS).astype(int)
        windows = [secret[at : at + _WINDOW] for at in sorted({int(place) for place in places})]
    for window in windows:
        if len(set(window)) < len(window) // 4:
            continue  # A run of one value is in everything.
        yield window
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            # Of its three alignments in a longer text, what depends on no neighbour.
            yield from (alphabet(window[start:])[:-4] for start in range(3))
        yield window.hex().encode()
        yield window.hex().upper().encode()
        yield repr(window)[2:-1].encode()
        yield ", ".join(str(value) for value in window).encode()


def vector_forms(vector: Vector) -> Iterator[bytes]:
    """Yield parts of a vector as it is kept, scanned and printed."""
    for kept in (vector.astype(np.float16), vector.astype(np.float32), vector.astype(np.float64)):
        yield from forms(kept.tobytes())
        for start in range(0, len(kept) - 2, max(1, len(kept) // 9)):
            pair = kept[start : start + 2].tolist()
            for texts in ([repr(value) for value in pair], [f"{value:.4f}" for value in pair]):
                yield from (between.join(texts).encode() for between in (", ", ",", " "))
    codes = _codes(vector)
    yield from forms((codes + _OFFSET).astype(np.uint8).tobytes())
    yield from forms(codes.astype(np.int8).tobytes())


def found(written: bytes, secrets: Mapping[str, bytes], vectors: Mapping[str, Vector]) -> list[str]:
    """Return the names of the secrets and vectors of which something stands in `written`."""
    told = [name for name, secret in secrets.items() if any(f in written for f in forms(secret))]
    return told + [
        name for name, vector in vectors.items() if any(f in written for f in vector_forms(vector))
    ]


def _codes(vector: Vector) -> NDArray[np.int64]:
    step = _CLIP / np.sqrt(len(vector)) / _LEVELS  # as gallery/codes.py
    return np.clip(np.rint(vector / step), -_LEVELS, _LEVELS).astype(np.int64)
