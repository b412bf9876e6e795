"""The graphs that put chroma at working size onto a plate: what `upsample_chroma` and `compose` do, on the device.

A 4K frame then crosses the bus once each way. Formulas and their sources stand in ``upsample.py``, ``compose.py``,
``gamut.py``, ``view.py`` and ``transfer.py`` of ``runtime/picture/``; the constants are theirs. Shapes: H, W plate,
h, w working size, smaller than the plate.

    python -m tinct.export.composition_graph runtime/picture/graphs

makes those that ship.
"""

import math
import sys
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional as F

from tinct.export.graphs import export_graph
from tinct.runtime.picture.composition import INPUTS, KINDS, OUTPUTS, graph_path
from tinct.runtime.picture.transfer import LAB_BREAK, SRGB_BREAK, SRGB_GAMMA, SRGB_OFFSET, SRGB_SCALE, SRGB_SLOPE

_TOUCHING = 1 - 1e-6
_TINY = 1e-30
_NO_HUE = 1e-20
_MIN_VARIANCE = 1e-3


class CompositionGraph(nn.Module):
    """Colours plates of one of the `KINDS`."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.linear = not kind.startswith("encoded")
        self.limit = kind.endswith("_limited")
        self.scene = kind == "scene"

    def forward(
        self,
        luma: Tensor,
        ab: Tensor,
        lightness: Tensor,
        enlargement: Tensor,
        edge_variance: Tensor,
        chroma: Tensor,
        table: Tensor,
        mixing: Tensor,
        weights: Tensor,
    ) -> Tensor:
        """Colour a plate.

        ``luma`` (1, 1, H, W) encoded, finite, full scale 0..1; ``ab`` (1, 2, h, w) Lab units; ``lightness``
        (1, 1, h, w) L* of the plate reduced by area averaging; ``enlargement`` (1,) the larger of H/h and W/w;
        ``edge_variance`` (1,) as `edge_variance_of` finds it (a median, no work for a graph); ``chroma`` (1,) factor
        on ab; ``table``, ``mixing`` and ``weights`` as `constants` gives them. Returns (1, H, W, 3), encoded like
        ``luma``.
        """
        light = self._lightness(luma)
        full = upsample(ab, lightness, light, enlargement, edge_variance) * chroma
        a, b = _in_gamut(light, full, table)
        offsets = self._offsets(light, a, b, mixing, weights)
        gain = _gain(luma) if self.scene else luma.clamp_min(1)
        return add_offsets(luma, offsets * gain, limit=self.limit).permute(0, 2, 3, 1)

    def _lightness(self, luma: Tensor) -> Tensor:
        view = luma.clamp_min(0)
        if self.scene:
            view = view / _gain(view)
        view = view.clamp_max(1)
        if not self.linear:
            knee = SRGB_SLOPE * SRGB_BREAK
            power = ((view.clamp_min(knee) + SRGB_OFFSET) / SRGB_SCALE) ** SRGB_GAMMA
            view = power + view.clamp_max(knee) / SRGB_SLOPE - ((knee + SRGB_OFFSET) / SRGB_SCALE) ** SRGB_GAMMA
        knee = LAB_BREAK**3
        root = view.clamp_min(knee) ** (1 / 3) + view.clamp_max(knee) / (3 * LAB_BREAK**2) + 4 / 29 - LAB_BREAK
        return (116 * root - 16).clamp_min(0)

    def _offsets(self, light: Tensor, a: Tensor, b: Tensor, mixing: Tensor, weights: Tensor) -> Tensor:
        """Encoded red, green and blue minus luma (1, 3, H, W)."""
        fy = light / 116 + 16 / 116
        y = _lab_inverse(fy)
        x, z = _lab_inverse(fy + a / 500) - y, _lab_inverse(fy - b / 200) - y
        from_x, from_z = mixing.reshape(2, 1, 3, 1, 1).unbind(0)
        colour = from_x * x + from_z * z
        if not self.linear:
            colour = _srgb_encode(colour + y)
        red, green, blue = colour.chunk(3, 1)
        red, blue = red - green, blue - green
        green = -weights[0] * red - weights[1] * blue
        return torch.cat([red + green, green, blue + green], 1)


def _in_gamut(light: Tensor, ab: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """A and b (1, 1, H, W), shortened to the largest chroma of the gamut."""
    a, b = ab.chunk(2, 1)
    divisor = torch.where(a.abs() < _NO_HUE, torch.full_like(a, _NO_HUE), a)
    angle = torch.atan(b / divisor) + torch.where(divisor < 0, math.pi, 0.0)
    turns = torch.where(angle < 0, angle + 2 * math.pi, angle) / (2 * math.pi)
    places = torch.stack([2 * turns[0] - 1, 2 * light[0] / 100 - 1], -1)  # 1, H, W, 2
    ends = F.grid_sample(table, places, mode="bilinear", padding_mode="border", align_corners=True)
    share = (ends.amin(1, keepdim=True) / torch.sqrt(a * a + b * b).clamp_min(_TINY)).clamp_max(1)
    return a * share, b * share


def _gain(luma: Tensor) -> Tensor:
    """What the shoulder of a scene's view takes away (``view.py``)."""
    y = luma.clamp_min(0.5)
    return y + y / (4 * y - 1)


