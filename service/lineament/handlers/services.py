"""What the handlers work with; the composition root fills it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lineament.context import CallContext
from lineament.domain.binding import FaceModels
from lineament.domain.celebrities import CelebrityStore
from lineament.domain.faces import FaceEngine
from lineament.domain.idempotency import Tokens
from lineament.domain.ports import (
    CollectionStore,
    FaceStore,
    Gallery,
    ObjectStore,
    Secrets,
    UserStore,
)

Params = Mapping[str, Any]
"""Validated wire parameters, PascalCase; blobs are bytes, absent members are absent."""
Output = dict[str, Any]
"""Wire members of a response; None stands for an absent member."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """Limits that an operator sets."""

    collections: int
    """Per account and region."""
    faces: int
    """Per collection."""
    users: int
    """Per collection."""


@dataclass(frozen=True, slots=True)
class Services:
    """The ports, the face models and the quotas of one deployment."""

    collections: CollectionStore
    faces: FaceStore
    users: UserStore
    celebrities: CelebrityStore
    gallery: Gallery
    objects: ObjectStore
    secrets: Secrets
    tokens: Tokens
    engine: Callable[[], FaceEngine]
    """Loads the vision engine at the first call: paths without pictures never pay for it."""
    models: FaceModels
    quotas: Quotas
    celebrity_threshold: float
    """Similarity from which a face is given a celebrity's name, 0 to 100."""
    attributes_off: frozenset[str] = frozenset()
    """Of `domain.attributes.SENSITIVE`: what this deployment never tells."""


Handler = Callable[[Services, CallContext, Params], Output]
"""One operation. Raises ServiceErrors that the model declares for it."""
