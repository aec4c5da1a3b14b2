"""What an import tells when it is done."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Rejected:
    """An image whose face was not taken, and why."""

    celebrity_id: str
    name: str
    image: str
    reason: str
    similarity: float | None = None
    """To the celebrity's other faces, where that is the reason."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A face that was taken although another celebrity's name would be put on it."""

    celebrity_id: str
    name: str
    image: str
    other_id: str
    similarity: float


@dataclass(slots=True)
class Outcome:
    """What a run does; filled while it goes on."""

    created: int = 0
    """Celebrities that were not there."""
    updated: int = 0
    """Those whose name, URLs or gender were others."""
    unchanged: int = 0
    added: int = 0
    """Faces; or those that would be, where it is a rehearsal."""
    known: int = 0
    """Images whose face was there already."""
    rejected: list[Rejected] = field(default_factory=list)
    doubtful: list[Doubtful] = field(default_factory=list)

    @property
    def images(self) -> int:
        """Those looked at."""
        return self.added + self.known + len(self.rejected)


def to_json(outcome: Outcome, seconds: float, *, dry_run: bool) -> dict[str, object]:
    """Return the whole report."""
    return {
        "dry_run": dry_run,
        "images": outcome.images,
        **asdict(outcome),
        "seconds": round(seconds, 3),
    }


def to_lines(outcome: Outcome, seconds: float, *, dry_run: bool) -> Iterator[str]:
    """Yield the report's lines."""
    rate = f", {outcome.images / seconds:.1f} images/s" if seconds > 0 else ""
    yield (
        f"{outcome.created + outcome.updated + outcome.unchanged} celebrities: {outcome.created} "
        f"new, {outcome.updated} changed, {outcome.unchanged} as they were"
    )
    yield (
        f"{outcome.images} images: {outcome.added} faces added, {outcome.known} there already, "
        f"{len(outcome.rejected)} rejected; {seconds:.1f} s{rate}"
    )
    for each in outcome.rejected:
        yield f"  rejected  {each.celebrity_id} {each.name}: {each.image}: {each.reason}"
    for doubt in outcome.doubtful:
        yield (
            f"  warning   {doubt.celebrity_id} {doubt.name}: {doubt.image}: would be named "
            f"{doubt.other_id} as well, with {doubt.similarity:.2f}"
        )
    if dry_run:
        yield "Nothing was written."
