"""Calls that bring a picture start to read their collection before they look at it."""

from types import SimpleNamespace
from typing import Any

import pytest

from lineament.context import CallContext, Principal, Scope
from lineament.domain.collections import Collection
from lineament.handlers.table import OPERATIONS

SCOPE = Scope("111122223333", "eu-west-1")


class Looked(Exception):
    """Somebody looks at the picture."""


@pytest.mark.parametrize("operation", ["IndexFaces", "SearchFacesByImage", "SearchUsersByImage"])
def test_the_gallery_comes_before_the_picture(operation: str) -> None:
    """Lost: a cold function loads models first and its gallery afterwards."""
    begun: list[Collection] = []

    def look(_: bytes) -> None:
        raise Looked

    collection = Collection(SCOPE, "people", "g", "1", 0.0, 7)
    services: Any = SimpleNamespace(
        collections=SimpleNamespace(find=lambda *_: collection),
        models=SimpleNamespace(of=lambda _: object()),
        gallery=SimpleNamespace(begin=begun.append),
        engine=lambda: SimpleNamespace(analyse=look),
    )
    call = CallContext(SCOPE, Principal("k", SCOPE.account), operation, "id", 0.0)
    with pytest.raises(Looked):
        OPERATIONS[operation](
            services, call, {"CollectionId": "people", "Image": {"Bytes": b"picture"}}
        )
    assert begun == [collection]
