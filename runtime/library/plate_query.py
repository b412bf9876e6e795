"""Which stills of a library go with which frames of a plate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinct.runtime.errors import UsageError
from tinct.runtime.library.still_library import Found, StillLibrary
from tinct.runtime.media import open_plate
from tinct.runtime.picture.colour import luma_to_lightness

STAY = 0.05
"""A still is kept in force as long as its similarity lies no further under the best one's: two stills of one place must
not take turns."""


@dataclass(frozen=True)
class FrameAnswer:
    """The stills ``found`` for the plate's own ``frame``, best first."""

    frame: int
    found: tuple[Found, ...]


@dataclass(frozen=True)
class StillRange:
    """The plate's frames ``first`` to ``last``, for which ``path`` is the still; ``similarity`` at the worst of the
    frames that were looked at."""

    path: Path
    first: int
    last: int
    similarity: float


def query_plate(
    library: StillLibrary, plate: Path, *, frame: int | None = None, every: int | None = None, count: int = 5
) -> list[FrameAnswer]:
    """Ask ``library`` for a plate or a picture: at ``frame``, or at each ``every``-th from the first on, or at the
    first.

    Raises:
        UsageError: both ``frame`` and ``every`` are given, or ``every`` is below 1.
        FrameRangeError: the plate has no such frame.
        MediaError: it cannot be read.
        BackendError: the descriptor graph failed.
    """
    if frame is not None and every is not None:
        raise UsageError(f"frame {frame} and every {every} frames were asked for; ask for one of them")
    if every is not None and every < 1:
        raise UsageError(f"every {every} frames is no distance; use 1 or more")
    with open_plate(plate) as reader:
        numbers = reader.info.frames
        wanted = [frame] if frame is not None else [numbers[0]] if every is None else numbers[::every]
        answers = []
        for number in wanted:
            lightness = luma_to_lightness(reader.read(number).luma, reader.info.colour)
            answers.append(FrameAnswer(number, tuple(library.query(lightness, count))))
    return answers


def still_ranges(answers: Sequence[FrameAnswer], last: int) -> list[StillRange]:
    """Runs of frames with one still each, from ``answers`` in the plate's order; ``last`` is the plate's last frame.

    A run begins at a frame that was looked at, so a cut lies up to one distance before it.
    """
    ranges: list[StillRange] = []
    for answer in answers:
        if not answer.found:
            continue
        best = answer.found[0]
        if ranges:
            now = ranges[-1]
            stays = next((one for one in answer.found if one.path == now.path), None)
            if stays is not None and stays.similarity >= best.similarity - STAY:
                ranges[-1] = StillRange(now.path, now.first, last, min(now.similarity, stays.similarity))
                continue
            ranges[-1] = StillRange(now.path, now.first, answer.frame - 1, now.similarity)
        ranges.append(StillRange(best.path, answer.frame, last, best.similarity))
    return ranges
