"""What an import tells when it is done; of many rejected pictures only counts are in memory."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

_SHOWN = 20
"""Rejected pictures that are printed one by one; --json has all."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A picture that was not taken, and why."""

    name: str
    reason: str
    kind: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that is in the collection now."""

    faces: int
    """Added by this run, or that would be, where it is a rehearsal."""
    left_out: int = 0
    """Faces beside them that did not pass the QualityFilter, or MaxFaces."""


def _open_spool() -> "tempfile.SpooledTemporaryFile[str]":
    return tempfile.SpooledTemporaryFile(1 << 20, "w+", encoding="utf-8")


@dataclass(slots=True)
class Outcome:
    """What a run does; filled while it goes on. Closes the file of the rejected ones."""

    added: int = 0
    """Pictures with new faces."""
    known: int = 0
    """Pictures whose faces were there already."""
    faces: int = 0
    left_out: int = 0
    rejected: int = 0
    kinds: "Counter[str]" = field(default_factory=Counter)
    """Of rejected pictures."""
    passed_over: "Counter[str]" = field(default_factory=Counter)
    first: list[Rejected] = field(default_factory=list)
    _all: "tempfile.SpooledTemporaryFile[str]" = field(default_factory=_open_spool)

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self._all.close()

    @property
    def pictures(self) -> int:
        """Those looked at."""
        return self.added + self.known + self.rejected

    def count(self, result: Taken | Rejected) -> None:
        """Take what became of a picture."""
        if isinstance(result, Rejected):
            self.rejected += 1
            self.kinds[result.kind] += 1
            if len(self.first) < _SHOWN:
                self.first.append(result)
            about = {"image": result.name, "kind": result.kind, "reason": result.reason}
            self._all.write(json.dumps(about) + "\n")
            return
        self.faces += result.faces
        self.left_out += result.left_out
        if result.faces:
            self.added += 1
        else:
            self.known += 1

    def write(self, path: Path, about: Mapping[str, object], seconds: float) -> None:
        """Write the whole report as JSON."""
        head = {
            **about,
            "pictures": self.pictures,
            "added": self.added,
            "known": self.known,
            "faces": self.faces,
            "faces_left_out": self.left_out,
            "passed_over": self.passed_over,
            "seconds": round(seconds, 3),
            "pictures_per_second": round(self.pictures / seconds, 2) if seconds else None,
            "rejected_by_kind": self.kinds,
        }
        with path.open("w", encoding="utf-8") as file:
            file.write(json.dumps(head, indent=2).removesuffix("\n}"))
            file.write(',\n  "rejected": [')
            self._all.seek(0)
            for number, line in enumerate(self._all):
                file.write(f"{',' if number else ''}\n    {line.rstrip()}")
            file.write("\n  ]\n}\n" if self.rejected else "]\n}\n")

    def to_lines(self, seconds: float, *, dry_run: bool) -> Iterator[str]:
        """Yield the lines to print."""
        rate = f", {self.pictures / seconds:.1f} pictures/s" if seconds > 0 else ""
        verb = "would be added" if dry_run else "added"
        yield (
            f"{self.pictures} pictures: {self.added} {verb} with {self.faces} faces, "
            f"{self.known} there already, {self.rejected} rejected; {seconds:.1f} s{rate}"
        )
        if self.left_out:
            yield f"  {self.left_out} faces beside those did not pass the QualityFilter or MaxFaces"
        for what, count in self.passed_over.most_common():
            yield f"  {count} x passed over: {what}"
        for kind, count in self.kinds.most_common():
            yield f"  {count} x rejected: {kind}"
        for each in self.first:
            yield f"  rejected  {each.name}: {each.reason}"
        if self.rejected > len(self.first):
            yield f"  and {self.rejected - len(self.first)} more; --json FILE has them all"
        if dry_run:
            yield "Nothing was written."
