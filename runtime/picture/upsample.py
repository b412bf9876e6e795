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
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.picture.bands import for_row_bands
from tinct.runtime.picture.colour import check_image

Image = NDArray[np.float32]

EDGE_VARIANCE = 80.0
"""Variance of L* (squared) below which an edge does not lead chroma, at enlargement 1; divided by the enlargement."""
GRAIN_FACTOR = 20.0
"""What the variance of the plate's grain adds to it, times this: an edge leads the grain on it into the colour too."""
_SAMPLED_ROWS = 32
_NEIGHBOURS = (3, 3)
_BILINEAR_LOSS = np.array([1 / 8, 3 / 4, 1 / 8], np.float32)
"""What bilinear enlargement followed by area averaging leaves of a row of pixels, for integer factors of 2 or more."""
_MEDIAN_OF_NORMAL = 0.6745
_MIN_VARIANCE = np.float32(1e-3)


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
    check_image("ab_small", ab_small, (None, None, 2))
    check_image("lightness_small", lightness_small, ab_small.shape[:2])
    check_image("lightness_full", lightness_full, (None, None))
    small, full = ab_small.shape[:2], lightness_full.shape
    if full[0] <= small[0] and full[1] <= small[1]:
        return np.asarray(cv2.resize(ab_small, full[::-1], interpolation=cv2.INTER_AREA), np.float32)
    factor = max(full[0] / small[0], full[1] / small[1])
    window = np.ones(_NEIGHBOURS, np.uint8)
    least, most = (np.asarray(bound(ab_small, window), np.float32) for bound in (cv2.erode, cv2.dilate))
    ab = _enlarge(_presharpened(ab_small, factor, least, most), full)
    slope = _enlarge(_slope(ab_small, lightness_small, edge_variance_of(lightness_full) / factor), full)
    known = _enlarge(lightness_small, full)
    # Bounds of a neighbourhood hold for the whole of its middle pixel: interpolating them would only cost time.
    least, most = (
        np.asarray(cv2.resize(bound, (full[1], small[0]), interpolation=cv2.INTER_NEAREST), np.float32)
        for bound in (least, most)
    )

    def band(rows: slice, scratch: Image) -> None:
        detail, both, target = scratch[0], scratch[1:].reshape(*scratch.shape[1:], 2), ab[rows]
        np.subtract(lightness_full[rows], known[rows], out=detail)
        cv2.merge((detail, detail), both)
        both *= slope[rows]
        both += target
        for row, part in _shares(rows, small[0], full[0]):
            np.maximum(both[part], least[row], out=both[part])
            np.minimum(both[part], most[row], out=target[part])

    for_row_bands(full[0], full[1], band, planes=3)
    return ab


def edge_variance_of(lightness: Image) -> float:
    """Variance of L* (squared) below which an edge of a plate does not lead chroma, at enlargement 1.

    ``lightness``: (H, W) float32 L*, 0..100.
    """
    return EDGE_VARIANCE + GRAIN_FACTOR * _grain(lightness) ** 2


def _enlarge(image: Image, size: tuple[int, ...]) -> Image:
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


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


def _shares(rows: slice, small: int, full: int) -> Iterator[tuple[int, slice]]:
    """Cut ``rows`` of an image of height ``full`` by the rows of one of height ``small`` that they lie in.

    Yields the small row and the part of ``rows``, counted from their start.
    """
    start = rows.start
    while start < rows.stop:
        row = start * small // full
        stop = min(rows.stop, -(-(row + 1) * full // small))
        yield row, slice(start - rows.start, stop - rows.start)
        start = stop


def _presharpened(ab: Image, factor: float, least: Image, most: Image) -> Image:
    """Add what bilinear enlargement by ``factor`` will take away, within the neighbourhood's ``least`` and ``most``."""
    blurred = cv2.sepFilter2D(ab, -1, _BILINEAR_LOSS, _BILINEAR_LOSS, borderType=cv2.BORDER_REPLICATE)
    wanted = ab + np.float32(min(factor - 1, 1)) * (ab - blurred)
    return np.clip(wanted, least, most)


def _slope(ab: Image, lightness: Image, edge_variance: float) -> Image:
    """Chroma change per unit of L* around each pixel, (h, w, 2), shrunk to 0 where the two do not change together."""
    mean_l, mean_ab = cv2.blur(lightness, _NEIGHBOURS), cv2.blur(ab, _NEIGHBOURS)
    variance = np.maximum(cv2.blur(lightness * lightness, _NEIGHBOURS) - mean_l * mean_l, 0)
    covariance = cv2.blur(ab * lightness[..., None], _NEIGHBOURS) - mean_ab * mean_l[..., None]
    variance_ab = np.maximum((cv2.blur(ab * ab, _NEIGHBOURS) - mean_ab * mean_ab).sum(axis=-1), _MIN_VARIANCE)
    correlation = (covariance * covariance).sum(axis=-1) / (np.maximum(variance, _MIN_VARIANCE) * variance_ab)
    trust = np.minimum(correlation, 1) ** 2 / (variance + np.float32(edge_variance))
    return np.asarray(cv2.blur(covariance * trust[..., None], _NEIGHBOURS), np.float32)
