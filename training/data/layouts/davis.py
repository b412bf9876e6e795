"""DAVIS 2016 and 2017: ``JPEGImages/480p/CLIP/00000.jpg``, with lists of clips under ``ImageSets``."""

from pathlib import Path
from typing import ClassVar

from tinct.training.data.clip_store import DataSetError
from tinct.training.data.layouts.base import ALL, Source, missing_subset, pictures, place, read_names

TRAIN = "train"
RESOLUTIONS = ("480p", "Full-Resolution", "1080p")
"""Folders under ``JPEGImages``, the first that is there counts."""


class DavisLayout:
    """Each folder of pictures is one shot. Unless another subset is named, it is the training clips: the validation
    clips are what colorization is measured on."""

    NAME: ClassVar[str] = "davis"

    def recognises(self, root: Path) -> bool:
        return (root / "JPEGImages").is_dir()

    def sources(self, root: Path, subset: str | None) -> tuple[Source, ...]:
        folder = self._pictures(root)
        clips = sorted(entry for entry in folder.iterdir() if entry.is_dir())
        lists = self._lists(root)
        wanted = subset or (TRAIN if lists else ALL)
        if wanted != ALL:
            if wanted not in lists:
                raise missing_subset(root, wanted, lists)
            clips = [clip for clip in clips if clip.name in lists[wanted]]
        return tuple(Source(place(root, c), tuple(pictures(c)), self.NAME, "sequence", one_shot=True) for c in clips)

    def _pictures(self, root: Path) -> Path:
        for resolution in RESOLUTIONS:
            if (root / "JPEGImages" / resolution).is_dir():
                return root / "JPEGImages" / resolution
        raise DataSetError(f"{root / 'JPEGImages'} holds none of the folders {', '.join(RESOLUTIONS)}")

    def _lists(self, root: Path) -> dict[str, set[str]]:
        """Names of the clips in each list. DAVIS 2017 lists names, DAVIS 2016 the paths of all pictures."""
        lists: dict[str, set[str]] = {}
        for path in sorted((root / "ImageSets").glob("*/*.txt")):
            words = read_names(path)
            names = {Path(word).parent.name if "/" in word else word for word in words}
            lists.setdefault(path.stem, set()).update(names)
        return lists
