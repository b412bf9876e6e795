"""Checks a data set: decodes every file and says which cannot or should not be trained on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tinct.training.data.clip_store import LEAST_FRAMES, PHOTO_SUFFIXES, VIDEO_SUFFIXES, DataSetError
from tinct.training.data.layouts.base import Source
from tinct.training.data.manifest import JSON_NAME, read_manifest
from tinct.training.data.shot_figures import FrameFigures, frame_figures, reduced, shot_figures
from tinct.training.data.shot_filter import FilterConfig
from tinct.training.data.source_frames import read_frames

MISSING, UNREADABLE, GREY, SHORT = "missing", "unreadable", "grey", "too short"


@dataclass(frozen=True)
class Fault:
    """What is wrong with the file at ``path``; ``kind``: "missing", "unreadable" (corrupt, truncated, mixed sizes),
    "grey" or "too short"."""

    path: str
    kind: str
    detail: str


@dataclass(frozen=True)
class Report:
    """``files``: how many were looked at."""

    files: int
    faults: tuple[Fault, ...]


def data_files(folder: Path) -> list[Path]:
    """Clips and photographs of a data set, ordered by path.

    Raises:
        DataSetError: there is none.
    """
    suffixes = VIDEO_SUFFIXES | PHOTO_SUFFIXES
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file())
    if not files:
        raise DataSetError(f"{folder} holds no clip and no photograph")
    return files


def as_source(path: Path) -> Source:
    """A file of a data set as something to read frames from."""
    return Source(path.name, (path,), "", "movie" if path.suffix.lower() in VIDEO_SUFFIXES else "photo")


def check(folder: Path, *, threads: int | None = None) -> Report:
    """Decode every file under ``folder``; a manifest there also says which files there should be.

    Raises:
        DataSetError: there is no file, or the manifest cannot be read.
    """
    files = data_files(folder)
    with ThreadPoolExecutor(threads) as pool:
        found = [fault for fault in pool.map(lambda path: _fault(path, folder), files) if fault]
    return Report(len(files), (*found, *_missing(folder)))


def _fault(path: Path, folder: Path) -> Fault | None:
    name = path.relative_to(folder).as_posix()
    source = as_source(path)
    try:
        figures = _figures(source)
    except DataSetError as error:
        return Fault(name, UNREADABLE, str(error))
    if source.kind == "movie" and len(figures) < LEAST_FRAMES:
        return Fault(name, SHORT, f"only {len(figures)} frames")
    colour = shot_figures(figures).colour
    if colour < FilterConfig().colour:
        return Fault(name, GREY, f"colour {colour:.2f}")
    return None


def _figures(source: Source) -> list[FrameFigures]:
    return [frame_figures(reduced(frame)) for frame in read_frames(source)]


def _missing(folder: Path) -> Iterator[Fault]:
    if (folder / JSON_NAME).exists():
        for row in read_manifest(folder / JSON_NAME):
            if row.file and not (folder / row.file).exists():
                yield Fault(row.file, MISSING, "named in the manifest")
