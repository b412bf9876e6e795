"""Playing: frames ahead of the one that is shown are made in order, and shown at the plate's rate or as they come."""

from __future__ import annotations

import time
from collections import deque
from fractions import Fraction
from typing import Callable

from tinct.ui.models.frames import VIEWS, Frames, SeenFrame
from tinct.ui.models.shot_list import ShotList
from tinct.ui.models.viewer import Viewer
from tinct.ui.signal import Signal

AHEAD = 48
"""Frames that are made ahead at most: two seconds of film."""
MEASURED_S = 2.0
"""Time over which the speed is measured, if that is three frames at least."""


class Playback:
    """Shows every frame of the shot, or of a loop in it, none before its time and none before it is the right one.

    ``changed``: it began or stopped, or the loop is another. Whoever shows it calls `tick` some times in each frame's
    time. Frames ahead are asked for as one run; what the viewer asks for ends that, and a run follows when it is there.
    """

    def __init__(
        self,
        viewer: Viewer,
        shots: ShotList,
        frames: Frames,
        rate: Callable[[], Fraction],
        now: Callable[[], float] = time.monotonic,
    ):
        """Play what ``viewer`` shows.

        Args:
            viewer: of the current shot.
            shots: whose current one is played.
            frames: makes them.
            rate: frames a second of the plate.
            now: seconds since some time.
        """
        self.changed = Signal()
        self.is_playing = False
        self._viewer, self._shots, self._frames, self._rate, self._now = viewer, shots, frames, rate, now
        self._loops: dict[str, tuple[int, int]] = {}
        self._run: object | None = None
        """The frames that are being made ahead."""
        self._waits = True
        """For a frame that the viewer has asked for itself."""
        self._due = 0.0
        self._shown: deque[float] = deque()
        """When the last frames were shown."""
        viewer.asked.connect(self._begin_anew)
        viewer.changed.connect(self._go_on)
        viewer.failed.connect(lambda error: self.stop())
        shots.chosen.connect(self._another_shot)

    # Playing

    def play(self) -> None:
        """Play from here, from the loop's start where the frame is its last or outside of it; or stop."""
        if self.is_playing:
            self.stop()
            return
        if self._viewer.variant is None:
            return
        self.is_playing = True
        self._begin_anew()
        first, last = self.loop
        if not first <= self._viewer.frame < last:
            self._viewer.go_to(first)
        self._go_on()
        self.changed.emit()

    def stop(self) -> None:
        """Play no more."""
        if not self.is_playing:
            return
        self.is_playing = False
        seen = self._viewer.seen
        if self._run is not None or (seen is not None and not seen.shows(VIEWS)):
            self._viewer.ask()  # ends the run, and gives all pictures of the frame
        self.changed.emit()

    def tick(self) -> None:
        """Show the next frame if it is its time and it is there."""
        self._go_on()
        if not self.is_playing or self._waits:
            return
        self._fill()
        now, following = self._now(), self._after(self._viewer.frame)
        if now < self._due or following == self._viewer.frame:
            return
        if self._goes_frame_by_frame:
            if self._viewer.shown().against is None:
                return
            self._viewer.go_to(following)
        else:
            variant = self._viewer.variant
            seen = None if variant is None else self._frames.kept(variant, following)
            if seen is None or not seen.shows(self._viewer.views):
                return
            self._viewer.show(seen)
        self._count(now)

    @property
    def speed(self) -> float | None:
        """Frames a second that were shown of late, None while that is not known."""
        if len(self._shown) < 3:
            return None
        return (len(self._shown) - 1) / max(self._shown[-1] - self._shown[0], 1e-6)

    @property
    def words(self) -> str:
        """What must be said of the playing: how fast it is."""
        if not self.is_playing:
            return ""
        speed, rate = self.speed, float(self._rate())
        if speed is None:
            return "playing"
        if speed > 0.97 * rate:
            return f"playing at {rate:.5g} fps"
        return f"playing at {speed:.2g} fps, each frame as it comes"

    # The loop

    @property
    def loop(self) -> tuple[int, int]:
        """First and last frame of what is played over and over."""
        first, last = self._viewer.range
        shot = self._shots.current
        start, end = self._loops.get("" if shot is None else shot.id, (first, last))
        start, end = max(start, first), min(end, last)
        return (start, end) if start <= end else (first, last)

    @property
    def is_part(self) -> bool:
        """Whether the loop is a part of the shot."""
        return self.loop != self._viewer.range

    def loop_from_here(self) -> None:
        """The loop starts at the frame that is shown."""
        last = self.loop[1]
        self._set_loop(self._viewer.frame, last if last >= self._viewer.frame else self._viewer.range[1])

    def loop_to_here(self) -> None:
        """The loop ends with the frame that is shown."""
        first = self.loop[0]
        self._set_loop(first if first <= self._viewer.frame else self._viewer.range[0], self._viewer.frame)

    def loop_whole(self) -> None:
        """The whole shot is played over and over."""
        self._set_loop(*self._viewer.range)

    def _set_loop(self, first: int, last: int) -> None:
        shot = self._shots.current
        if shot is not None:
            self._loops[shot.id] = (first, last)
            self.changed.emit()

    def _after(self, frame: int) -> int:
        first, last = self.loop
        return frame + 1 if first <= frame < last else first

    # Frames ahead

    @property
    def _goes_frame_by_frame(self) -> bool:
        """Where each frame is shown beside that of other stills, which is asked for after it."""
        viewer = self._viewer
        return viewer.comparison != "off" and viewer.against == "other stills" and viewer.has_other_stills

    def _fill(self) -> None:
        """Have the frames made that are missing ahead, unless that is under way."""
        variant, seen = self._viewer.variant, self._viewer.seen
        if self._run is not None or variant is None or seen is None or self._goes_frame_by_frame:
            return
        views = self._viewer.views
        missing = [frame for frame in self._ahead(seen) if not self._frames.has(variant, frame, views)]
        if missing:
            run = self._run = object()

            def came(seen: SeenFrame) -> None:
                if run is self._run:
                    self._take(seen, is_last=seen.number == missing[-1])

            def failed(error: Exception) -> None:
                if run is self._run:
                    self._run = None
                    self._viewer.fail(error)

            self._frames.ask_ahead(variant, missing, views, came, failed)

    def _ahead(self, seen: SeenFrame) -> list[int]:
        """Frames in the order in which they will be shown."""
        first, last = self.loop
        frame, ahead = seen.number, []
        for _ in range(min(AHEAD, self._frames.most_ahead(seen), last - first)):
            frame = self._after(frame)
            ahead.append(frame)
        return ahead

    def _take(self, seen: SeenFrame, is_last: bool) -> None:
        if is_last:
            self._run = None
        self._viewer.note(seen)
        self.tick()

    def _count(self, now: float) -> None:
        period = float(1 / self._rate())
        self._due = (self._due if now - self._due < period else now) + period
        self._shown.append(now)
        while len(self._shown) > 3 and self._shown[0] < now - MEASURED_S:
            self._shown.popleft()

    def _begin_anew(self) -> None:
        """The viewer went elsewhere, or what it shows is another picture: the run has ended with that."""
        self._run, self._waits = None, True
        if not self._goes_frame_by_frame:
            self._shown.clear()

    def _go_on(self) -> None:
        """What the viewer has asked for is there, with all its pictures: it is shown for its time, and those after it
        are made."""
        seen = self._viewer.seen
        if self.is_playing and self._waits and self._viewer.is_current and seen is not None and seen.shows(VIEWS):
            self._waits = False
            self._due = max(self._due, self._now() + (0 if self._goes_frame_by_frame else float(1 / self._rate())))
            self._fill()

    def _another_shot(self) -> None:
        if self.is_playing:
            self._run, self.is_playing = None, False
            self.changed.emit()
