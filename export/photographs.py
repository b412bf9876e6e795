"""Inputs for graphs made of the photographs that ship with Tinct: noise would make ties between tokens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime import demo
from tinct.runtime.backends.base import Backend, Tensors
from tinct.runtime.media import read_still
from tinct.runtime.picture.colour import srgb_to_lab

Image = NDArray[np.float32]

_STILLS = ("still_1.jpg", "still_2.jpg", "still_3.jpg")


class Scale(Protocol):
    """How Lab becomes network input: a manifest's colours, or a network's configuration."""

    @property
    def l_mean(self) -> float: ...

    @property
    def l_scale(self) -> float: ...

    @property
    def ab_scale(self) -> float: ...


def photograph(index: int, height: int, width: int, scale: Scale) -> Image:
    """Photograph ``index`` (1, 3, H, W) as scaled Lab; those beyond the shipped ones are mirror images."""
    path = Path(demo.__file__).parent / _STILLS[index % len(_STILLS)]
    rgb = np.asarray(cv2.resize(read_still(path).rgb, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    if index >= len(_STILLS):
        rgb = np.ascontiguousarray(rgb[:, ::-1])
    scales = np.array([scale.l_scale, scale.ab_scale, scale.ab_scale], np.float32)
    lab = (srgb_to_lab(rgb) - np.array([scale.l_mean, 0, 0], np.float32)) / scales
    return np.ascontiguousarray(lab.transpose(2, 0, 1)[None], np.float32)


def frame_of_photograph(height: int, width: int, scale: Scale) -> dict[str, Image]:
    """A frame that no still shows: a mirrored photograph, its own colours as the moved ones, trusted on the left only,
    and its colours turned as the anchored ones, trusted at the top only, and a hint."""
    lab = photograph(3, height, width, scale)
    ramp = np.clip(np.linspace(1.5, -0.5, width, dtype=np.float32), 0, 1)
    fall = np.clip(np.linspace(1.0, -2.0, height, dtype=np.float32), 0, 1)[:, None]
    hints = np.zeros((1, 3, height, width), np.float32)
    spot = np.s_[height // 4 : height // 4 + 16, width // 2 : width // 2 + 16]
    hints[0, :2][(slice(None), *spot)] = 0.3
    hints[0, 2][spot] = 1.0
    return {
        "luminance": np.ascontiguousarray(lab[:, :1]),
        "warped_ab": np.ascontiguousarray(lab[:, 1:]),
        "warped_validity": np.broadcast_to(ramp, (1, 1, height, width)).copy(),
        "warped_confidence": np.broadcast_to(0.5 + 0.5 * ramp, (1, 1, height, width)).copy(),
        "anchored_ab": np.ascontiguousarray(-lab[:, :0:-1]),
        "anchored_validity": np.broadcast_to(fall, (1, 1, height, width)).copy(),
        "hints": hints,
        "previous_luminance": np.ascontiguousarray(np.roll(lab[:, :1], 3, axis=3)),
    }


def bank_bias(counts: Sequence[int]) -> Image:
    """Weights (1, N) of stills of so many tokens each: the first counts twice, the others once."""
    rows = [np.full((1, count), np.log(2.0) if index == 0 else 0.0, np.float32) for index, count in enumerate(counts)]
    return np.concatenate(rows, 1)


def colour_with(backend: Backend, stills: Sequence[Image], frame: Tensors) -> Tensors:
    """What ``backend`` gives for a ``frame`` as of `frame_of_photograph`, with ``stills`` as of `photograph`."""
    names = backend.bundle.manifest.bank
    banks = [backend.encode_reference({"still": still}) for still in stills]
    joined = {name: np.concatenate([bank[name] for bank in banks], 1) for name in names}
    bias = bank_bias([bank[names[0]].shape[1] for bank in banks])
    return backend.colorize_frame({**frame, **joined, "bank_bias": bias})
