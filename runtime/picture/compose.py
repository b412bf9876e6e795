"""Composition: colour put onto a plate whose luminance stays what it was.

With V the plate's encoded luma and w its luma weights, Lab (L*(V), a, b) gives an encoded colour R'G'B'. Only its
chroma offsets c = R'G'B' - w . R'G'B' are used: the output is V + s c. Because w . c = 0, w . output = V whatever the
colour and whatever s; for video the Y' plane does not move, for scene-linear plates the true luminance does not. s <= 1
shortens the offsets, never V, where a channel would leave the range of the format.

A Lab colour outside the gamut has its chroma shortened beforehand, at its own hue.
"""

from collections.abc import Callable

import numpy as np

from tinct.runtime.compiled import pixels
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.bands import for_row_bands
from tinct.runtime.picture.colour import (
    check_image,
    check_transfer,
    chroma_mixing,
    luma_to_lightness,
    primaries_of,
)
from tinct.runtime.picture.colour_loops import colour_pixels
from tinct.runtime.picture.gamut import gamut_of
from tinct.runtime.picture.transfer import Image
from tinct.runtime.picture.upsample import Enlargement, upsample_chroma


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
    check_image("ab", ab, (*luma.shape, 2))
    if lightness is None:
        lightness = luma_to_lightness(luma, tags)
    return _composed(luma, lightness, lambda rows, _: ab[rows], tags, chroma, limit)


def compose_enlarged(
    luma: Image, enlargement: Enlargement, tags: ColourTags, *, chroma: float = 1.0, limit: bool = True
) -> Image:
    """`compose` with the chroma of ``enlargement`` and the lightness that leads it, the same bits; that chroma is made
    row by row, where it is used, for a plate of it takes longer to write and to read again than to make."""
    check_image("luma", luma, (None, None))

    def chroma_of(rows: slice, memory: Image) -> Image:
        ab = memory.reshape(*luma[rows].shape, 2)
        enlargement.rows(rows, ab)
        return ab

    return _composed(luma, enlargement.lightness, chroma_of, tags, chroma, limit)


def _composed(
    luma: Image,
    lightness: Image,
    chroma_of: Callable[[slice, Image], Image],
    tags: ColourTags,
    chroma: float,
    limit: bool,
) -> Image:
    """`compose`; ``chroma_of`` gives the chroma (R, W, 2) of some rows and may use scratch memory (2, R, W) for it."""
    check_image("lightness", lightness, luma.shape)
    check_transfer(tags)
    if not (np.isfinite(chroma) and chroma >= 0):
        raise ValueError(f"chroma must be 0 or more, got {chroma}")
    scene = tags.space is not None and tags.space.scene
    linear = tags.transfer == "linear"
    gamut = gamut_of(tags, limit=limit)
    mixing = chroma_mixing(primaries_of(tags)).reshape(-1)
    weights = np.array(tags.luma_weights[::2], np.float32)
    height, width = luma.shape
    result = np.empty((height, width, 3), np.float32)
    by = np.float32(chroma)

    def band(rows: slice, memory: Image) -> None:
        value, light, ab = pixels(luma[rows]), pixels(lightness[rows]), pixels(chroma_of(rows, memory), 2)
        grows = scene or not value.max() <= 1  # highlights, infinity, or NaN, which is not <= anything
        rgb = result[rows].reshape(-1, 3)
        colour_pixels(value, light, ab, by, *gamut, mixing, weights, linear, limit, grows, scene, rgb)

    for_row_bands(height, width, band, planes=2)
    return result


def compile_loops() -> None:
    """Have ready what enlarging and composing chroma compile at their first call, which takes some ten seconds once
    after an installation, and one second in every other process.
    """
    luma = np.full((4, 4), 0.5, np.float32)
    lightness = luma_to_lightness(luma, ColourTags())
    ab = upsample_chroma(np.zeros((2, 2, 2), np.float32), lightness[:2, :2], lightness)
    compose(luma, ab, ColourTags(), lightness=lightness)
