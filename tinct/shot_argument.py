"""``LIST|auto``: the shots of a plate as the command line names them."""

import time
from pathlib import Path

from tinct.display import Display
from tinct.runtime.errors import ShotListError
from tinct.runtime.media import open_plate
from tinct.runtime.shots import DEFAULT_DETECTOR, ShotList, create_detector, detect_shots, read_shots
from tinct.runtime.shots.shot import UNKNOWN_RATE, PlateStart
from tinct.runtime.shots.shot_file import FORMATS

AUTO = "auto"


def is_shot_list(text: str) -> bool:
    """Whether ``text`` names a list of shots, by its extension."""
    return Path(text).suffix.lower() in FORMATS


def find_shots(plate: str, detector: str, *, frames: str | None, threads: int | None, display: Display) -> ShotList:
    """Find the shots of ``plate`` and show how far it got.

    Raises:
        TinctError: as `create_detector` and `detect_shots`.
    """
    started = time.perf_counter()

    def show(frame: int, done: int, total: int) -> None:
        display.progress(frame=frame, done=done, total=total, fps=done / (time.perf_counter() - started))

    return detect_shots(Path(plate), create_detector(detector, threads=threads), frames=frames, progress=show)


def parse_shots(
    text: str,
    plate: str,
    *,
    frames: str | None,
    threads: int | None,
    display: Display,
    detector: str = DEFAULT_DETECTOR,
) -> ShotList:
    """The shots that ``text`` names for ``plate``: a list's file, or ``auto`` to find them.

    Raises:
        ShotListError: the list is of other frames than the plate has.
        TinctError: as `read_shots`, `create_detector` and `detect_shots`.
    """
    if text == AUTO:
        return find_shots(plate, detector, frames=frames, threads=threads, display=display)
    with open_plate(Path(plate), frames=frames) as reader:
        info = reader.info
    start = PlateStart(info.frames[0], info.timecode, info.frame_rate or UNKNOWN_RATE)
    shots = read_shots(Path(text), start)
    if shots.shots[-1].last < info.frames[0] or shots.shots[0].first > info.frames[-1]:
        raise ShotListError(
            f"{text} has shots of the frames {shots.shots[0].first} to {shots.shots[-1].last}, and {plate} has "
            f"{info.frames[0]} to {info.frames[-1]}; give the plate's own list"
        )
    return shots
