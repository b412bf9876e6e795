"""A clip on disk: a numbered sequence or a movie, by the name that a Read has."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

_NUMBER = re.compile(r"%(?:0(\d+))?d|#+|@+")


class Clip(NamedTuple):
    """A clip's file name, with ``%04d`` or ``####`` for a sequence, and its first and last frame in Nuke.

    ``offset``: what is added to a frame in Nuke for its number in the file: Nuke counts a movie's frames from 1, Tinct
    from 0.
    """

    file: str
    first: int
    last: int
    offset: int = 0

    @property
    def is_sequence(self) -> bool:
        """Whether each frame is a file of its own."""
        return _NUMBER.search(os.path.basename(self.file)) is not None

    def frame_file(self, frame: int) -> str:
        """The file that holds ``frame`` of Nuke's."""
        frame += self.offset
        folder, name = os.path.split(self.file)
        found = _NUMBER.search(name)
        if found is None:
            return self.file
        width = int(found.group(1) or 1) if found.group(0).startswith("%") else len(found.group(0))
        sign = "-" if frame < 0 else ""
        return os.path.join(folder, name[: found.start()] + sign + f"{abs(frame):0{width}d}" + name[found.end() :])

    def stamps(self, first: int, last: int) -> list[tuple[int, int] | None]:
        """Size and time of change of the file of each frame from ``first`` to ``last``; None where there is none.

        A movie's one file stands for all of them.
        """
        if not self.is_sequence:
            return [_stamp(self.file)]
        return [_stamp(self.frame_file(frame)) for frame in range(first, last + 1)]

    def missing(self, first: int, last: int) -> list[int]:
        """Frames from ``first`` to ``last`` that have no file."""
        return [frame for frame in range(first, last + 1) if not os.path.isfile(self.frame_file(frame))]


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns
