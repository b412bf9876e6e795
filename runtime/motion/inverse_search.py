"""Dense inverse search at one level of a pyramid, compiled (Kroeger et al., ECCV 2016).

Each patch of a picture is found in another one by descending from where a coarser level saw it; a pixel's flow is the
mean of its patches', each weighed by how well the pixel fits there. Pictures are float32 L* 0..100, contiguous. Flows
and places are pixels, x then y.
"""

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.compiled import Value, inlined, larger, smaller, summing

Image = NDArray[np.float32]

SIDE = 8
"""Rows and columns of a patch, and the least of a picture."""
STEP = 4
"""Pixels from patch to patch, fewer at the last row and column."""
MARGIN = 16
"""Pixels by which the other picture is extended on each side, so that what leads outside can be read."""
_REACH = MARGIN - 4

_DESCENTS = 4
_FARTHEST = np.float32(4)
"""Pixels beyond which a descent has lost its patch."""
_RIDGE = np.float32(1.5)
"""Squared L* a pixel, added to a patch's squared slopes: without texture it stays where it is."""
_NOISE = np.float32(0.4)
"""L* below which a difference says nothing."""

_U = np.uint64  # indices without a sign, for which Numba makes no second case
_SIDE, _PIXELS = _U(SIDE), _U(SIDE * SIDE)
_ZERO, _ONE, _SHARE = np.float32(0), np.float32(1), np.float32(1 / SIDE**2)


@inlined
def cut(image: Image, width: Value, y: Value, x: Value, patch: Image) -> None:
    """The patch (64,) whose first pixel is (y, x) of a picture (h * w,)."""
    first = _U(y) * _U(width) + _U(x)
    for j in range(_SIDE):
        for i in range(_SIDE):
            patch[j * _SIDE + i] = image[first + j * _U(width) + i]


@inlined
def read(wide: Image, height: Value, width: Value, y: Value, x: Value, u: Value, v: Value, patch: Image) -> None:
    """The patch (64,) that lies by (u, v) from (y, x) in the extended picture, bilinearly."""
    top = smaller(larger(np.float32(y) + v, np.float32(-_REACH)), np.float32(height + _REACH - SIDE))
    left = smaller(larger(np.float32(x) + u, np.float32(-_REACH)), np.float32(width + _REACH - SIDE))
    top, left = top + np.float32(MARGIN), left + np.float32(MARGIN)
    row, column = int(top), int(left)
    down, right = top - np.float32(row), left - np.float32(column)
    a, b = (_ONE - down) * (_ONE - right), (_ONE - down) * right
    c, d = down * (_ONE - right), down * right
    stride = _U(width + 2 * MARGIN)
    first = _U(row) * stride + _U(column)
    for j in range(_SIDE):
        above = first + j * stride
        below = above + stride
        for i in range(_SIDE):
            along = a * wide[above + i] + b * wide[above + i + _U(1)]
            patch[j * _SIDE + i] = along + c * wide[below + i] + d * wide[below + i + _U(1)]


@inlined
def squared_misfit(patch: Image, other: Image) -> Value:
    """Sum of squared differences of two patches (64,), a difference of brightness left out."""
    total, squares = _ZERO, _ZERO
    for i in range(_PIXELS):
        miss = other[i] - patch[i]
        total += miss
        squares += miss * miss
    return squares - total * total * _SHARE


@inlined
def steepness(along_x: Image, along_y: Image) -> tuple[Value, Value, Value, Value, Value]:
    """Of a patch's slopes (64,): sums of squares about their means, xx, yy and xy, and the means."""
    xx, yy, xy, x, y = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    for i in range(_PIXELS):
        xx += along_x[i] * along_x[i]
        yy += along_y[i] * along_y[i]
        xy += along_x[i] * along_y[i]
        x += along_x[i]
        y += along_y[i]
    xx, yy, xy = xx - x * x * _SHARE, yy - y * y * _SHARE, xy - x * y * _SHARE
    return xx + _RIDGE, yy + _RIDGE, xy, x * _SHARE, y * _SHARE


@inlined
def pull(patch: Image, other: Image, along_x: Image, along_y: Image) -> tuple[Value, Value, Value, Value]:
    """`squared_misfit`, the sum of the differences, and the sums of their products with the slopes."""
    squares, total, with_x, with_y = _ZERO, _ZERO, _ZERO, _ZERO
    for i in range(_PIXELS):
        miss = other[i] - patch[i]
        total += miss
        squares += miss * miss
        with_x += miss * along_x[i]
        with_y += miss * along_y[i]
    return squares - total * total * _SHARE, total, with_x, with_y


