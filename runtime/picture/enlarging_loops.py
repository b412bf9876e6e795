"""Chroma enlarged to a plate, pixel by pixel, compiled; what it is for stands in ``upsample.py``.

All images are float32 and contiguous; ``out`` is written. Loops are `step`, what Python calls is `compiled`.
"""

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.picture.compiled import Value, compiled, larger, smaller, step
from tinct.runtime.picture.transfer import Image

Places = NDArray[np.int64]

_ZERO, _ONE, _NINTH = np.float32(0), np.float32(1), np.float32(1 / 9)
_MIN_VARIANCE = np.float32(1e-3)


@step
def column_sums(ab: Image, lightness: Image, row: int, sums: Image) -> None:
    """Sums of three rows about ``row``, mirrored at the image's edges: L, a, b, LL, La, Lb, aa + bb; (7, w + 2)."""
    last, width = lightness.shape[0] - 1, lightness.shape[1]
    for kind in range(sums.shape[0]):
        for x in range(width):
            sums[kind, x + 1] = _ZERO
    for other in (row - 1 if row > 0 else min(1, last), row, row + 1 if row < last else max(0, last - 1)):
        for x in range(width):
            light, a, b = lightness[other, x], ab[other, x, 0], ab[other, x, 1]
            sums[0, x + 1] += light
            sums[1, x + 1] += a
            sums[2, x + 1] += b
            sums[3, x + 1] += light * light
            sums[4, x + 1] += light * a
            sums[5, x + 1] += light * b
            sums[6, x + 1] += a * a + b * b
    for kind in range(sums.shape[0]):
        sums[kind, 0] = sums[kind, min(2, width)]
        sums[kind, width + 1] = sums[kind, max(width - 1, 1)]


@step
def slopes_of_sums(sums: Image, edge_variance: Value, out: Image) -> None:
    """Slopes of one row, (w, 2), from its `column_sums`."""
    for x in range(out.shape[0]):
        light = _NINTH * (sums[0, x] + sums[0, x + 1] + sums[0, x + 2])
        a = _NINTH * (sums[1, x] + sums[1, x + 1] + sums[1, x + 2])
        b = _NINTH * (sums[2, x] + sums[2, x + 1] + sums[2, x + 2])
        variance = _NINTH * (sums[3, x] + sums[3, x + 1] + sums[3, x + 2]) - light * light
        with_a = _NINTH * (sums[4, x] + sums[4, x + 1] + sums[4, x + 2]) - light * a
        with_b = _NINTH * (sums[5, x] + sums[5, x + 1] + sums[5, x + 2]) - light * b
        of_ab = _NINTH * (sums[6, x] + sums[6, x + 1] + sums[6, x + 2]) - (a * a + b * b)
        explained = with_a * with_a + with_b * with_b
        correlation = explained / (larger(variance, _MIN_VARIANCE) * larger(of_ab, _MIN_VARIANCE))
        correlation = smaller(correlation, _ONE)
        trust = correlation * correlation / (larger(variance, _ZERO) + edge_variance)
        out[x, 0], out[x, 1] = with_a * trust, with_b * trust


@compiled
def slopes(ab: Image, lightness: Image, edge_variance: np.float32, out: Image) -> None:
    """How ``ab`` (h, w, 2) changes with ``lightness`` (h, w) in the 3 x 3 about each pixel, shrunk by the fourth power
    of their correlation, and the more the less lightness varies beside ``edge_variance``; ``out`` (h, w, 2).
    """
    sums = np.empty((7, lightness.shape[1] + 2), np.float32)
    for row in range(lightness.shape[0]):
        column_sums(ab, lightness, row, sums)
        slopes_of_sums(sums, edge_variance, out[row])