def upsample(ab: Tensor, lightness: Tensor, light: Tensor, enlargement: Tensor, edge_variance: Tensor) -> Tensor:
    """Chroma (1, 2, H, W) from ``ab`` (1, 2, h, w), led by ``light`` (1, 1, H, W); see `upsample_chroma`."""
    size = light.shape[-2:]
    rows = F.pad(ab, (0, 0, 1, 1), mode="replicate")
    rows = 0.75 * rows[:, :, 1:-1] + 0.125 * (rows[:, :, :-2] + rows[:, :, 2:])
    both = F.pad(rows, (1, 1, 0, 0), mode="replicate")
    blurred = 0.75 * both[..., 1:-1] + 0.125 * (both[..., :-2] + both[..., 2:])
    wanted = ab + (enlargement - 1).clamp_max(1) * (ab - blurred)
    least, most = -F.max_pool2d(-ab, 3, 1, 1), F.max_pool2d(ab, 3, 1, 1)
    sharp = torch.minimum(torch.maximum(wanted, least), most)
    slope = _slope(ab, lightness, edge_variance / enlargement)
    full, slope, known = (_enlarge(plane, size) for plane in (sharp, slope, lightness))
    least, most = (_repeat(plane, size) for plane in (least, most))
    return torch.minimum(torch.maximum(full + slope * (light - known), least), most)


def _slope(ab: Tensor, lightness: Tensor, edge_variance: Tensor) -> Tensor:
    mean_l, mean_ab = _blur(lightness), _blur(ab)
    variance = (_blur(lightness * lightness) - mean_l * mean_l).clamp_min(0)
    covariance = _blur(ab * lightness) - mean_ab * mean_l
    variance_ab = (_blur(ab * ab) - mean_ab * mean_ab).sum(1, keepdim=True).clamp_min(_MIN_VARIANCE)
    correlation = (covariance * covariance).sum(1, keepdim=True) / (variance.clamp_min(_MIN_VARIANCE) * variance_ab)
    trust = torch.square(correlation.clamp_max(1)) / (variance + edge_variance)
    return _blur(covariance * trust)


def _blur(x: Tensor) -> Tensor:
    """Mean over 3 x 3, mirrored at the edge without repeating it."""
    mean: Tensor = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), 3, 1)
    return mean


def _enlarge(x: Tensor, size: torch.Size) -> Tensor:
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


def _repeat(x: Tensor, size: torch.Size) -> Tensor:
    """(1, C, H, W): each pixel of (1, C, h, w) as often as it takes.

    A Gather, since TensorRT-RTX 1.7 refuses a Resize to the nearest pixel over a range of sizes.
    """
    rows, columns = (torch.arange(full) * small // full for full, small in zip(size, x.shape[-2:], strict=True))
    return x.index_select(2, rows).index_select(3, columns)


def _lab_inverse(x: Tensor) -> Tensor:
    cube = x.clamp_min(LAB_BREAK)
    line = 3 * LAB_BREAK**2 * (x.clamp_max(LAB_BREAK) - 4 / 29) - LAB_BREAK**3
    return cube * cube * cube + line


def _srgb_encode(x: Tensor) -> Tensor:
    power = SRGB_SCALE * x.clamp_min(SRGB_BREAK) ** (1 / SRGB_GAMMA)
    encoded: Tensor = power + SRGB_SLOPE * x.clamp_max(SRGB_BREAK) - SRGB_SCALE * SRGB_BREAK ** (1 / SRGB_GAMMA)
    return encoded


def add_offsets(luma: Tensor, offsets: Tensor, *, limit: bool) -> Tensor:
    """``luma`` (1, 1, H, W) plus ``offsets`` (1, 3, H, W), shortened where a channel would leave its range."""
    scale = luma.clamp_min(0) * _TOUCHING / (-offsets.amin(1, keepdim=True)).clamp_min(_TINY)
    if limit:
        room = (1 - luma).clamp_min(0) * _TOUCHING / offsets.amax(1, keepdim=True).clamp_min(_TINY)
        scale = torch.minimum(scale, room)
    return luma + scale.clamp_max(1) * offsets


def composition_graph(kind: str) -> onnx.ModelProto:
    """The graph of a ``kind``, for any plate larger than the working size.

    Raises:
        BundleError: PyTorch cannot export it.
    """
    random = torch.Generator().manual_seed(0)
    shapes: dict[str, tuple[int, ...]] = {"luma": (1, 1, 60, 100), "ab": (1, 2, 24, 40), "lightness": (1, 1, 24, 40)}
    shapes |= {"table": (1, 2, 201, 361), "mixing": (2, 3), "weights": (2,)}
    inputs = {name: torch.rand(shape, generator=random) for name, shape in shapes.items()}
    inputs |= {"enlargement": torch.tensor([2.5]), "edge_variance": torch.tensor([90.0]), "chroma": torch.ones(1)}
    plate = {2: Dim("plate_height", min=16, max=2**15), 3: Dim("plate_width", min=16, max=2**15)}
    small = {2: Dim("height", min=8, max=2**13), 3: Dim("width", min=8, max=2**13)}
    axes: dict[str, Any] = {name: {} for name in INPUTS} | {"luma": plate, "ab": small, "lightness": small}
    graph = CompositionGraph(kind)
    return export_graph(graph, {name: inputs[name] for name in INPUTS}, axes, INPUTS, OUTPUTS, plates=("luma", "rgb"))


def main(folder: Path) -> None:
    """Write the graphs of all kinds into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        onnx.save(composition_graph(kind), folder / graph_path(kind).name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
