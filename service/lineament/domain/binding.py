"""Which face model a collection is bound to."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from lineament.domain.similarity import FaceModel


@dataclass(frozen=True, slots=True)
class Binding:
    """New collections whose id matches get this model."""

    pattern: str
    """As `fnmatch` has it: `vip-*`, `staff`; case counts."""
    model: FaceModel


@dataclass(frozen=True, slots=True)
class FaceModels:
    """The face models that a deployment runs; all of them see the faces of one detector."""

    default: FaceModel
    """Of collections that no binding names, and of operations that have no collection."""
    bindings: tuple[Binding, ...] = ()
    """The first that matches counts."""

    def for_new(self, collection_id: str) -> FaceModel:
        """Return the model that a new collection of that id is bound to."""
        for binding in self.bindings:
            if fnmatchcase(collection_id, binding.pattern):
                return binding.model
        return self.default

    def of(self, version: str) -> FaceModel | None:
        """Return the model of a FaceModelVersion, or None where it is not run."""
        return next((model for model in self if model.version == version), None)

    def versions(self) -> list[str]:
        """Return every FaceModelVersion that is run, the default's first, each once."""
        return list(dict.fromkeys(model.version for model in self))

    def __iter__(self) -> Iterator[FaceModel]:
        """Yield the models, the default first; one may come twice."""
        yield self.default
        yield from (binding.model for binding in self.bindings)
