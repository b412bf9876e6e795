"""Chroma from working size to the plate's size, led by the plate's own lightness.

Bilinear interpolation carries colour across edges that the plate shows sharply. Three cheap corrections, all fixed at
working size, take most of that back (``tests/benchmarks/upsampling.py`` measures them on photographs beside bilinear,
bicubic, guided filter and joint bilateral upsampling, ``tests/benchmarks/edge_charts.py`` on charts):

* the interpolated chroma should average back to the network's chroma; what bilinear blurs is added beforehand, within
  the colours of the neighbourhood, so that no halo appears;
* where chroma and lightness change together (the linear model of He & Sun, "Fast Guided Filter", 2015, eq. 2 and 3),
  lightness detail that the working size could not hold carries chroma detail. The slope counts by the fourth power of
  the local correlation, and the less the more grain the plate has: texture and grain without colour stay without
  colour;
* what comes out lies between the colours of the neighbourhood: no halo beside an edge, no grain in the colour on it.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.picture.bands import for_row_bands
from tinct.runtime.picture.colour import check_image
from tinct.runtime.picture.enlarging_loops import enlarge_rows, slopes

Image = NDArray[np.float32]
Places = NDArray[np.int64]

EDGE_VARIANCE = 80.0
"""Variance of L* (squared) below which an edge does not lead chroma, at enlargement 1; divided by the enlargement."""
GRAIN_FACTOR = 20.0
"""What the variance of the plate's grain adds to it, times this: an edge leads the grain on it into the colour too."""
_SAMPLED_ROWS = 32
_NEIGHBOURS = (3, 3)
_BILINEAR_LOSS = np.array([1 / 8, 3 / 4, 1 / 8], np.float32)
"""What bilinear enlargement followed by area averaging leaves of a row of pixels, for integer factors of 2 or more."""
_MEDIAN_OF_NORMAL = 0.6745


def upsample_chroma(ab_small: Image, lightness_small: Image, lightness_full: Image) -> Image:
    """Bring chroma to the plate's size.

    Args:
        ab_small: (h, w, 2) float32, Lab units, covering the whole picture.
        lightness_small: (h, w) float32, ``lightness_full`` reduced by area averaging.
        lightness_full: (H, W) float32 L*, 0..100. When it is no larger than ``ab_small``, chroma is area averaged.

    Returns:
        (H, W, 2) float32, Lab units.

    Raises:
        ValueError: sizes that do not belong together, or another type than float32.
    """
    enlargement = Enlargement(ab_small, lightness_small, lightness_full)
    height, width = lightness_full.shape
    result = np.empty((height, width, 2), np.float32)
    for_row_bands(height, width, lambda rows, _: enlargement.rows(rows, result[rows]))
    return result


class Enlargement:
    """`upsample_chroma` of one frame, any rows of its plate at a time."""

    def __init__(self, ab_small: Image, lightness_small: Image, lightness_full: Image) -> None:
        """All that is done at working size; arguments and errors as those of `upsample_chroma`."""
        check_image("ab_small", ab_small, (None, None, 2))
        check_image("lightness_small", lightness_small, ab_small.shape[:2])
        check_image("lightness_full", lightness_full, (None, None))
        small, full = ab_small.shape[:2], lightness_full.shape
        self.lightness = lightness_full
        self._reduced: Image | None = None
        if full[0] <= small[0] and full[1] <= small[1]:
            self._reduced = np.asarray(cv2.resize(ab_small, full[::-1], interpolation=cv2.INTER_AREA), np.float32)
            return
        ab, known = (np.require(image, requirements=("C", "W")) for image in (ab_small, lightness_small))
        factor = max(full[0] / small[0], full[1] / small[1])
        slope = _slope(ab, known, edge_variance_of(lightness_full) / factor)
        window = np.ones(_NEIGHBOURS, np.uint8)
        least, most = (np.asarray(bound(ab, window), np.float32) for bound in (cv2.erode, cv2.dilate))
        self._small = _presharpened(ab, factor, least, most), slope, known, least, most
        self._rows, self._down = _between(small[0], full[0])
        self._columns, self._across = _between(small[1], full[1])

    def rows(self, rows: slice, out: Image) -> None:
        """Chroma of those ``rows`` of the plate, into ``out`` (R, W, 2), contiguous."""
        if self._reduced is not None:
            out[:] = self._reduced[rows]
            return
        light = np.require(self.lightness[rows], requirements=("C", "W"))
        places = self._columns, self._across, np.ascontiguousarray(self._rows[:, rows]), self._down[rows]
        enlarge_rows(*self._small, *places, light, out.reshape(len(out), -1))


def edge_variance_of(lightness: Image) -> float:
    """Variance of L* (squared) below which an edge of a plate does not lead chroma, at enlargement 1.

    ``lightness``: (H, W) float32 L*, 0..100.
    """
    return EDGE_VARIANCE + GRAIN_FACTOR * _grain(lightness) ** 2


def _between(small: int, full: int) -> tuple[Places, Image]:
    """Where the centres of ``full`` pixels lie among ``small`` ones of the same extent.

    Returns: (3, full) those before and after, and the one whose area it is; (full,) the share of the one after, 0..1.
    """
    centre = (np.arange(full) + 0.5) * small / full - 0.5
    before = np.clip(np.floor(centre), 0, small - 1).astype(np.int64)
    after, middle = np.minimum(before + 1, small - 1), np.arange(full) * small // full
    return np.stack([before, after, middle]), np.clip(centre - before, 0, 1).astype(np.float32)


def _grain(lightness: Image) -> float:
    """Standard deviation of the grain, in L*, from how far pixels lie off the mean of their neighbours in the row.

    The median, since most pixels lie on no edge (Donoho & Johnstone 1994, as for wavelets' finest scale).
    """
    step = max(1, lightness.shape[0] // _SAMPLED_ROWS)
    rows = lightness[step // 2 :: step]
    if rows.shape[1] < 3:
        return 0.0
    off = np.abs(rows[:, 1:-1] - (rows[:, :-2] + rows[:, 2:]) / 2)
    return float(np.median(off)) / (_MEDIAN_OF_NORMAL * math.sqrt(1.5))


def _presharpened(ab: Image, factor: float, least: Image, most: Image) -> Image:
    """Add what bilinear enlargement by ``factor`` will take away, within the neighbourhood's ``least`` and ``most``."""
    blurred = cv2.sepFilter2D(ab, -1, _BILINEAR_LOSS, _BILINEAR_LOSS, borderType=cv2.BORDER_REPLICATE)
    more = min(factor - 1, 1)
    wanted = cv2.addWeighted(ab, 1 + more, blurred, -more, 0)
    return np.asarray(cv2.max(cv2.min(wanted, most), least), np.float32)


def _slope(ab: Image, lightness: Image, edge_variance: float) -> Image:
    """Chroma change per unit of L* around each pixel, (h, w, 2), shrunk to 0 where the two do not change together."""
    found = np.empty_like(ab)
    slopes(ab, lightness, np.float32(edge_variance), found)
    return np.asarray(cv2.blur(found, _NEIGHBOURS), np.float32)
