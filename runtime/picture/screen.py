"""A plate or a result as an sRGB screen shows it."""

import numpy as np

from tinct.runtime.media.linear_space import LinearSpace
from tinct.runtime.media.luma import desaturate
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.media.transfer import encode_linear
from tinct.runtime.picture.colour import rgb_to_xyz_ratios, xyz_ratios_to_rgb
from tinct.runtime.picture.transfer import Image
from tinct.runtime.picture.view import view_gain


def screen_rgb(rgb: Image, tags: ColourTags) -> Image:
    """``rgb`` (H, W, 3) float32 of a plate with those ``tags`` as (H, W, 3) float32 sRGB, clipped to 0..1.

    Scene-linear light is encoded, a colour-managed scene is seen through its view, video stays as it is. NaN becomes 0.
    """
    if tags.space is not None:
        return linear_to_srgb(rgb, tags.space)
    if tags.transfer == "linear":
        return encode_linear(rgb, "srgb")
    return np.clip(np.nan_to_num(rgb, nan=0.0, posinf=1.0, neginf=0.0), 0, 1).astype(np.float32)


def linear_to_srgb(rgb: Image, space: LinearSpace) -> Image:
    """``rgb`` (..., 3) float32 of the linear ``space`` as sRGB, clipped to 0..1; a scene through its view (view.py)."""
    if space.scene:
        luminance = desaturate(rgb, space.luma_weights)
        rgb = rgb / view_gain(luminance)[..., None]
    matrix = xyz_ratios_to_rgb("bt709") @ rgb_to_xyz_ratios(space)
    with np.errstate(invalid="ignore"):
        return encode_linear(rgb @ matrix.T.astype(np.float32), "srgb")
