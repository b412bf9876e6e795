"""REDS: ``train/CLIP/00000000.png``, or ``train/train_sharp/CLIP/00000000.png`` as its archives unpack."""

import re
from pathlib import Path
from typing import ClassVar

from tinct.training.data.layouts.base import ALL, Source, missing_subset, pictures, place

SUBSETS = ("train", "val", "test")
PICTURE = re.compile(r"\d{8}\.(png|jpg)$")
TRAIN = "train"


class RedsLayout:
    """Each folder of pictures with eight digits is one shot, whatever folders lie between it and its subset's."""

    NAME: ClassVar[str] = "reds"

    def recognises(self, root: Path) -> bool:
        return any(self._clips(folder) for folder in self._subsets(root).values())

    def sources(self, root: Path, subset: str | None) -> tuple[Source, ...]:
        subsets = self._subsets(root)
        wanted = subset or (TRAIN if TRAIN in subsets else ALL)
        if wanted != ALL and wanted not in subsets:
            raise missing_subset(root, wanted, subsets)
        folders = [folder for name, folder in subsets.items() if wanted in (name, ALL)]
        clips = [clip for folder in folders for clip in self._clips(folder)]
        return tuple(Source(place(root, c), tuple(pictures(c)), self.NAME, "sequence", one_shot=True) for c in clips)

    def _subsets(self, root: Path) -> dict[str, Path]:
        """Folder of each subset: ``train``, or ``train_sharp`` where the archive was unpacked without its folder."""
        found: dict[str, Path] = {}
        for name in SUBSETS:
            for folder in (root / name, root / f"{name}_sharp"):
                if folder.is_dir():
                    found[name] = folder
                    break
        return found

    def _clips(self, folder: Path) -> list[Path]:
        below = sorted(entry for entry in folder.rglob("*") if entry.is_dir())
        return [entry for entry in below if any(PICTURE.match(picture.name) for picture in entry.iterdir())]
