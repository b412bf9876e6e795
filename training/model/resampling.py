"""Planes enlarged and averaged by matrix products, one along each axis.

For the few planes that a colour network has at full size a product is several times faster than what inference
runtimes do for interpolation and pooling, which they lay out for many channels, and it uses all their threads. The
matrices depend on sizes alone and are made in float32.
"""

import torch
from torch import Tensor


def enlarge(x: Tensor, times: int) -> Tensor:
    """(B, C, h, w) brought bilinearly to ``times`` the size, as `torch.nn.functional.interpolate` does it without
    aligned corners."""
    with torch.autocast(x.device.type, enabled=False):
        rows, columns = (_between(length, times, x) for length in x.shape[-2:])
        return rows @ (x @ columns.T)


def shrink(x: Tensor, times: int) -> Tensor:
    """Means of cells of ``times`` x ``times`` pixels of (B, C, H, W); H and W are multiples of it."""
    with torch.autocast(x.device.type, enabled=False):
        rows, columns = (_cells(length, times, x) for length in x.shape[-2:])
        return (rows @ x) @ columns.T


def blur(x: Tensor, radius: int) -> Tensor:
    """Means of squares of 2 ``radius`` + 1 pixels around each of (B, C, H, W), of those pixels that lie in the
    picture."""
    with torch.autocast(x.device.type, enabled=False):
        rows, columns = (_around(length, radius, x) for length in x.shape[-2:])
        return (rows @ x) @ columns.T


def _between(length: int, times: int, like: Tensor) -> Tensor:
    """(``times`` ``length``, ``length``): where each pixel of the larger axis lies between those of the smaller."""
    place = (_counted(length * times, like) + 0.5) / times - 0.5
    place = place.clamp(min=0).clamp(max=length - 1)
    return (1 - (place[:, None] - _counted(length, like)).abs()).clamp(min=0)


def _cells(length: int, times: int, like: Tensor) -> Tensor:
    """(``length`` / ``times``, ``length``): which pixels lie in each cell."""
    middle = times * _counted(length // times, like) + (times - 1) / 2
    inside = (middle[:, None] - _counted(length, like)).abs() < times / 2
    return inside.to(like.dtype) / times


def _around(length: int, radius: int, like: Tensor) -> Tensor:
    """(``length``, ``length``): which pixels lie around each."""
    count = _counted(length, like)
    near = ((count[:, None] - count).abs() <= radius).to(like.dtype)
    return near / near.sum(1, keepdim=True)


def _counted(length: int, like: Tensor) -> Tensor:
    return torch.arange(length, device=like.device, dtype=like.dtype)
