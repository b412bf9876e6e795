"""Passes: what a result is made of, so that a compositor can grade the colour over the plate.

All are float32 at the plate's size, in the values that composition works in: the file's own encoding, or the linear
working space where colour is managed. With V the plate's luma (luminance) and w its luma weights:

========== ================ ==================================================================
pass       channels         holds
========== ================ ==================================================================
chroma     R, G, B          result - V; the result is V + chroma
cbcr       Cb, Cr           (B - V) / (2 (1 - w_b)) and (R - V) / (2 (1 - w_r)) of the result
ab         a_star, b_star   CIE Lab a*, b* before the gamut shortens them: what `compose` took
confidence Y                how sure the network is, 0..1
========== ================ ==================================================================

Headers name the weights (``tinct:luma_weights``) and the values (``tinct:composed_in``).
"""

from collections.abc import Sequence

import cv2
import numpy as np

from tinct.runtime.errors import UnknownNameError, UsageError
from tinct.runtime.media.plate import ColourTags, PassImage
from tinct.runtime.picture.transfer import Image

PASS_CHANNELS = {
    "chroma": ("R", "G", "B"),
    "cbcr": ("Cb", "Cr"),
    "ab": ("a_star", "b_star"),
    "confidence": ("Y",),
}
"""Names of the passes and of their channels."""


def check_passes(names: Sequence[str]) -> None:
    """Refuse names that are no pass, or are named twice.

    Raises:
        UnknownNameError: no such pass.
        UsageError: a pass is named twice.
    """
    for name in names:
        if name not in PASS_CHANNELS:
            raise UnknownNameError(f"no pass named {name!r}: the passes are {', '.join(PASS_CHANNELS)}")
    if len(set(names)) < len(names):
        raise UsageError(f"a pass is named twice in {','.join(names)}; name each once")


def make_passes(
    names: Sequence[str], *, luma: Image, rgb: Image, ab: Image, confidence: Image, tags: ColourTags
) -> dict[str, PassImage]:
    """The passes ``names`` of one frame.

    Args:
        names: keys of `PASS_CHANNELS`.
        luma: (H, W) float32 of the plate. Where it is not finite the passes of colour are 0.
        rgb: (H, W, 3) float32, what `compose` made of it.
        ab: (H, W, 2) float32 Lab units that it made it with, chroma and mask applied.
        confidence: (h, w) float32 of any size.
        tags: the plate's colour tags.
    """
    made: dict[str, Image] = {}
    with np.errstate(invalid="ignore"):
        offsets = rgb - luma[..., None]
    offsets[~np.isfinite(offsets)] = 0
    for name in names:
        if name == "chroma":
            made[name] = offsets
        elif name == "cbcr":
            red, _, blue = tags.luma_weights
            scale = np.array([1 / (2 * (1 - blue)), 1 / (2 * (1 - red))], np.float32)
            made[name] = offsets[..., 2::-2] * scale
        elif name == "ab":
            made[name] = ab
        else:
            size = luma.shape[::-1]
            made[name] = np.asarray(cv2.resize(confidence, size, interpolation=cv2.INTER_LINEAR), np.float32)[..., None]
    facts = {
        "tinct:luma_weights": " ".join(f"{weight:.8g}" for weight in tags.luma_weights),
        "tinct:composed_in": tags.transfer if tags.space is None else tags.space.name,
    }
    return {name: PassImage(values, PASS_CHANNELS[name], facts) for name, values in made.items()}


def recombine_chroma(luma: Image, chroma: Image) -> Image:
    """The result (H, W, 3) of a plate's ``luma`` (H, W) and the pass "chroma" (H, W, 3), float32."""
    return np.asarray(luma[..., None] + chroma, np.float32)


def recombine_cbcr(luma: Image, cbcr: Image, weights: tuple[float, float, float]) -> Image:
    """The result (H, W, 3) of a plate's ``luma`` (H, W) and the pass "cbcr" (H, W, 2), float32.

    R = V + 2 (1 - w_r) Cr, B = V + 2 (1 - w_b) Cb, G = V - (w_r (R - V) + w_b (B - V)) / w_g (ITU-R BT.709-6 item 3
    turned round), so that the luma is V whatever Cb and Cr have been graded to.
    """
    red, green, blue = (np.float32(weight) for weight in weights)
    to_red = 2 * (1 - red) * cbcr[..., 1]
    to_blue = 2 * (1 - blue) * cbcr[..., 0]
    to_green = -(red * to_red + blue * to_blue) / green
    return np.asarray(luma[..., None] + np.stack([to_red, to_green, to_blue], axis=-1), np.float32)
