"""What a timeline says of its clips, whatever program and format it is of."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class TimelineClip:
    """A clip, as frames of its media.

    ``media``: what the media is called, the surest first: paths or URLs, file names, clip and reel names. ``start`` and
    ``frames``: what is seen of it, dissolves too; counted at ``rate`` frames a second, from midnight by timecode where
    the media has one. ``media_start``: the count of the media's own first frame, None where the timeline does not say.
    ``note``: what the shot should be remembered for, such as a retime.
    """

    name: str
    media: tuple[str, ...]
    start: int
    frames: int
    rate: Fraction
    media_start: int | None = None
    note: str = ""

    def longer(self, before: int = 0, after: int = 0, note: str = "") -> Self:
        """With so many frames more at its ends, and another ``note``."""
        notes = "; ".join(text for text in (self.note, note) if text)
        return replace(self, start=self.start - before, frames=self.frames + before + after, note=notes)


@dataclass(frozen=True)
class Timeline:
    """The clips of the video tracks of the timeline in ``path``, in its order; ``refused``: those that are no plain
    part of one media, each by name with the reason. ``rate``: frames a second, None where it does not say."""

    path: Path
    rate: Fraction | None
    clips: tuple[TimelineClip, ...]
    refused: tuple[str, ...] = ()


def retimed(clip: TimelineClip, speed: Fraction) -> TimelineClip:
    """``clip``, which lasts as long as it does on the timeline, with the frames that it uses at ``speed`` times its
    own: negative backwards from ``start``, 0 a freeze."""
    if speed == 1:
        return clip
    used = max(1, math.ceil(clip.frames * abs(speed)))
    start = clip.start if speed >= 0 else clip.start - used + 1
    what = "freeze frame" if speed == 0 else f"retimed to {float(100 * speed):g} % in the edit"
    notes = "; ".join(text for text in (clip.note, what) if text)
    return replace(clip, start=start, frames=used, note=notes)
