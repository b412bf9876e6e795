"""Shot boundaries by TransNetV2 (Soucek and Lokoc 2020), without PyTorch."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.shots.base import Picture, apart
from tinct.runtime.shots.fades import find_fades, measured
from tinct.runtime.shots.graph import HEIGHT, WIDTH, WINDOW, ShotGraph, shipped_graph_folder
from tinct.runtime.shots.shot import Kind, Transition

EDGE = 25
"""Frames at either end of a window whose chances are made with too little around them."""
THRESHOLD = 0.5
PART = 0.3
"""Chance from which a frame beside the middle of a transition is a part of it."""
LEAST_GRADUAL = 4
"""Frames that a gradual transition has at least: around a hard cut the network marks the two frames beside it."""
REACH = 60

Chances = NDArray[np.float32]


class TransNetDetector:
    """Cuts, dissolves and fades: a run of frames in which the network's chance of a transition passes a threshold."""

    NAME: ClassVar[str] = "transnetv2"
    GRADUAL: ClassVar[bool] = True

    def __init__(self, *, threshold: float = THRESHOLD, folder: Path | None = None, threads: int | None = None) -> None:
        """Load the network in ``folder``; None takes the one that came with Tinct.

        Raises:
            BundleError: the bundle is broken.
            BackendError: ONNX Runtime cannot run it.
        """
        self._threshold = threshold
        self._graph = ShotGraph.load(folder or shipped_graph_folder(), threads=threads)

    def transitions(self, frames: Iterable[Picture], rate: Fraction) -> tuple[Transition, ...]:
        contrast: list[float] = []
        middle, part = self.chances(measured(frames, contrast))
        fades = find_fades(np.array(contrast, np.float32))
        found = [one for one in transitions_of(middle, part, self._threshold) if not _within(one, fades)]
        return apart([*found, *fades])

    def chances(self, frames: Iterable[Picture]) -> tuple[Chances, Chances]:
        """Chances (T,) that each frame is the middle of a transition, and a part of one."""
        middle: list[Chances] = []
        part: list[Chances] = []
        count = 0

        def counted() -> Iterator[NDArray[np.float32]]:
            nonlocal count
            for frame in frames:
                count += 1
                small = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
                yield np.asarray(small, np.float32)

        for window in _windows(counted()):
            one, other = self._graph.run(window)
            middle.append(one[EDGE : WINDOW - EDGE])
            part.append(other[EDGE : WINDOW - EDGE])
        if not middle:
            return np.zeros(0, np.float32), np.zeros(0, np.float32)
        return np.concatenate(middle)[:count], np.concatenate(part)[:count]


def transitions_of(middle: Chances, part: Chances, threshold: float = THRESHOLD) -> tuple[Transition, ...]:
    """Transitions in a film whose frames have these chances (T,).

    A run of frames over ``threshold`` is one transition. At a hard cut the run begins at the last frame of the shot
    before it, so the new shot begins after the run's first frame.
    """
    runs = np.flatnonzero(np.diff(np.concatenate([[0], (middle > threshold).astype(np.int8), [0]])))
    found = []
    for begin, end in zip(runs[::2].tolist(), runs[1::2].tolist(), strict=True):
        first, last = begin, end - 1
        while first > 0 and begin - first < REACH and part[first - 1] > PART:
            first -= 1
        while last + 1 < len(part) and last - end < REACH and part[last + 1] > PART:
            last += 1
        if last - first + 1 >= LEAST_GRADUAL:
            start = (first + last + 1) // 2
            found.append(Transition(Kind.DISSOLVE, start, first, last))
        elif begin + 1 < len(middle):
            found.append(Transition.cut(begin + 1))
    return tuple(found)


def _within(one: Transition, fades: tuple[Transition, ...]) -> bool:
    """Whether the network saw one of the ``fades``, which are known better from the picture's contrast."""
    return any(one.first <= fade.last + 1 and one.last >= fade.first - 1 for fade in fades)


def _windows(frames: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Overlapping windows (100, 27, 48), the first and the last frame repeated beyond the ends."""
    first = next(frames, None)
    if first is None:
        return
    held = [first] * (EDGE + 1)
    while True:
        held += islice(frames, WINDOW - len(held))
        short = WINDOW - len(held)
        yield np.stack(held + [held[-1]] * short)
        if short >= EDGE:  # all that follows the middle is repetition
            return
        held = held[WINDOW - 2 * EDGE :]
