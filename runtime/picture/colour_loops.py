"""The arithmetic of composition, pixel by pixel, compiled: lightness, the gamut, colour under luma.

Curves stand in ``transfer.py``, the gamut's table in ``gamut.py``, what composition promises in ``compose.py``. Powers
are polynomials here, fitted over the range that can occur when this module is imported, to 6e-7 or better: the fourth
root of x, which is two square roots, makes x^(5/12) and x^(1/3) smooth enough for degrees of seven and eight.

All images are float32 and contiguous; ``out`` is written. Loops are `step`, what Python calls is `compiled`.
"""

from collections.abc import Callable

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import NDArray

from tinct.runtime.compiled import Value, compiled, inlined, larger, smaller, step
from tinct.runtime.picture.transfer import (
    LAB_BREAK,
    SRGB_BREAK,
    SRGB_GAMMA,
    SRGB_OFFSET,
    SRGB_SCALE,
    SRGB_SLOPE,
    Image,
)

ENCODED, LINEAR, SCENE = 0, 1, 2
"""How luma is encoded: through the sRGB curve, linear, or linear and seen through the view's shoulder."""
BRIGHTEST = 1.1
"""Linear R, G, B that are encoded go no further: the gamut's `UPPER_END` and slack."""

_CHUNK = 512
"""Pixels that pass from loop to loop at a time."""
_HUES = 361

Places = NDArray[np.int32]
F = np.float32
_ZERO, _ONE, _HALF, _TWO, _FOUR = F(0), F(1), F(0.5), F(2), F(4)
_TINY, _HUGE = F(1e-30), F(3.4e38)
_TOUCHING = F(1 - 1e-6)
"""Keeps rounding of ``V + s c`` from passing the limit that s was made for."""


def _fit(curve: Callable[[NDArray[np.float64]], NDArray[np.float64]], start: float, stop: float, degree: int) -> Image:
    """Coefficients, constant first, of the polynomial nearest to ``curve`` from ``start`` to ``stop``."""
    near = Chebyshev.interpolate(curve, degree, domain=[start, stop])
    return near.convert(kind=Polynomial).coef.astype(np.float32)


def _arctan_over_x(squared: NDArray[np.float64]) -> NDArray[np.float64]:
    root = np.sqrt(np.maximum(squared, 1e-20))
    return np.degrees(np.arctan(root) / root)


_DECODE_KNEE = F(SRGB_SLOPE * SRGB_BREAK)
_LAB_KNEE = F(LAB_BREAK**3)
_LAB_KNEE_ENCODED = LAB_BREAK ** (3 / SRGB_GAMMA)  # what is decoded to the knee of Lab, before its scale and offset

_E0, _E1, _E2, _E3, _E4, _E5, _E6, _E7 = _fit(lambda s: s ** (4 / SRGB_GAMMA), SRGB_BREAK**0.25, BRIGHTEST**0.25, 7)
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8 = _fit(lambda s: s ** (4 / 3), LAB_BREAK**0.75, 1, 8)
_D0, _D1, _D2, _D3, _D4 = _fit(lambda t: t**SRGB_GAMMA, 0.09, 0.14, 4)
_R0, _R1, _R2, _R3, _R4, _R5, _R6, _R7, _R8 = _fit(lambda s: s ** (2 * SRGB_GAMMA / 3), _LAB_KNEE_ENCODED**0.5, 1, 8)
_A0, _A1, _A2, _A3, _A4, _A5, _A6, _A7, _A8 = _fit(_arctan_over_x, 0, 1, 8)

