"""What a frame takes from the past: the frame before, moved here, and where it lies in a still of the same view."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.bundle import Manifest
from tinct.runtime.look_ahead import Expected
from tinct.runtime.motion import MotionSource, create_motion
from tinct.runtime.motion.anchor import NOWHERE, SEARCH_EVERY, Anchor
from tinct.runtime.motion.base import Motion
from tinct.runtime.motion.dis import DisMotion
from tinct.runtime.motion.trust import trusted_motion
from tinct.runtime.motion.warp import together, warp
from tinct.runtime.picture.working_size import WorkingSize
from tinct.runtime.state import TemporalState

Image = NDArray[np.float32]

WARPED = ("warped_ab", "warped_validity", "warped_confidence")
"""Inputs of the frame graph that are the previous result, moved to the frame unless the graph moves it."""
ANCHORED = ("anchored_ab", "anchored_validity")
"""Inputs of the frame graph that are a still's own colours."""
STILLS_TRIED = 8
"""Stills that a frame without a past is compared with, for colours that can be moved over from them."""
LEAST_TRUST = 0.3
"""Mean trust of motion from a still below which it shows another view, and trust in parts of it would be chance."""
ENOUGH = 0.6
"""Mean trust of an anchor from which on no other still is looked for."""
MORE = 0.1
"""By how much another still must be trusted more."""
THUMB = (32, 18)
LOOKS_ALIKE = 0.5
"""Correlation of pictures reduced to `THUMB` below which it is not tried whether motion leads from one to the other."""


@dataclass(frozen=True, eq=False)
class StillViews:
    """The stills of a set: ``taking_part``, the positions of those that are in the bank, and ``view``, which gives the
    Lab (h, w, 3) of any of them."""

    taking_part: tuple[int, ...]
    view: Callable[[int], Image]


class PastOfFrame(NamedTuple):
    """``images`` (H, W) or (H, W, C), padded, by the names of the frame graph's inputs, colours in Lab units and
    lightness in L*; ``anchor``: where the frame lies in a still."""

    images: dict[str, Image]
    anchor: Anchor | None


class _Shown(NamedTuple):
    """A still of the same view: its position, its Lab (h, w, 3) at the frame's size, and the way to it."""

    still: int
    view: Image
    motion: Motion


