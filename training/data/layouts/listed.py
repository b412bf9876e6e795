"""Flat movies with lists of those that train and test: Videvo, Hollywood2."""

from pathlib import Path
from typing import ClassVar

from tinct.training.data.layouts.base import ALL, Source, missing_subset, movies, place, read_names

TRAIN = "train"


class ListedMovies:
    """Movies in a folder; a subset is named by text files that list movies, with or without suffix, one a line.

    Where there are lists, the training movies are taken unless another subset is named.
    """

    NAME: ClassVar[str]
    ONE_SHOT: ClassVar[bool] = False

    def recognises(self, root: Path) -> bool:
        return bool(self.lists(root)) and bool(movies(self.folder(root)))

    def sources(self, root: Path, subset: str | None) -> tuple[Source, ...]:
        found = movies(self.folder(root))
        lists = self.lists(root)
        wanted = subset or (TRAIN if TRAIN in lists else ALL)
        if wanted != ALL:
            if wanted not in lists:
                raise missing_subset(root, wanted, lists)
            found = [path for path in found if path.name in lists[wanted] or path.stem in lists[wanted]]
        return tuple(Source(place(root, p), (p,), self.NAME, "movie", one_shot=self.ONE_SHOT) for p in found)

    def folder(self, root: Path) -> Path:
        """Where the movies lie."""
        return root

    def lists(self, root: Path) -> dict[str, set[str]]:
        """Names of the movies of each subset."""
        return {path.stem: {Path(word).name for word in read_names(path)} for path in sorted(root.glob("*.txt"))}


class VidevoLayout(ListedMovies):
    """Stock clips, one shot each: movies beside ``train.txt`` and ``test.txt``."""

    NAME: ClassVar[str] = "videvo"
    ONE_SHOT: ClassVar[bool] = True

    def lists(self, root: Path) -> dict[str, set[str]]:
        return {name: names for name, names in super().lists(root).items() if name in ("train", "val", "test")}


class Hollywood2Layout(ListedMovies):
    """Scenes of films, with cuts: ``AVIClips/*.avi`` and ``ClipSets/ACTION_train.txt``, whose lines hold the name of a
    movie and 1 or -1."""

    NAME: ClassVar[str] = "hollywood2"

    def folder(self, root: Path) -> Path:
        clips = root / "AVIClips"
        return clips if clips.is_dir() else root

    def lists(self, root: Path) -> dict[str, set[str]]:
        lists: dict[str, set[str]] = {}
        for path in sorted((root / "ClipSets").glob("*.txt")):
            lists.setdefault(path.stem.rsplit("_", 1)[-1], set()).update(read_names(path))
        return lists
