"""Plates as the shots of a project: what lies in a folder, and where its shots are."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tinct.runtime.errors import MediaError
from tinct.runtime.media import PlateInfo, open_plate
from tinct.runtime.media.sequence_pattern import list_folder, parse_pattern, patterns_of
from tinct.runtime.project import ProjectShot, ProjectStill, new_id, unique_name
from tinct.runtime.shots import ShotList

MOVIE_SUFFIXES = (".mov", ".mp4", ".mkv", ".mxf", ".avi", ".m4v", ".mpg", ".mpeg", ".mts", ".ts", ".webm", ".wmv")
"""Files of a folder that count as movies; one that is named may end in anything."""

FindShots = Callable[[Path], ShotList | None]


def plates_in(path: Path) -> list[Path]:
    """The plates that ``path`` stands for, whole paths: of a folder all movies and sequences right in it, by name.

    Raises:
        MediaNotFoundError: there is no such folder.
        MediaError: a folder without any.
    """
    path = Path(os.path.abspath(path))
    if not path.is_dir():
        pattern = parse_pattern(path)
        return [path if pattern is None else pattern.path]
    names = list_folder(path)
    found = [path / name for name in names if Path(name).suffix.lower() in MOVIE_SUFFIXES]
    found += [pattern.path for pattern in patterns_of(path, names)]
    if not found:
        raise MediaError(f"{path} has no movies and no numbered images in it; name a folder that has, or a plate")
    return sorted(found)


def read_plate(path: Path) -> PlateInfo:
    """The description of the plate at ``path``.

    Raises:
        MediaError: it cannot be read.
    """
    with open_plate(path) as plate:
        return plate.info


def plate_name(path: Path) -> str:
    """What shots of the plate at ``path`` are called: its name without number and ending."""
    pattern = parse_pattern(path)
    if pattern is None:
        return path.stem
    return pattern.prefix.rstrip("._- ") or pattern.folder.name


def shots_of_plates(plates: Iterable[Path], find_shots: FindShots, taken: Iterable[str] = ()) -> list[ProjectShot]:
    """A project's shots of all ``plates``, in order; ``find_shots`` gives a plate's list, None where it is one shot.

    ``taken``: names that other shots have.

    Raises:
        MediaError: a plate cannot be read.
    """
    shots: list[ProjectShot] = []
    names = list(taken)
    for path in plates:
        info = read_plate(path)
        listed = find_shots(path)
        ranges = [(info.frames[0], info.frames[-1])]
        if listed is not None:
            inside = [one for one in listed.shots if one.first <= info.frames[-1] and one.last >= info.frames[0]]
            ranges = [(max(one.first, info.frames[0]), min(one.last, info.frames[-1])) for one in inside]
        for number, (first, last) in enumerate(ranges, start=1):
            base = plate_name(path)
            name = unique_name(base if len(ranges) == 1 else f"{base} {number:02}0", names)
            names.append(name)
            shots.append(ProjectShot(new_id(), name, str(path), first, last))
    return shots


def with_still(shots: Sequence[ProjectShot], path: str, frame: int | None, weight: float) -> list[ProjectShot]:
    """``shots`` with a still: all of them, or those that have ``frame`` in them."""
    still = ProjectStill(os.path.abspath(path), frame, weight)
    return [shot.with_still(still) if frame is None or shot.first <= frame <= shot.last else shot for shot in shots]