_ENCODE_SCALE, _ENCODE_SLOPE, _ENCODE_KNEE = F(SRGB_SCALE), F(SRGB_SLOPE), F(SRGB_BREAK)
_ENCODE_OFFSET = F(SRGB_SCALE * SRGB_BREAK ** (1 / SRGB_GAMMA))
_DECODE_SCALE, _DECODE_OFFSET, _DECODE_SLOPE = F(1 / SRGB_SCALE), F(SRGB_OFFSET / SRGB_SCALE), F(1 / SRGB_SLOPE)
_LAB_BREAK, _LAB_LINE = F(LAB_BREAK), F(3 * LAB_BREAK**2)
_LAB_OFFSET = F(3 * LAB_BREAK**2 * 4 / 29 + LAB_BREAK**3)
_ROOT_SLOPE, _ROOT_OFFSET = F(1 / (3 * LAB_BREAK**2)), F(4 / 29)
_L_SCALE, _L_OFFSET, _WHITE = F(116), F(16), F(100)
_TO_FY, _FY_OFFSET, _TO_FX, _TO_FZ = F(1 / 116), F(16 / 116), F(1 / 500), F(1 / 200)
_RIGHT_ANGLE, _HALF_TURN, _TURN = F(90), F(180), F(360)
_LAST_HUE, _LAST_ROW = F(359.9999), F(199.9999)
_NEXT, _BELOW, _BELOW_NEXT = np.uint32(1), np.uint32(_HUES), np.uint32(_HUES + 1)
_WIDTH = np.int32(_HUES)


@inlined
def gain_of(y: Value) -> Value:
    """``Y / V(Y)`` of the view's shoulder (``view.py``)."""
    y = larger(y, _HALF)
    return y + y / (_FOUR * y - _ONE)


@inlined
def encoded(x: Value) -> Value:
    """SRGB code of linear light up to `BRIGHTEST`; negative light goes on along the curve's line."""
    s = np.sqrt(np.sqrt(larger(x, _ENCODE_KNEE)))
    power = ((((((_E7 * s + _E6) * s + _E5) * s + _E4) * s + _E3) * s + _E2) * s + _E1) * s + _E0
    return _ENCODE_SCALE * power + _ENCODE_SLOPE * smaller(x, _ENCODE_KNEE) - _ENCODE_OFFSET


@inlined
def root_of_linear(y: Value) -> Value:
    """``f(Y)`` of CIE 15:2004 eq. 8.6 for Y in 0..1."""
    s = np.sqrt(np.sqrt(larger(y, _LAB_KNEE)))
    root = (((((((_C8 * s + _C7) * s + _C6) * s + _C5) * s + _C4) * s + _C3) * s + _C2) * s + _C1) * s + _C0
    return root if y > _LAB_KNEE else _ROOT_SLOPE * y + _ROOT_OFFSET


@inlined
def root_of_encoded(v: Value) -> Value:
    """``f(Y)`` of the light Y that the sRGB code ``v``, 0..1, stands for: two lines' ends, and a power of 0.8."""
    t = _DECODE_SCALE * v + _DECODE_OFFSET
    s = np.sqrt(t)
    root = (((((((_R8 * s + _R7) * s + _R6) * s + _R5) * s + _R4) * s + _R3) * s + _R2) * s + _R1) * s + _R0
    power = (((_D4 * t + _D3) * t + _D2) * t + _D1) * t + _D0
    light = power if v > _DECODE_KNEE else _DECODE_SLOPE * v
    return root if light > _LAB_KNEE else _ROOT_SLOPE * light + _ROOT_OFFSET


@inlined
def ratio_of_root(f: Value) -> Value:
    """X/Xn, Y/Yn or Z/Zn whose root is ``f``; a line below 6/29 that goes on into the negative."""
    above = larger(f, _LAB_BREAK)
    return above * above * above + _LAB_LINE * smaller(f, _LAB_BREAK) - _LAB_OFFSET


@inlined
def hue_of(a: Value, b: Value) -> Value:
    """Hue in degrees, 0..360, to 1e-5; 0 of no chroma."""
    x, y = abs(a), abs(b)
    ratio = smaller(x, y) / larger(larger(x, y), _TINY)
    u = ratio * ratio
    series = (((((((_A8 * u + _A7) * u + _A6) * u + _A5) * u + _A4) * u + _A3) * u + _A2) * u + _A1) * u + _A0
    turn = ratio * series
    turn = _RIGHT_ANGLE - turn if y > x else turn
    turn = _HALF_TURN - turn if a < _ZERO else turn
    return _TURN - turn if b < _ZERO else turn


