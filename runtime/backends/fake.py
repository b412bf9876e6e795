"""A backend without a network: it keeps the tensor contract and colours by nearest lightness.

For tests of whatever stands above the backends, for hosts, and for a first run before a model is there. It reads no
graph, so it works with every bundle. Not meant to look good.
"""

from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend, Tensors
from tinct.runtime.backends.tensors import feed
from tinct.runtime.bundle import DESCRIPTOR_INPUTS, DESCRIPTOR_OUTPUTS, Bundle, GraphSpec

Image = NDArray[np.float32]

CELL = 8
"""Side in pixels of the square of a still that becomes one token."""
LEVELS = 256
"""Steps into which lightness is divided to look colours up."""
TRUST = 0.75
"""Share of the previous colour where it is fully valid; the rest comes from the stills, so that errors fade."""
DESCRIPTOR = GraphSpec("", DESCRIPTOR_INPUTS, DESCRIPTOR_OUTPUTS)
THUMB = 8
"""Side of the picture that the fake descriptor holds."""


class FakeBackend(Backend):
    """Gives each pixel the colour of the still token nearest in lightness, blended with the moved previous colour, or a
    still's own colour where the frame is anchored in it.

    The first bank tensor holds (L, a, b) of each token, scaled as in the manifest; further ones are zeros of one
    channel.
    """

    NAME: ClassVar[str] = "fake"

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        super().__init__(bundle, threads=threads)

    @classmethod
    def unavailable(cls) -> str | None:
        """Return None: it runs everywhere."""
        return None

    def encode_reference(self, inputs: Tensors) -> Tensors:
        """Average the still over cells of 8 x 8 pixels."""
        still = feed(self.bundle.manifest.reference_graph, inputs)["still"]
        lab = np.ascontiguousarray(still[0].transpose(1, 2, 0))
        height, width = lab.shape[:2]
        reduced = cv2.resize(lab, (width // CELL, height // CELL), interpolation=cv2.INTER_AREA)
        cells = np.asarray(reduced, np.float32).reshape(1, -1, 3)
        first, *others = self.bundle.manifest.bank
        empty = np.zeros((1, cells.shape[1], 1), np.float32)
        return {first: cells, **{name: empty.copy() for name in others}}

    def colorize_frame(self, inputs: Tensors) -> Tensors:
        """Look the colour of each pixel up, blend with the previous result, and put hints on top."""
        inputs = feed(self.bundle.manifest.frame_graph, inputs)
        luminance = inputs["luminance"][0, 0]
        tokens = inputs[self.bundle.manifest.bank[0]][0]
        bias = inputs["bank_bias"][0] if "bank_bias" in inputs else np.zeros(len(tokens), np.float32)
        copied, likeness = _look_up(luminance, tokens, bias)
        trust = np.zeros_like(luminance)[..., None]
        previous = np.zeros_like(copied)
        if "warped_ab" in inputs and "warped_validity" in inputs:
            trust = np.float32(TRUST) * inputs["warped_validity"][0, 0][..., None]
            previous = inputs["warped_ab"][0].transpose(1, 2, 0)
        ab = copied + trust * (previous - copied)
        if "anchored_ab" in inputs and "anchored_validity" in inputs:
            sure = inputs["anchored_validity"][0, 0][..., None]
            ab += sure * (inputs["anchored_ab"][0].transpose(1, 2, 0) - ab)
            trust = np.maximum(trust, sure)
        if "hints" in inputs:
            hints = inputs["hints"][0].transpose(1, 2, 0)
            ab = np.where(hints[..., 2:] > 0, hints[..., :2], ab)
        return {
            "ab": np.ascontiguousarray(ab.transpose(2, 0, 1)[None], np.float32),
            "confidence": np.maximum(likeness, trust[..., 0])[None, None],
        }

    @property
    def descriptor_identity(self) -> str:
        """The same for every bundle: no graph has a part in it."""
        return f"{self.NAME}-{THUMB}x{THUMB}"

    def describe(self, inputs: Tensors) -> Tensors:
        """The picture reduced to 8 x 8 pixels, less its mean, as (1, 64) of unit length."""
        luminance = feed(DESCRIPTOR, inputs)["luminance"][0, 0]
        thumb = np.asarray(cv2.resize(luminance, (THUMB, THUMB), interpolation=cv2.INTER_AREA), np.float32).ravel()
        thumb -= thumb.mean()
        length = np.linalg.norm(thumb)
        flat = np.full_like(thumb, 1 / THUMB)  # a picture without any detail
        return {"descriptor": (thumb / length if length > 1e-6 else flat)[None]}


def _look_up(luminance: Image, tokens: Image, bias: Image) -> tuple[Image, Image]:
    """Colour (H, W, 2) and likeness (H, W) 0..1 of the token nearest to each pixel in scaled lightness.

    A token of weight w counts as nearer by log(w) / LEVELS: weights decide between tokens of about one lightness.
    """
    low, high = float(luminance.min()), float(luminance.max())
    step = max(high - low, 1e-6) / (LEVELS - 1)
    levels = (low + step * np.arange(LEVELS)).astype(np.float32)
    distance = np.abs(levels[:, None] - tokens[None, :, 0])
    nearest = np.argmin(distance - bias[None, :] / LEVELS, axis=1)
    likeness = np.exp(-4.0 * distance[np.arange(LEVELS), nearest]).astype(np.float32)
    index = np.clip(np.rint((luminance - low) / step), 0, LEVELS - 1).astype(np.intp)
    return tokens[nearest, 1:3][index], likeness[index]
