"""One pass over a source: its shots, and what the frames look like."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tinct.training.data.borders import Profile, content_window, profile
from tinct.training.data.clip_store import LEAST_FRAMES
from tinct.training.data.layouts.base import Source
from tinct.training.data.plan import Window
from tinct.training.data.shot_figures import FrameFigures, frame_figures, reduced
from tinct.training.data.source_frames import Picture, frame_rate, read_frames
from tinct.training.data.splitting import Shot, Splitter

PROFILE_EVERY = LEAST_FRAMES
"""Borders are looked for in each 8th frame: no shot that is long enough is without one."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """``figures`` of every frame, ``profiles`` (see `borders`) of frames 0, 8, 16, ..., ``rate`` in frames a second."""

    shots: tuple[Shot, ...]
    figures: tuple[FrameFigures, ...]
    profiles: tuple[Profile, ...]
    rate: Fraction

    def window(self, shot: Shot) -> Window:
        """What of the picture is not black border throughout ``shot``."""
        first = -(-shot.first // PROFILE_EVERY)
        seen = self.profiles[first : shot.last // PROFILE_EVERY + 1]
        return content_window(seen or self.profiles[:1])


def analyse(source: Source, splitter: Splitter) -> Analysis:
    """Read ``source`` once, split it with ``splitter`` and take the figures of its frames.

    Raises:
        DataSetError: it cannot be read.
    """
    figures: list[FrameFigures] = []
    profiles: list[Profile] = []
    rate = frame_rate(source)

    def watched() -> Iterator[Picture]:
        before = None
        for number, frame in enumerate(read_frames(source)):
            if number % PROFILE_EVERY == 0:
                profiles.append(profile(frame))
            small = reduced(frame)
            figures.append(frame_figures(small, before))
            before = small
            yield small

    shots = splitter.split(watched(), rate)
    return Analysis(shots, tuple(figures), tuple(profiles), rate)