@compiled
def lightness_of(luma: Image, kind: int, out: Image) -> None:
    """L* (N,) of ``luma`` (N,) that is encoded as ``kind`` says; beyond 0..1 is clipped, non-finite gives 0."""
    for i in range(luma.size):
        value = luma[i]
        v = larger(value, _ZERO)
        if kind == SCENE:
            v = v / gain_of(v)
        v = smaller(v, _ONE)
        v = v if abs(value) < _HUGE else _ZERO
        root = root_of_encoded(v) if kind == ENCODED else root_of_linear(v)
        out[i] = smaller(larger(_L_SCALE * root - _L_OFFSET, _ZERO), _WHITE)


@step
def gamut_places(
    lightness: Image, a: Image, b: Image, row_of: Places, place: Places, row_part: Image, hue_part: Image
) -> None:
    """Where colours lie in the gamut's table: row above, entry above and left, how far to the next row and column."""
    for i in range(lightness.size):
        row = smaller(larger(lightness[i] * _TWO, _ZERO), _LAST_ROW)
        hue = smaller(hue_of(a[i], b[i]), _LAST_HUE)
        whole_row, whole_hue = np.int32(row), np.int32(hue)
        row_part[i] = row - np.float32(whole_row)
        hue_part[i] = hue - np.float32(whole_hue)
        row_of[i] = whole_row
        place[i] = whole_row * _WIDTH + whole_hue


@step
def gamut_shares(
    table: Image,
    safe: Image,
    a: Image,
    b: Image,
    row_of: Places,
    place: Places,
    row_part: Image,
    hue_part: Image,
    share: Image,
) -> None:
    """The share of each colour's chroma that the gamut has room for, at most 1."""
    for i in range(share.size):
        square = a[i] * a[i] + b[i] * b[i]
        share[i] = _ONE
        if square > safe[np.uint32(row_of[i])]:
            entry = np.uint32(place[i])
            most = _HUGE
            for plane in table:
                above = plane[entry] + hue_part[i] * (plane[entry + _NEXT] - plane[entry])
                low, next_low = plane[entry + _BELOW], plane[entry + _BELOW_NEXT]
                below = low + hue_part[i] * (next_low - low)
                most = smaller(above + row_part[i] * (below - above), most)
            share[i] = smaller(most / np.sqrt(square), _ONE)


@step
def ratios(lightness: Image, a: Image, b: Image, share: Image, x: Image, y: Image, z: Image) -> None:
    """X/Xn - Y/Yn, Y/Yn and Z/Zn - Y/Yn of Lab colours with that share of their chroma."""
    for i in range(lightness.size):
        fy = lightness[i] * _TO_FY + _FY_OFFSET
        y[i] = ratio_of_root(fy)
        x[i] = ratio_of_root(fy + a[i] * share[i] * _TO_FX) - y[i]
        z[i] = ratio_of_root(fy - b[i] * share[i] * _TO_FZ) - y[i]


@step
def offsets_of_ratios(mixing: Image, weights: Image, linear: bool, one: Image, two: Image, three: Image) -> None:
    """`ratios` in place turned into encoded R, G, B minus their luma."""
    red_x, red_z, green_x, green_z, blue_x, blue_z = mixing
    red_weight, blue_weight = weights
    for i in range(one.size):
        x, y, z = one[i], two[i], three[i]
        red, green, blue = red_x * x + red_z * z, green_x * x + green_z * z, blue_x * x + blue_z * z
        if not linear:
            red, green, blue = encoded(red + y), encoded(green + y), encoded(blue + y)
        red, blue = red - green, blue - green
        offset = -(red_weight * red + blue_weight * blue)
        one[i], two[i], three[i] = red + offset, offset, blue + offset


