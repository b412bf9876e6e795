"""Chroma enlarged to a plate, pixel by pixel, compiled; what it is for stands in ``upsample.py``.

All images are float32 and contiguous; ``out`` is written. Loops are `step`, what Python calls is `compiled`.
"""

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.compiled import Value, compiled, larger, smaller, step
from tinct.runtime.picture.transfer import Image

Places = NDArray[np.int64]

_ZERO, _ONE, _NINTH = np.float32(0), np.float32(1), np.float32(1 / 9)
_MIN_VARIANCE = np.float32(1e-3)


@step
def separate(ab: Image, a: Image, b: Image) -> None:
    """Two channels (w, 2) apart."""
    for x in range(a.size):
        a[x], b[x] = ab[x, 0], ab[x, 1]


@step
def products(light: Image, a: Image, b: Image, out: Image) -> None:
    """LL, La, Lb and aa + bb of a row; (4, w)."""
    for x in range(light.size):
        out[0, x] = light[x] * light[x]
        out[1, x] = light[x] * a[x]
        out[2, x] = light[x] * b[x]
        out[3, x] = a[x] * a[x] + b[x] * b[x]


@step
def mean_of_nine(above: Image, here: Image, below: Image, sums: Image, out: Image) -> None:
    """Means (w,) over the 3 x 3 about each pixel of a row, mirrored at its ends; ``sums`` (w + 2,) is scratch."""
    width = out.size
    for x in range(width):
        sums[x + 1] = above[x] + here[x] + below[x]
    sums[0], sums[width + 1] = sums[min(2, width)], sums[max(width - 1, 1)]
    for x in range(width):
        out[x] = _NINTH * (sums[x] + sums[x + 1] + sums[x + 2])


@step
def slopes_of_means(means: Image, edge_variance: Value, along_a: Image, along_b: Image) -> None:
    """Slopes of one row, (w,) each, from the means of L, a, b and of their `products`; (7, w)."""
    for x in range(along_a.size):
        light, a, b = means[0, x], means[1, x], means[2, x]
        variance = means[3, x] - light * light
        with_a, with_b = means[4, x] - light * a, means[5, x] - light * b
        of_ab = means[6, x] - (a * a + b * b)
        explained = with_a * with_a + with_b * with_b
        correlation = explained / (larger(variance, _MIN_VARIANCE) * larger(of_ab, _MIN_VARIANCE))
        correlation = smaller(correlation, _ONE)
        trust = correlation * correlation / (larger(variance, _ZERO) + edge_variance)
        along_a[x], along_b[x] = with_a * trust, with_b * trust


@step
def beside_each_other(a: Image, b: Image, out: Image) -> None:
    """Two channels as (w, 2)."""
    for x in range(a.size):
        out[x, 0], out[x, 1] = a[x], b[x]


@compiled
def slopes(ab: Image, lightness: Image, edge_variance: np.float32, out: Image) -> None:
    """How ``ab`` (h, w, 2) changes with ``lightness`` (h, w) in the 3 x 3 about each pixel, shrunk by the fourth power
    of their correlation, and the more the less lightness varies beside ``edge_variance``; ``out`` (h, w, 2).
    """
    height, width = lightness.shape
    last = height - 1
    held = np.empty((3, 7, width), np.float32)  # L, a, b and products of the last three rows
    means, sums = np.empty((9, width), np.float32), np.empty(width + 2, np.float32)
    known = 0
    for row in range(height):
        while known < min(row + 2, height):
            one = held[known % 3]
            one[0] = lightness[known]
            separate(ab[known], one[1], one[2])
            products(one[0], one[1], one[2], one[3:])
            known += 1
        above, below = held[min(abs(row - 1), last) % 3], held[max(last - abs(last - row - 1), 0) % 3]
        for kind in range(7):
            mean_of_nine(above[kind], held[row % 3, kind], below[kind], sums, means[kind])
        slopes_of_means(means, edge_variance, means[7], means[8])
        beside_each_other(means[7], means[8], out[row])


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
