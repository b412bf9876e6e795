"""Where things lie on the screen: the picture in the viewer, frames on the timeline."""

from __future__ import annotations

from typing import NamedTuple


class Placement(NamedTuple):
    """A picture of ``width`` x ``height`` plate pixels at ``left``, ``top`` on the screen, ``scale`` screen pixels for
    each of its own."""

    left: float
    top: float
    scale: float
    width: int
    height: int

    @classmethod
    def of(
        cls, room: tuple[float, float], size: tuple[int, int], zoom: float, centre: tuple[float, float]
    ) -> Placement:
        """In a ``room`` (width, height), a picture of that ``size``; ``zoom`` and ``centre`` as `Viewer` has them."""
        width, height = max(size[0], 1), max(size[1], 1)
        scale = zoom if zoom > 0 else min(room[0] / width, room[1] / height)
        x, y = centre if zoom > 0 else (0.5, 0.5)
        return cls(room[0] / 2 - x * width * scale, room[1] / 2 - y * height * scale, scale, width, height)

    def to_plate(self, x: float, y: float) -> tuple[float, float]:
        """The plate's pixel under a point of the screen; the centre of the first pixel is 0, 0."""
        return (x - self.left) / self.scale - 0.5, (y - self.top) / self.scale - 0.5

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a plate's pixel is on the screen."""
        return (x + 0.5) * self.scale + self.left, (y + 0.5) * self.scale + self.top

    def holds(self, x: float, y: float) -> bool:
        """Whether a plate's pixel is one of the picture."""
        return -0.5 <= x < self.width - 0.5 and -0.5 <= y < self.height - 0.5

    def share(self, x: float, y: float) -> tuple[float, float]:
        """A point of the screen in shares of the picture."""
        return (x - self.left) / (self.width * self.scale), (y - self.top) / (self.height * self.scale)

    def zoomed_at(self, x: float, y: float, zoom: float, room: tuple[float, float]) -> tuple[float, float]:
        """The centre with which, at ``zoom``, the same pixel stays under the point ``x``, ``y`` of the screen."""
        across, down = self.share(x, y)
        return (
            across + (room[0] / 2 - x) / (self.width * zoom),
            down + (room[1] / 2 - y) / (self.height * zoom),
        )


class Ruler(NamedTuple):
    """Frames ``first`` to ``last`` side by side from ``left`` on, over ``length`` screen pixels."""

    first: int
    last: int
    left: float
    length: float

    @property
    def step(self) -> float:
        """Screen pixels of a frame."""
        return self.length / (self.last - self.first + 1)

    def x(self, frame: float) -> float:
        """Left edge of a frame."""
        return self.left + (frame - self.first) * self.step

    def middle(self, frame: int) -> float:
        """Middle of a frame."""
        return self.x(frame + 0.5)

    def frame(self, x: float) -> int:
        """The frame at a point, the nearest where there is none."""
        return min(max(self.first + int((x - self.left) // self.step), self.first), self.last)

    def ticks(self, apart: float) -> list[int]:
        """Frames to write numbers at, at least ``apart`` pixels from each other, on round numbers."""
        for power in range(10):
            for digit in (1, 2, 5):
                every = digit * 10**power
                if every * self.step >= apart:
                    start = self.first + -self.first % every
                    return list(range(start, self.last + 1, every))
        return [self.first]
