"""Any folder of movies."""

from pathlib import Path
from typing import ClassVar

from tinct.training.data.layouts.base import ALL, Source, missing_subset, movies, place


class ClipsLayout:
    """Every movie under the folder."""

    NAME: ClassVar[str] = "clips"

    def recognises(self, root: Path) -> bool:
        return bool(movies(root))

    def sources(self, root: Path, subset: str | None) -> tuple[Source, ...]:
        if subset not in (None, ALL):
            raise missing_subset(root, subset, ())
        return tuple(Source(place(root, path), (path,), self.NAME, "movie") for path in movies(root))
