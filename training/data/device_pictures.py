"""Pictures on a torch device: decoding, colour and cutting. The counterparts on the CPU are in `samples`."""

import torch
from torch import Tensor
from torch.nn import functional as F

from tinct.training.data.plan import Window
from tinct.training.flow.device_warp import grid_positions

WHITE_X, WHITE_Z = 0.950456, 1.088754
"""The D65 white of sRGB, Y = 1."""


def i420_to_rgb(planes: Tensor, size: tuple[int, int]) -> Tensor:
    """Decode (N, 3 H W / 2) uint8 I420 of pictures of ``size`` (H, W) to (N, 3, H, W) float32 sRGB 0..1.

    ITU-R BT.601, limited range; a chroma sample covers its 2x2 pixels, as in OpenCV.
    """
    height, width = size
    area = height * width
    halved = (-1, height // 2, width // 2)
    luma = (planes[:, :area].reshape(-1, height, width).float() - 16) * (255 / 219)
    u = planes[:, area : area + area // 4].reshape(halved)
    v = planes[:, area + area // 4 :].reshape(halved)
    cb, cr = torch.stack([u, v], 1).repeat_interleave(2, 2).repeat_interleave(2, 3).float().sub(128).unbind(1)
    red = luma + 1.596 * cr
    green = luma - 0.813 * cr - 0.391 * cb
    blue = luma + 2.018 * cb
    return torch.stack([red, green, blue], 1).clamp(0, 255) / 255


def srgb_to_lab(rgb: Tensor) -> Tensor:
    """(..., 3, H, W) sRGB-encoded 0..1 to (..., H, W, 3) Lab (D65), float32, as `tinct.training.colour.srgb_to_lab`.

    Source: IEC 61966-2-1 and CIE 15.
    """
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055).pow(2.4))
    r, g, b = linear.unbind(-3)
    x = (0.412453 * r + 0.357580 * g + 0.180423 * b) / WHITE_X
    y = 0.212671 * r + 0.715160 * g + 0.072169 * b
    z = (0.019334 * r + 0.119193 * g + 0.950227 * b) / WHITE_Z
    fx, fy, fz = (torch.where(t > 0.008856, t.clamp_min(1e-6).pow(1 / 3), 7.787 * t + 16 / 116) for t in (x, y, z))
    return torch.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], -1)


def cut(pictures: Tensor, window: Window, size: tuple[int, int]) -> Tensor:
    """The window of each picture (N, C, H, W) as (N, C, *size), antialiased where it shrinks."""
    top, left, height, width = window
    piece = pictures[..., top : top + height, left : left + width]
    return F.interpolate(piece, size=size, mode="bilinear", antialias=True)


def mirrored_at(pictures: Tensor, positions: Tensor) -> Tensor:
    """`device_warp.sample_at` of pictures that go on mirrored beyond their edges."""
    return F.grid_sample(pictures, grid_positions(pictures, positions), padding_mode="reflection", align_corners=True)
