"""Points to which the artist gives a colour, followed through the shot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.hints import Hints
from tinct.runtime.picture.colour import srgb_to_lab
from tinct.runtime.picture.working_size import WorkingSize

Image = NDArray[np.float32]
Point = NDArray[np.float32]

RADIUS = 2
"""Half side, in pixels of the working size, of the square that a point stands for."""
WINDOW = 21
"""Side in pixels of the surroundings by which a point is recognised."""
ROUND_TRIP = 1.0
"""Pixels within which a point must come back when it is followed to the next frame and back."""
LIKENESS = 14.0
"""Largest mean difference, in 8-bit levels after the means are taken off, of a point's surroundings in two frames."""


@dataclass(frozen=True)
class PointHint:
    """A wanted colour at a pixel.

    ``frame``: the plate's own number, from which the hint is in force; ``x``, ``y``: plate pixels from the top left, 0
    being the centre of the first; ``colour``: sRGB-encoded red, green and blue, 0..1, of which only the chroma counts.
    """

    frame: int
    x: float
    y: float
    colour: tuple[float, float, float]

    @property
    def ab(self) -> NDArray[np.float32]:
        """The (2,) a and b of the colour, Lab units."""
        return srgb_to_lab(np.array([[self.colour]], np.float32))[0, 0, 1:]

    def __str__(self) -> str:
        return f"{self.frame},{self.x:g},{self.y:g}"


@dataclass(frozen=True, eq=False)
class HintTrack:
    """Where the points of a tracker are after a frame, for another tracker of the same hints to go on with.

    ``followed``: index of the hint in the order of frames, x and y at working size, last frame; ``lost``: index and
    last frame; ``picture``: (h, w) uint8, the frame by which they are followed into the next.
    """

    followed: tuple[tuple[int, float, float, int], ...]
    lost: tuple[tuple[int, int], ...]
    picture: NDArray[np.uint8] | None


@dataclass
class _Followed:
    """A hint at work: its place at working size, and the last frame in which it was found."""

    hint: PointHint
    place: Point
    last: int


class HintTracker:
    """Follows points from frame to frame with pyramidal Lucas-Kanade (Bouguet 2001).

    A point whose surroundings change, that does not come back to its place, or that leaves the picture is lost from
    there on; what it coloured goes on by motion.
    """

    def __init__(self, hints: Sequence[PointHint]) -> None:
        self._hints = sorted(hints, key=lambda hint: hint.frame)
        self._waiting = list(self._hints)
        self._followed: list[_Followed] = []
        self._lost: list[_Followed] = []
        self._before: NDArray[np.uint8] | None = None

    def at(self, number: int, lightness: Image, size: WorkingSize) -> Hints | None:
        """The hints in frame ``number``, at working size; None where there are none.

        Frames come in order. ``lightness``: (H, W) float32 L* of the plate; ``size``: its working size.
        """
        picture = np.rint(np.clip(size.reduce(lightness), 0, 100) * 2.55).astype(np.uint8)
        if self._followed and self._before is not None and self._before.shape == picture.shape:
            self._follow(number, self._before, picture)
        self._begin(number, size)
        self._before = picture
        return self._paint(size) if self._followed else None

    def end_shot(self) -> None:
        """Give up the points that are followed: the next frame is of another shot."""
        self._lost += self._followed
        self._followed, self._before = [], None

    def lost(self) -> Iterator[tuple[PointHint, int]]:
        """Hints that were lost on the way, each with the last frame in which it was found."""
        return ((one.hint, one.last) for one in self._lost)

    def tracks(self, size: WorkingSize) -> Iterator[tuple[PointHint, tuple[float, float] | None, int]]:
        """Hints that have begun: each with its place in the frame that was looked at last, in plate pixels (None where
        it was lost), and the last frame in which it was found."""
        scale = np.array([size.width / size.plate_width, size.height / size.plate_height])
        for one in self._followed:
            x, y = ((one.place + 0.5) / scale - 0.5).tolist()
            yield one.hint, (x, y), one.last
        for one in self._lost:
            yield one.hint, None, one.last

    def snapshot(self) -> HintTrack:
        """Where all points are."""
        index = self._hints.index
        return HintTrack(
            tuple((index(one.hint), float(one.place[0]), float(one.place[1]), one.last) for one in self._followed),
            tuple((index(one.hint), one.last) for one in self._lost),
            self._before,
        )

    def restore(self, track: HintTrack, number: int) -> None:
        """Go on after frame ``number`` from ``track``, a `snapshot` of that frame: the same hints come out."""
        nowhere = np.zeros(2, np.float32)
        self._followed = [
            _Followed(self._hints[index], np.array([x, y], np.float32), last) for index, x, y, last in track.followed
        ]
        self._lost = [_Followed(self._hints[index], nowhere, last) for index, last in track.lost]
        self._waiting = [hint for hint in self._hints if hint.frame > number]
        self._before = track.picture

    def _begin(self, number: int, size: WorkingSize) -> None:
        scale = np.array([size.width / size.plate_width, size.height / size.plate_height])
        for hint in self._waiting:
            if hint.frame == number:
                place = (np.array([hint.x, hint.y]) + 0.5) * scale - 0.5
                self._followed.append(_Followed(hint, place.astype(np.float32), number))
        self._waiting = [hint for hint in self._waiting if hint.frame > number]

    def _follow(self, number: int, before: NDArray[np.uint8], now: NDArray[np.uint8]) -> None:
        places = np.stack([one.place for one in self._followed])[:, None]
        there, seen = _flow(before, now, places)
        back, seen_back = _flow(now, before, there)
        inside = ((there >= 0) & (there <= np.array(now.shape[::-1]) - 1)).all(-1)
        returns = np.linalg.norm(back - places, axis=-1) <= ROUND_TRIP
        found = (inside & returns & seen & seen_back)[:, 0]
        for one, new, good in zip(list(self._followed), there[:, 0], found, strict=True):
            if good and _difference(before, one.place, now, new) <= LIKENESS:
                one.place, one.last = new, number
            else:
                self._followed.remove(one)
                self._lost.append(one)

    def _paint(self, size: WorkingSize) -> Hints:
        ab, mask = np.zeros((*size.shape, 2), np.float32), np.zeros(size.shape, np.float32)
        for one in self._followed:
            x, y = np.clip(np.rint(one.place).astype(int), 0, (size.width - 1, size.height - 1)).tolist()
            square = np.s_[max(0, y - RADIUS) : y + RADIUS + 1, max(0, x - RADIUS) : x + RADIUS + 1]
            ab[square], mask[square] = one.hint.ab, 1
        return Hints(ab, mask)


def _flow(one: NDArray[np.uint8], other: NDArray[np.uint8], places: Point) -> tuple[Point, NDArray[np.bool_]]:
    """Where (N, 1, 2) places of one picture are in the other, and (N, 1) whether they could be followed."""
    search: Any = cv2.calcOpticalFlowPyrLK  # the stubs want places to start from
    found, status, _ = search(one, other, places, None, winSize=(WINDOW, WINDOW), maxLevel=4)
    return found, status.astype(bool)


def _difference(one: NDArray[np.uint8], place: Point, other: NDArray[np.uint8], there: Point) -> float:
    patches = [
        cv2.getRectSubPix(picture, (WINDOW, WINDOW), at.tolist()).astype(np.float32)
        for picture, at in ((one, place), (other, there))
    ]
    return float(np.abs((patches[0] - patches[0].mean()) - (patches[1] - patches[1].mean())).mean())
