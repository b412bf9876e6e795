"""Where each pixel of a frame lies in a still of the same view.

Colours that are moved from frame to frame are sampled once more in each of them and lose their detail. The still's own
colours, read where composed motion leads, are sampled once. Composed motion drifts: now and then the still, moved to
the frame along it, is searched for what is left between the two.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.motion.base import Motion, MotionSource
from tinct.runtime.motion.warp import together, warp

Image = NDArray[np.float32]

NOWHERE = -1
"""Position of the still of a frame that lies in none."""
SEARCH_EVERY = 4
"""Frames after which the still is searched again."""
SEARCHED = 0.9
"""Trust in what such a search finds, if the way there and back agree; below 1, for it may find what looks alike."""
ALIKE = 2.0
"""Mean difference of L* around a pixel at which its trust has fallen to 1/e: the still's colours belong to what it
shows, and light or grain that changed since is no other thing."""
AROUND = 7
"""Side in pixels of the neighbourhood of that mean."""
TRUSTED = 0.2
"""Validity of the still's colours above which only a hint gives others."""
OVERRULED = 5.0
"""Distance in ab by which a hinted frame differs from the still where a hint, not the still, is right from then on."""


@dataclass(frozen=True, eq=False)
class Anchor:
    """``still``: its position in the set of stills, `NOWHERE` for none; ``flow`` (h, w, 2): the frame's pixel (x, y)
    lies at (x, y) + flow in the still at the frame's size; ``trust`` (h, w) 0..1, below 0 where a hint has overruled
    the still; ``age``: frames since the still was searched."""

    still: int
    flow: Image
    trust: Image
    age: int = 0

    @classmethod
    def begun(cls, still: int, motion: Motion) -> "Anchor":
        """The anchor of a frame that ``motion`` leads back from to that ``still``."""
        return cls(still, motion.flow, motion.validity)

    @classmethod
    def nowhere(cls, size: tuple[int, int]) -> "Anchor":
        """Of a frame of (h, w) ``size`` that lies in no still."""
        return cls(NOWHERE, np.zeros((*size, 2), np.float32), np.zeros(size, np.float32))

    @property
    def strength(self) -> float:
        """Mean trust, 0..1."""
        return float(np.maximum(self.trust, 0).mean())

    def carried(self, motion: Motion) -> "Anchor":
        """The anchor of the next frame, ``motion`` leading back from it to this one."""
        if self.still == NOWHERE:
            return replace(self, age=self.age + 1)
        planes = warp(together(self.flow, self.trust), motion.flow)
        return replace(
            self,
            flow=np.ascontiguousarray(planes[..., :2]) + motion.flow,
            trust=np.where(planes[..., 2] < 0, planes[..., 2], planes[..., 2] * motion.validity),
            age=self.age + 1,
        )

    def searched(self, still: Image, lightness: Image, source: MotionSource) -> "Anchor":
        """The anchor corrected by a search between the frame of that ``lightness`` and the ``still`` moved to it, both
        (h, w) L*. Where that does not agree with itself all stays as it was."""
        rest = source.estimate(warp(still, self.flow), lightness)
        flow = warp(self.flow, rest.flow) + rest.flow
        found = SEARCHED * rest.validity * _inside(flow)
        better = (found > self.trust) & (self.trust >= 0)
        return replace(
            self,
            flow=np.where(better[..., None], flow, self.flow),
            trust=np.where(better, found, self.trust),
            age=0,
        )

    def moved_to(self, still: int, motion: Motion) -> "Anchor":
        """The same frame's anchor in another ``still``, to which ``motion`` leads; what a hint has overruled stays
        so."""
        return Anchor(still, motion.flow, np.where(self.trust < 0, self.trust, motion.validity))

    def overruled(self, ab: Image, anchored: Image, validity: Image) -> "Anchor":
        """The anchor of a frame with hints that came out with the colours ``ab``, where `read` gave ``anchored``, both
        (h, w, 2) Lab units, and ``validity`` (h, w): where that was trusted and the two differ it is no longer
        asked."""
        squares = np.square(ab - anchored)
        differs = (squares[..., 0] + squares[..., 1] > OVERRULED**2) & (validity > TRUSTED)
        return replace(self, trust=np.where(differs, np.float32(-1.0), self.trust))

    def read(self, still: Image, lightness: Image) -> tuple[Image, Image]:
        """Colours of the ``still`` (h, w, 3) Lab at the frame's pixels, ab (h, w, 2), and how far they are to be
        trusted (h, w) 0..1 in a frame of that ``lightness`` (h, w) L*."""
        lab = warp(still, self.flow)
        apart = cv2.blur(np.abs(lab[..., 0] - lightness), (AROUND, AROUND))
        trust = np.maximum(self.trust, 0) * np.exp(-np.square(apart / np.float32(ALIKE)))
        return lab[..., 1:], np.asarray(trust, np.float32)


def _inside(flow: Image) -> NDArray[np.bool_]:
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    inside: NDArray[np.bool_] = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return inside
