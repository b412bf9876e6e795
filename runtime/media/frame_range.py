"""Frame ranges as people write them: ``1001-1100``, ``1001-1100x2``, ``1-10,20,30-40``."""

import re
from collections.abc import Iterable

from tinct.runtime.errors import FrameRangeError

MAX_FRAMES = 10_000_000
"""More frames than this in one range are taken for a slip of the keyboard."""

_PART = re.compile(r"(-?\d+)(?:-(-?\d+)(?:x(\d+))?)?")


def parse_frames(text: str) -> tuple[int, ...]:
    """Return the frame numbers of ``text``, ascending and each once.

    Raises:
        FrameRangeError: ``text`` is not a frame range.
    """
    numbers: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise FrameRangeError(
                f"'{text}' is not a frame range; write for example 1001-1100, 1001-1100x2 or 1-10,20."
            )
        first = int(match[1])
        last = int(match[2]) if match[2] else first
        step = int(match[3]) if match[3] else 1
        if last < first or step < 1:
            raise FrameRangeError(f"'{part.strip()}' in '{text}' runs backwards; write the lower frame number first.")
        if (last - first) // step >= MAX_FRAMES:
            raise FrameRangeError(f"'{part.strip()}' names more than {MAX_FRAMES} frames; check the numbers.")
        numbers.update(range(first, last + 1, step))
    return tuple(sorted(numbers))


def format_frames(frames: Iterable[int], *, most: int = 8) -> str:
    """Return ``frames`` in the form `parse_frames` reads, the runs after the first ``most`` left out as ``...``."""
    runs: list[list[int]] = []
    for number in sorted(set(frames)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in runs[:most]]
    return ",".join(texts) + (",..." if len(runs) > most else "")


def select_frames(available: tuple[int, ...], text: str | None, *, name: str) -> tuple[int, ...]:
    """Return the frames of ``text`` (None = all) out of ``available``; ``name`` stands in messages for the plate.

    Raises:
        FrameRangeError: ``text`` is not a range, or names frames that are not available.
    """
    if text is None:
        return available
    wanted = parse_frames(text)
    missing = sorted(set(wanted) - set(available))
    if missing:
        raise FrameRangeError(
            f"{name} has no frame {format_frames(missing)}; it has {format_frames(available)}. Ask for frames it has."
        )
    return wanted
