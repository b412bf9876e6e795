"""Composition: colour put onto a plate whose luminance stays what it was.

With V the plate's encoded luma and w its luma weights, Lab (L*(V), a, b) gives an encoded colour R'G'B'. Only its
chroma offsets c = R'G'B' - w . R'G'B' are used: the output is V + s c. Because w . c = 0, w . output = V whatever the
colour and whatever s; for video the Y' plane does not move, for scene-linear plates the true luminance does not. s <= 1
shortens the offsets, never V, where a channel would leave the range of the format.

A Lab colour outside the gamut has its chroma shortened beforehand, at its own hue.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.bands import for_row_bands
from tinct.runtime.picture.colour import (
    check_image,
    check_transfer,
    lab_roots,
    primaries_of,
    view_lightness,
    xyz_ratios_to_rgb,
)
from tinct.runtime.picture.gamut import largest_chroma, largest_scene_chroma, shorten_chroma
from tinct.runtime.picture.transfer import Image, lab_curve_inverse, srgb_encode_line
from tinct.runtime.picture.view import view_gain

_TOUCHING = np.float32(1 - 1e-6)
"""Keeps rounding of ``V + s c`` from passing the limit that s was made for."""
_TINY = np.float32(1e-30)


def compose(
    luma: Image,
    ab: Image,
    tags: ColourTags,
    *,
    chroma: float = 1.0,
    limit: bool = True,
    lightness: Image | None = None,
) -> Image:
    """Colour ``luma`` with ``ab``; ``tags.luma_weights . result`` equals ``luma`` within 1e-5 of full scale.

    Where ``ab`` is 0 the three channels equal ``luma`` bit for bit; where ``luma`` is not finite they repeat it.
    Above 1 (highlights of float plates) the offsets grow with ``luma``: the colour keeps the chromaticity it has at 1;
    in a colour-managed scene, the chromaticity that it has in the view.
    No channel becomes negative that ``luma`` has not at that pixel.

    Args:
        luma: (H, W) float32, encoded as in the file, full scale 0..1.
        ab: (H, W, 2) float32, CIE Lab units, D65.
        tags: the plate's colour tags; "bt709" is viewed through the sRGB curve as in `luma_to_lightness`.
        chroma: factor on ``ab``, 0 or more.
        limit: also keep every channel at or below max(luma, 1), for formats that cannot hold more.
        lightness: (H, W) float32 `luma_to_lightness` of this luma, if the caller has it already.

    Returns:
        (H, W, 3) float32, encoded and scaled like ``luma``.

    Raises:
        ValueError: an image of another shape or type, an unknown transfer, or a chroma that is negative or not finite.
    """
    check_image("luma", luma, (None, None))
    height, width = luma.shape
    check_image("ab", ab, (height, width, 2))
    if lightness is not None:
        check_image("lightness", lightness, (height, width))
    check_transfer(tags)
    if not (np.isfinite(chroma) and chroma >= 0):
        raise ValueError(f"chroma must be 0 or more, got {chroma}")
    result = np.empty((height, width, 3), np.float32)

    primaries = primaries_of(tags)
    scene = tags.space is not None and tags.space.scene
    if tags.space is not None:
        gamut = largest_scene_chroma(tags.space)
    elif not limit and tags.transfer == "linear":
        gamut = largest_chroma(primaries)[:1]
    else:
        gamut = largest_chroma(primaries)
    to_rgb = xyz_ratios_to_rgb(primaries)

    def band(rows: slice, scratch: Image) -> None:
        one, two, three = scratch.reshape(3, 3, *scratch.shape[1:])
        light, a, b = three
        if lightness is None:
            view_lightness(luma[rows], tags, light, one)
        else:
            light = lightness[rows]
        cv2.split(ab[rows], [a, b])
        if chroma != 1:
            a *= np.float32(chroma)
            b *= np.float32(chroma)
        shorten_chroma(light, a, b, gamut, one)
        lab_roots(light, a, b, one)
        offsets = _chroma_offsets(one, two, three, tags, to_rgb)
        _add_offsets(luma[rows], offsets, three, limit=limit, scene=scene)
        cv2.merge(tuple(offsets), result[rows])

    for_row_bands(height, width, band, planes=9)
    return result


def _chroma_offsets(one: Image, two: Image, three: Image, tags: ColourTags, to_rgb: NDArray[np.float64]) -> Image:
    """Encoded red, green and blue minus luma of the colours whose `lab_roots` are ``one``; exactly 0 for a neutral one.

    All arrays are (3, H, W) float32 and used up; the result is one of them, never ``three``.
    """
    x, y, z = lab_curve_inverse(one, two, three)
    # Differences from Y, so that the matrix maps "no chroma" to exactly nothing.
    x -= y
    z -= y
    for channel, row in zip(one, to_rgb, strict=True):
        cv2.addWeighted(x, row[0], z, row[2], 0, dst=channel)
    offsets = one
    if tags.transfer != "linear":
        one += y
        # What the gamut's slack leaves below 0 may go on along the curve's line.
        offsets = srgb_encode_line(one, two, three)
    red, green, blue = offsets
    red -= green
    blue -= green
    cv2.addWeighted(red, -tags.luma_weights[0], blue, -tags.luma_weights[2], 0, dst=green)
    red += green
    blue += green
    return offsets


def _add_offsets(luma: Image, offsets: Image, spare: Image, *, limit: bool, scene: bool) -> None:
    """Turn ``offsets`` (3, H, W) into ``luma + s * offsets``, with the largest s <= 1 that `compose` allows."""
    if scene:
        gain = view_gain(luma, spare[0])
        gain[~np.isfinite(luma)] = 0
        offsets *= gain
    elif not luma.max() <= 1:  # highlights, infinity, or NaN, which is not <= anything
        gain = np.maximum(luma, np.float32(1), out=spare[0])
        gain[~np.isfinite(luma)] = 0
        offsets *= gain
    red, green, blue = offsets
    scale, extreme, room = spare
    np.minimum(red, green, out=extreme)
    np.minimum(extreme, blue, out=extreme)
    np.minimum(extreme, -_TINY, out=extreme)
    np.maximum(luma, np.float32(0), out=scale)
    scale *= -_TOUCHING
    scale /= extreme
    if limit:
        np.maximum(red, green, out=extreme)
        np.maximum(extreme, blue, out=extreme)
        np.maximum(extreme, _TINY, out=extreme)
        np.subtract(np.float32(1), luma, out=room)
        np.maximum(room, np.float32(0), out=room)
        room *= _TOUCHING
        room /= extreme
        np.minimum(scale, room, out=scale)
    np.minimum(scale, np.float32(1), out=scale)
    offsets *= scale
    offsets += luma