@inlined
def descend(
    patch: Image,
    along_x: Image,
    along_y: Image,
    wide: Image,
    height: Value,
    width: Value,
    y: Value,
    x: Value,
    u: Value,
    v: Value,
    there: Image,
) -> tuple[Value, Value]:
    """The flow of the patch (64,) of those slopes at (y, x) by steepest descent from (u, v); ``there`` is scratch."""
    xx, yy, xy, mean_x, mean_y = steepness(along_x, along_y)
    scale = _ONE / (xx * yy - xy * xy)
    from_u, from_v = best_u, best_v = u, v
    least = np.float32(np.inf)
    for _ in range(_DESCENTS):
        read(wide, height, width, y, x, u, v, there)
        miss, total, with_x, with_y = pull(patch, there, along_x, along_y)
        if not miss < least:
            break
        least, best_u, best_v = miss, u, v
        with_x, with_y = with_x - total * mean_x, with_y - total * mean_y
        u, v = u - (yy * with_x - xy * with_y) * scale, v - (xx * with_y - xy * with_x) * scale
    away_u, away_v = best_u - from_u, best_v - from_v
    lost = away_u * away_u + away_v * away_v > _FARTHEST * _FARTHEST
    return (from_u, from_v) if lost else (best_u, best_v)


@summing
def find_patches(light: Image, slope_x: Image, slope_y: Image, wide: Image, coarse: Image, found: Image) -> None:
    """Where the patches of ``light`` (h, w) with its slopes lie in another picture, ``wide`` (h + 32, w + 32), into
    ``found`` (rows, columns, 2). ``coarse``: the flow (about h / 2, w / 2, 2) at half the resolution."""
    height, width = light.shape
    picture, all_x, all_y, other = light.ravel(), slope_x.ravel(), slope_y.ravel(), wide.ravel()
    patch, there, along_x, along_y = np.empty((4, SIDE * SIDE), np.float32)
    for row in range(found.shape[0]):
        y = min(row * STEP, height - SIDE)
        for column in range(found.shape[1]):
            x = min(column * STEP, width - SIDE)
            cut(picture, width, y, x, patch)
            cut(all_x, width, y, x, along_x)
            cut(all_y, width, y, x, along_y)
            middle_y, middle_x = (y + SIDE // 2) // 2, (x + SIDE // 2) // 2
            before = coarse[min(middle_y, coarse.shape[0] - 1), min(middle_x, coarse.shape[1] - 1)]
            u, v = np.float32(2) * before[0], np.float32(2) * before[1]
            read(other, height, width, y, x, u, v, there)
            least = squared_misfit(patch, there)
            for neighbour in range(2):  # the patches to the left and above are found already
                r, c = row - neighbour, column - 1 + neighbour
                if r >= 0 and c >= 0:
                    read(other, height, width, y, x, found[r, c, 0], found[r, c, 1], there)
                    miss = squared_misfit(patch, there)
                    if miss < least:
                        least, u, v = miss, found[r, c, 0], found[r, c, 1]
            u, v = descend(patch, along_x, along_y, other, height, width, y, x, u, v, there)
            found[row, column, 0], found[row, column, 1] = u, v


@inlined
def add(there: Image, picture: Image, first: Value, width: Value, u: Value, v: Value, sums: Image) -> None:
    """Add a patch's flow to the sums (3, h * w) of u, v and weights at its pixels."""
    for j in range(_SIDE):
        start = first + j * _U(width)
        for i in range(_SIDE):
            weight = _ONE / larger(abs(there[j * _SIDE + i] - picture[start + i]), _NOISE)
            sums[_U(0), start + i] += weight * u
            sums[_U(1), start + i] += weight * v
            sums[_U(2), start + i] += weight


@summing
def spread(light: Image, wide: Image, found: Image, flow: Image) -> None:
    """The flow (h, w, 2) of each pixel from that of its patches, `find_patches`' ``found``."""
    height, width = light.shape
    picture, other, there = light.ravel(), wide.ravel(), np.empty(SIDE * SIDE, np.float32)
    sums = np.zeros((3, height * width), np.float32)
    for row in range(found.shape[0]):
        y = min(row * STEP, height - SIDE)
        for column in range(found.shape[1]):
            x = min(column * STEP, width - SIDE)
            u, v = found[row, column, 0], found[row, column, 1]
            read(other, height, width, y, x, u, v, there)
            add(there, picture, _U(y) * _U(width) + _U(x), width, u, v, sums)
    pixels = flow.reshape(-1, 2)
    for i in range(pixels.shape[0]):
        share = _ONE / sums[2, i]
        pixels[i, 0], pixels[i, 1] = sums[0, i] * share, sums[1, i] * share
