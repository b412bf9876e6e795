"""The shots of a plate."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tinct.runtime.media import PlateInfo, PlateReader, open_plate
from tinct.runtime.shots.base import Picture, ShotDetector, reduced
from tinct.runtime.shots.shot import UNKNOWN_RATE, ShotList, Transition, shots_between

ProgressCall = Callable[[int, int, int], None]
"""Called with the frame that was looked at, how many were, and how many there are."""


def detect_shots(
    plate: Path, detector: ShotDetector, *, frames: str | None = None, progress: ProgressCall | None = None
) -> ShotList:
    """Find the shots of ``plate``, or of the range ``frames`` of it (such as ``1001-1100``).

    Raises:
        MediaError: the plate cannot be read.
        FrameRangeError: it has no such frames.
    """
    with open_plate(plate, frames=frames) as reader:
        info = reader.info
        rate = info.frame_rate or UNKNOWN_RATE
        found = detector.transitions(_pictures(reader, progress), rate)
        shots = shots_between(_numbered(found, info), info.frames[0], info.frames[-1])
    return ShotList(str(plate), shots, rate, info.timecode, detector.NAME)


def _pictures(reader: PlateReader, progress: ProgressCall | None) -> Iterator[Picture]:
    for done, frame in enumerate(reader.frames(), start=1):
        yield reduced(frame.luma)
        if progress is not None:
            progress(frame.number, done, len(reader.info.frames))


def _numbered(found: tuple[Transition, ...], info: PlateInfo) -> list[Transition]:
    """Positions as the plate's own numbers, which may leave numbers out."""
    return [
        Transition(one.kind, info.frames[one.start], info.frames[one.first], info.frames[one.last]) for one in found
    ]