@step
def grow_offsets(luma: Image, scene: bool, red: Image, green: Image, blue: Image) -> None:
    """Offsets grow with luma above 1, in a scene as the view was shortened; those of non-finite luma become 0."""
    for i in range(luma.size):
        value = luma[i]
        gain = gain_of(value) if scene else larger(value, _ONE)
        gain = gain if abs(value) < _HUGE else _ZERO
        red[i] *= gain
        green[i] *= gain
        blue[i] *= gain


@step
def put_under_luma(luma: Image, a: Image, b: Image, limit: bool, red: Image, green: Image, blue: Image) -> None:
    """Offsets in place turned into ``V + s c`` with the largest s up to 1 that keeps every channel in range."""
    for i in range(luma.size):
        v, r, g, u = luma[i], red[i], green[i], blue[i]
        below, room = larger(-smaller(smaller(r, g), u), _TINY), larger(v, _ZERO)
        if limit:  # of the two ends the one that is reached first; to divide by both would take as long as the rest
            above, higher = larger(larger(larger(r, g), u), _TINY), larger(_ONE - v, _ZERO)
            first = higher * below < room * above
            below, room = above if first else below, higher if first else room
        scale = smaller(room * _TOUCHING / below, _ONE)
        scale = scale if a[i] * a[i] + b[i] * b[i] > _ZERO else _ZERO
        red[i], green[i], blue[i] = v + scale * r, v + scale * g, v + scale * u


@step
def split(ab: Image, chroma: Value, a: Image, b: Image) -> None:
    """Two channels times ``chroma``."""
    for i in range(a.size):
        a[i] = ab[i, 0] * chroma
        b[i] = ab[i, 1] * chroma


@step
def merge(red: Image, green: Image, blue: Image, rgb: Image) -> None:
    """Three channels beside each other."""
    for i in range(red.size):
        rgb[i, 0], rgb[i, 1], rgb[i, 2] = red[i], green[i], blue[i]


@compiled
def colour_pixels(
    luma: Image,
    lightness: Image,
    ab: Image,
    chroma: Value,
    table: Image,
    safe: Image,
    mixing: Image,
    weights: Image,
    linear: bool,
    limit: bool,
    grows: bool,
    scene: bool,
    out: Image,
) -> None:
    """Colour ``luma`` (N,) of ``lightness`` (N,) L* with ``ab`` (N, 2) times ``chroma`` into ``out`` (N, 3).

    ``table`` (planes, entries) and ``safe`` (rows,) as of `Gamut`; ``mixing``: what R, G, B get of X and of Z, six
    numbers; ``weights``: luma weights of red and blue; ``linear``: R, G, B are not encoded; ``limit``: no channel
    passes 1 or luma; ``grows``: there is luma above 1, or a ``scene``.
    """
    memory = np.empty((8, _CHUNK), np.float32)
    places = np.empty((2, _CHUNK), np.int32)
    for start in range(0, luma.size, _CHUNK):
        stop = min(start + _CHUNK, luma.size)
        size = stop - start
        a, b, share, row_part = memory[0, :size], memory[1, :size], memory[2, :size], memory[3, :size]
        hue_part, red, green, blue = memory[4, :size], memory[5, :size], memory[6, :size], memory[7, :size]
        row_of, place, v, light = places[0, :size], places[1, :size], luma[start:stop], lightness[start:stop]
        split(ab[start:stop], chroma, a, b)
        gamut_places(light, a, b, row_of, place, row_part, hue_part)
        gamut_shares(table, safe, a, b, row_of, place, row_part, hue_part, share)
        ratios(light, a, b, share, red, green, blue)
        offsets_of_ratios(mixing, weights, linear, red, green, blue)
        if grows:
            grow_offsets(v, scene, red, green, blue)
        put_under_luma(v, a, b, limit, red, green, blue)
        merge(red, green, blue, out[start:stop])