class Past:
    """Makes those inputs of a model's frame graph that come from what was coloured before."""

    def __init__(self, manifest: Manifest) -> None:
        """``manifest``: of the model, which names its motion source and the inputs it takes."""
        self._named = frozenset(manifest.frame_graph.inputs)
        self._motion = create_motion(manifest.motion)
        self._fitted: tuple[Image, tuple[int, int], Image] | None = None

    def motion(self, before: Image, lightness: Image) -> Motion | None:
        """Motion back from a frame of that ``lightness`` to the one ``before`` it, both (h, w) L*, unpadded; None for a
        model that wants none from outside its graph. Keeps nothing, and may be called on any thread."""
        if self._motion is None or not self._named & {*WARPED, *ANCHORED}:
            return None
        return trusted_motion(before, lightness, self._motion)

    def of(
        self,
        previous: TemporalState | None,
        lightness: Image,
        size: WorkingSize,
        stills: StillViews,
        expected: Expected | None = None,
    ) -> PastOfFrame:
        """The past of a frame of that ``lightness`` (h, w) L*, unpadded, after ``previous``; all zeros where it has
        none. ``expected``: what was found of it ahead."""
        if self._motion is None:
            return PastOfFrame(self._unmoved(previous, lightness, size, stills), None)
        if not self._named & {*WARPED, *ANCHORED}:
            return PastOfFrame({}, None)
        if previous is None:
            return self._from_still(lightness, size, stills, self._motion)
        before = size.crop(previous.luminance)
        motion = None if expected is None else expected.motion_from(before)
        if motion is None:
            motion = trusted_motion(before, lightness, self._motion)
        moved = warp(size.crop(together(previous.ab, previous.confidence)), motion.flow)
        images = _padded(size, moved, motion.validity)
        if not self._named & set(ANCHORED):
            return PastOfFrame(images, None)
        anchor = Anchor.nowhere(size.shape) if previous.anchor is None else previous.anchor.carried(motion)
        if anchor.age >= SEARCH_EVERY:
            anchor = self._looked_for(anchor, lightness, size, stills, self._motion)
        return PastOfFrame(images | self._anchored(anchor, lightness, size, stills), anchor)

    def _looked_for(
        self, anchor: Anchor, lightness: Image, size: WorkingSize, stills: StillViews, source: MotionSource
    ) -> Anchor:
        """The anchor corrected, or one in the still that looks most like the frame if that shows clearly more of it."""
        view = self._view_of(anchor, size, stills)
        if view is None:
            anchor = replace(anchor, age=0)
        else:
            anchor = anchor.searched(np.ascontiguousarray(view[..., 0]), lightness, source)
        strength = anchor.strength
        if strength > ENOUGH:
            return anchor
        views = ((still, self._fit(stills.view(still), size)) for still in stills.taking_part)
        found = [(_likeness(one[..., 0], lightness), still) for still, one in views if one is not None]
        likeness, still = max(found, default=(0.0, NOWHERE))
        if likeness < LOOKS_ALIKE:
            return anchor
        shown = self._best_shown((still,), max(LEAST_TRUST, strength + MORE), lightness, size, stills, source)
        return anchor if shown is None else anchor.moved_to(shown.still, shown.motion)

    def _from_still(self, lightness: Image, size: WorkingSize, stills: StillViews, source: MotionSource) -> PastOfFrame:
        """A still of the same view stands in for the previous frame: the frame it was made from gets its very
        colours."""
        shown = self._same_view(lightness, size, stills, source)
        if shown is None:
            nothing = np.zeros((*size.shape, 3), np.float32)
            images, anchor = _padded(size, nothing, nothing[..., 0]), Anchor.nowhere(size.shape)
        else:
            colours = warp(np.ascontiguousarray(shown.view[..., 1:]), shown.motion.flow)
            sure = np.ones(size.shape, np.float32)
            images = _padded(size, together(colours, sure), shown.motion.validity)
            anchor = Anchor.begun(shown.still, shown.motion)
        if not self._named & set(ANCHORED):
            return PastOfFrame(images, None)
        return PastOfFrame(images | self._anchored(anchor, lightness, size, stills), anchor)

    def _anchored(self, anchor: Anchor, lightness: Image, size: WorkingSize, stills: StillViews) -> dict[str, Image]:
        """The colours of the still in which the frame is anchored."""
        view = self._view_of(anchor, size, stills)
        if view is None:
            nothing = np.zeros((*size.padded_shape, 2), np.float32)
            return dict(zip(ANCHORED, (nothing, nothing[..., 0]), strict=True))
        return dict(zip(ANCHORED, (size.pad(image) for image in anchor.read(view, lightness)), strict=True))

    def _view_of(self, anchor: Anchor, size: WorkingSize, stills: StillViews) -> Image | None:
        return None if anchor.still == NOWHERE else self._fit(stills.view(anchor.still), size)

    def _unmoved(
        self, previous: TemporalState | None, lightness: Image, size: WorkingSize, stills: StillViews
    ) -> dict[str, Image]:
        """What came before as it was, for a graph that moves it."""
        luminance, there = np.zeros(size.padded_shape, np.float32), np.zeros(size.padded_shape, np.float32)
        images = {name: luminance for name in (*WARPED[1:], ANCHORED[1], "previous_luminance")}
        images |= {name: np.zeros((*size.padded_shape, 2), np.float32) for name in (WARPED[0], ANCHORED[0])}
        there[: size.height, : size.width] = 1.0
        if previous is not None:
            colours, confidence, luminance = previous.ab, previous.confidence, previous.luminance
        else:
            shown = self._same_view(lightness, size, stills, DisMotion())
            if shown is None:
                return images
            lab = size.pad(shown.view)
            colours, confidence, luminance = lab[..., 1:], np.ones(size.padded_shape, np.float32), lab[..., 0]
        return images | dict(zip((*WARPED, "previous_luminance"), (colours, there, confidence, luminance), strict=True))

    def _same_view(
        self, lightness: Image, size: WorkingSize, stills: StillViews, source: MotionSource
    ) -> _Shown | None:
        """Of the first stills that take part the one that motion leads to best, None where they show other views."""
        return self._best_shown(stills.taking_part[:STILLS_TRIED], LEAST_TRUST, lightness, size, stills, source)

    def _best_shown(
        self,
        tried: tuple[int, ...],
        least: float,
        lightness: Image,
        size: WorkingSize,
        stills: StillViews,
        source: MotionSource,
    ) -> _Shown | None:
        """Of the stills ``tried`` the one that motion leads to best, None where its mean trust is ``least`` or less."""
        best = None
        for still in tried:
            view = self._fit(stills.view(still), size)
            if view is None:
                continue
            motion = trusted_motion(np.ascontiguousarray(view[..., 0]), lightness, source)
            if float(motion.validity.mean()) > least:
                best, least = _Shown(still, view, motion), float(motion.validity.mean())
        return best

    def _fit(self, view: Image, size: WorkingSize) -> Image | None:
        """A still's view (h, w, 3) at the frame's size, None if it has another aspect; the last one is kept."""
        if view.shape[:2] == size.shape:
            return view
        if not _same_aspect(view.shape, size.shape):
            return None
        if self._fitted is None or self._fitted[0] is not view or self._fitted[1] != size.shape:
            fitted = np.asarray(cv2.resize(view, size.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
            self._fitted = (view, size.shape, fitted)
        return self._fitted[2]


def _padded(size: WorkingSize, moved: Image, validity: Image) -> dict[str, Image]:
    """From ``moved`` (h, w, 3), ab and confidence."""
    planes = size.pad(moved)
    return dict(zip(WARPED, (planes[..., :2], size.pad(validity), planes[..., 2]), strict=True))


def _likeness(one: Image, other: Image) -> float:
    """Correlation, -1..1, of two pictures (h, w) at `THUMB`."""
    small = [np.asarray(cv2.resize(image, THUMB, interpolation=cv2.INTER_AREA), np.float32) for image in (one, other)]
    first, second = (image - image.mean() for image in small)
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float((first * second).sum()) / length if length > 0 else 0.0


def _same_aspect(one: tuple[int, ...], other: tuple[int, int]) -> bool:
    """Whether two pictures (H, W, ...) have the same aspect, but for a pixel of rounding."""
    return abs(one[0] * other[1] - other[0] * one[1]) <= max(*one[:2], *other)
