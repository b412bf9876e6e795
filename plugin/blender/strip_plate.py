"""The plate that a strip of the sequencer shows: its file, and which of its frames stand where."""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>\d+)(?P<suffix>\.[^.]+)")


class StripError(ValueError):
    """A strip that cannot be coloured; the message says why and what to do."""


class StripPlate(NamedTuple):
    """``path``: a movie, a pattern like ``shot.####.png`` or one picture. ``first`` and ``last``: the plate's own
    numbers of the frames that the strip shows; ``start``: the scene's frame at which ``first`` stands; ``files``: what
    tells one version of the plate from another."""

    path: str
    first: int
    last: int
    start: int
    files: tuple[str, ...]

    def number_at(self, frame: int) -> int | None:
        """The plate's number of what stands at the scene's ``frame``; None outside the strip."""
        number = self.first + frame - self.start
        return number if self.first <= number <= self.last else None


def plate_of(strip: Any, whole_path: Any) -> StripPlate:
    """The plate of a movie or image strip.

    Args:
        strip: of the sequencer.
        whole_path: turns Blender's paths (``//`` is the folder of the .blend) into whole ones.

    Raises:
        StripError: it is another kind of strip, plays at another speed or backwards, or its files have no numbers.
    """
    if strip.type not in ("MOVIE", "IMAGE"):
        raise StripError(f"{strip.name} is a strip of the type {strip.type}; select a movie or an image sequence")
    if getattr(strip, "use_reverse_frames", False) or getattr(strip, "speed_factor", 1.0) != 1.0:
        raise StripError(f"{strip.name} plays backwards or at another speed; colour it before it is retimed")
    if strip.type == "MOVIE":
        path = whole_path(strip.filepath)
        numbers = list(range(strip.frame_duration))
        files: tuple[str, ...] = (path,)
        skipped = strip.animation_offset_start
    else:
        path, numbers, files = _sequence(strip, whole_path(strip.directory))
        skipped = 0  # the strip's list of files has lost them
    begin = int(strip.frame_start)
    low = max(int(strip.frame_final_start), begin)
    high = min(int(strip.frame_final_end), begin + len(numbers) - skipped) - 1
    if high < low:
        raise StripError(f"{strip.name} shows no frame of its plate; pull its ends")
    return StripPlate(path, numbers[low - begin + skipped], numbers[high - begin + skipped], low, files)


def _sequence(strip: Any, folder: str) -> tuple[str, list[int], tuple[str, ...]]:
    """Pattern, numbers and the first and last file of an image strip."""
    names = [element.filename for element in strip.elements]
    ends = tuple(os.path.join(folder, name) for name in (names[0], names[-1]))
    matches = [_NUMBERED.fullmatch(name) for name in names]
    if len(names) == 1:
        number = int(matches[0]["number"]) if matches[0] else 0
        return ends[0], [number], ends
    found = [match for match in matches if match is not None]
    numbers = [int(match["number"]) for match in found]
    alike = {(match["stem"], match["suffix"]) for match in found}
    if len(found) != len(names) or len(alike) != 1 or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise StripError(
            f"{strip.name} is no sequence of files numbered without holes; add it anew from files like shot.0001.png"
        )
    padding = min(len(match["number"]) for match in found)
    stem, suffix = alike.pop()
    return os.path.join(folder, f"{stem}{'#' * padding}{suffix}"), numbers, ends