@step
def widen_row(
    sharp: Image,
    slope: Image,
    known: Image,
    columns: Places,
    across: Image,
    wide_sharp: Image,
    wide_slope: Image,
    wide_known: Image,
) -> None:
    """Rows (w, 2), (w, 2) and (w,) interpolated to the plate's width: (2 W,), (2 W,) and (W,)."""
    for x in range(across.size):
        left, right, share = columns[0, x], columns[1, x], across[x]
        wide_known[x] = known[left] + share * (known[right] - known[left])
        for channel in range(2):
            base, lead = sharp[left, channel], slope[left, channel]
            wide_sharp[2 * x + channel] = base + share * (sharp[right, channel] - base)
            wide_slope[2 * x + channel] = lead + share * (slope[right, channel] - lead)


@step
def repeat_row(least: Image, most: Image, columns: Places, wide_least: Image, wide_most: Image) -> None:
    """Rows (w, 2) of bounds at the plate's width, (2 W,): those of the pixel that each column lies in."""
    for x in range(columns.shape[1]):
        column = columns[2, x]
        for channel in range(2):
            wide_least[2 * x + channel] = least[column, channel]
            wide_most[2 * x + channel] = most[column, channel]


@step
def detail_of(lightness: Image, upper: Image, lower: Image, share: Value, detail: Image) -> None:
    """What ``lightness`` (W,) has beyond that between two rows, twice for each pixel, (2 W,)."""
    for x in range(lightness.size):
        beyond = lightness[x] - (upper[x] + share * (lower[x] - upper[x]))
        detail[2 * x], detail[2 * x + 1] = beyond, beyond


@step
def add_detail(
    detail: Image,
    share: Value,
    bases: Image,
    other_bases: Image,
    slopes: Image,
    other_slopes: Image,
    least: Image,
    most: Image,
    out: Image,
) -> None:
    """A row between two, plus its slope times ``detail``, within bounds; all (2 W,)."""
    for i in range(out.size):
        base = bases[i] + share * (other_bases[i] - bases[i])
        slope = slopes[i] + share * (other_slopes[i] - slopes[i])
        out[i] = smaller(larger(base + slope * detail[i], least[i]), most[i])


@compiled
def enlarge_rows(
    sharp: Image,
    slope: Image,
    known: Image,
    least: Image,
    most: Image,
    columns: Places,
    across: Image,
    rows: Places,
    down: Image,
    lightness: Image,
    out: Image,
) -> None:
    """Chroma ``out`` (R, 2 W) of the rows ``lightness`` (R, W) from images of the working size.

    ``sharp`` and ``slope`` (h, w, 2) and ``known`` (h, w) are interpolated, ``least`` and ``most`` (h, w, 2) bound the
    result. ``columns`` (3, W): those left and right of each column's centre, and the one that it lies in; ``across``
    (W,) the share of the right one. ``rows`` (3, R) and ``down`` (R,) likewise from above.
    """
    width = lightness.shape[1]
    wide = np.empty((2, 2, 2 * width), np.float32)
    wide_known = np.empty((2, width), np.float32)
    bounds = np.empty((2, 2 * width), np.float32)
    detail = np.empty(2 * width, np.float32)
    held = np.full(3, -1)  # the row in either place of ``wide``, and that in ``bounds``
    for row in range(out.shape[0]):
        for end in range(2):
            wanted = rows[end, row]
            place = wanted % 2
            if held[place] != wanted:
                held[place] = wanted
                one = wide[place]
                widen_row(
                    sharp[wanted], slope[wanted], known[wanted], columns, across, one[0], one[1], wide_known[place]
                )
        if held[2] != rows[2, row]:
            held[2] = rows[2, row]
            repeat_row(least[held[2]], most[held[2]], columns, bounds[0], bounds[1])
        upper, lower, share = rows[0, row] % 2, rows[1, row] % 2, down[row]
        one, two = wide[upper], wide[lower]
        detail_of(lightness[row], wide_known[upper], wide_known[lower], share, detail)
        add_detail(detail, share, one[0], two[0], one[1], two[1], bounds[0], bounds[1], out[row])
