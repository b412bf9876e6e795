"""Any folder of photographs."""

from pathlib import Path
from typing import ClassVar

from tinct.training.data.layouts.base import ALL, Source, missing_subset, pictures, place


class PhotosLayout:
    """Every picture under the folder, each for itself."""

    NAME: ClassVar[str] = "photos"

    def recognises(self, root: Path) -> bool:
        return bool(pictures(root, deep=True))

    def sources(self, root: Path, subset: str | None) -> tuple[Source, ...]:
        if subset not in (None, ALL):
            raise missing_subset(root, subset, ())
        return tuple(Source(place(root, path), (path,), self.NAME, "photo") for path in pictures(root, deep=True))
