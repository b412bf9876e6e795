"""What a layout finds in a folder: sources of shots and photographs."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Protocol

from tinct.training.data.clip_store import PHOTO_SUFFIXES, VIDEO_SUFFIXES, DataSetError

FILM_RATE = Fraction(24)
"""Frames a second of pictures that come without a rate."""

ALL = "all"
"""The subset that is everything."""


@dataclass(frozen=True)
class Source:
    """A movie (one file), a sequence (its pictures in order) or a photograph (one file) of a data set.

    ``path``: the folder that was imported and the place in it, with slashes, as a manifest names it. ``kind``: "movie",
    "sequence" or "photo". ``one_shot``: its layout promises that it holds no cut.
    """

    path: str
    files: tuple[Path, ...]
    layout: str
    kind: str
    one_shot: bool = False
    rate: Fraction = FILM_RATE


class Layout(Protocol):
    """A way in which data sets lie in folders."""

    NAME: ClassVar[str]

    def recognises(self, root: Path) -> bool:
        """Whether ``root`` lies in this way."""

    def sources(self, root: Path, subset: str | None) -> tuple[Source, ...]:
        """The sources under ``root``, ordered by path; those of ``subset`` ("train", "test", ...), or of the layout's
        default one, where the layout knows subsets.

        Raises:
            DataSetError: ``root`` lacks the subset.
        """


def movies(folder: Path) -> list[Path]:
    """Movies under ``folder``, at any depth, ordered by path."""
    return _files(folder.rglob("*"), VIDEO_SUFFIXES)


def pictures(folder: Path, *, deep: bool = False) -> list[Path]:
    """Pictures in ``folder`` (``deep``: at any depth under it), ordered by path."""
    return _files(folder.rglob("*") if deep else folder.iterdir(), PHOTO_SUFFIXES)


def place(root: Path, path: Path) -> str:
    """How a manifest names ``path``, which lies in the imported folder ``root``."""
    return "/".join([root.resolve().name, *path.relative_to(root).parts])


def read_names(path: Path) -> list[str]:
    """The first word of each line of a list."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.split()[0] for line in lines if line.strip()]


def missing_subset(root: Path, subset: str, known: Iterable[str]) -> DataSetError:
    """The error of a subset that ``root`` lacks."""
    names = ", ".join(sorted({*known, ALL}))
    return DataSetError(f"{root} has no subset {subset!r}; it has {names}")


def _files(paths: Iterable[Path], suffixes: set[str]) -> list[Path]:
    return sorted(path for path in paths if path.suffix.lower() in suffixes and path.is_file())
