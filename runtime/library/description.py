"""From a picture to the descriptor by which a library finds it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend
from tinct.runtime.bundle import Manifest
from tinct.runtime.errors import BackendError

Image = NDArray[np.float32]

LONGEST = 4
"""The long side of what is described is at most this many times the short side."""


def view_of(lightness: Image, manifest: Manifest, *, short_side: int | None = None) -> Image:
    """The descriptor graph's input (1, 1, h, w) for a picture's L* (H, W) 0..100.

    The picture is scaled to ``short_side`` (None: the model's) and both sides to the nearest multiples of the model's,
    so that nothing is cut off and no padding is described.
    """
    height, width = lightness.shape
    wanted, multiple = short_side or manifest.descriptor_size, manifest.size_multiple
    shape = [
        max(1, round(min(side * wanted / min(height, width), LONGEST * wanted) / multiple)) * multiple
        for side in (height, width)
    ]
    method = cv2.INTER_AREA if shape[0] <= height and shape[1] <= width else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(lightness, (shape[1], shape[0]), interpolation=method), np.float32)
    scaled = (small - np.float32(manifest.colour.l_mean)) / np.float32(manifest.colour.l_scale)
    return np.ascontiguousarray(scaled[None, None], np.float32)


def describe(view: Image, backend: Backend) -> Image:
    """The descriptor (D,) float32 of unit length of what `view_of` gave.

    Raises:
        BackendError: the model has no descriptor graph, or it failed.
    """
    found = backend.describe({"luminance": view})["descriptor"]
    length = float(np.linalg.norm(found))
    if found.ndim != 2 or found.shape[0] != 1 or not 0.5 < length < 2:
        raise BackendError(
            f"{backend.NAME} gave a descriptor {found.shape} of length {length:.3g}, not (1, D) of length 1; "
            "export the bundle again"
        )
    return np.asarray(found[0] / np.float32(length), np.float32)
