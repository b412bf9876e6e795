"""Edges: how far colour bleeds when it is brought from working size to 1080p, on charts of known colour.

    python tests/benchmarks/edge_charts.py [PICTURE]

Each chart is reduced by area averaging from 240 x 240 to 64 x 64, as 1080p is to a short side of 288, and enlarged
again, led by its full lightness. Columns, for bilinear enlargement and for Tinct's: ``bleed``, how many pixels of wrong
colour lie along a pixel of edge (the error summed up, in units of the two sides' difference); ``halo``, the furthest
that any pixel goes beyond the two colours, in per cent of their difference. With PICTURE, a sheet of charts is drawn.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.picture.colour import lab_to_srgb
from tinct.runtime.picture.upsample import upsample_chroma

Image = NDArray[np.float32]
Method = Callable[[Image, Image, Image], Image]

SIDE, SMALL = 240, 64
A, B = np.array([45.0, -35.0]), np.array([-25.0, 40.0])
"""a*, b* of the two colours: purple and green."""
ZOOM, CUT = 4, 72


@dataclass(frozen=True)
class Chart:
    """``lab`` (SIDE, SIDE, 3) float32 made of the colours A and B alone; ``length``: pixels of edge; ``grain``: L*."""

    name: str
    lab: Image
    length: float
    grain: float = 0.0


def charts() -> list[Chart]:
    """All charts."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    slanted = columns + 0.35 * rows - 160
    across = slanted / np.hypot(1, 0.35)
    edge, one_edge = across >= 0, SIDE * np.hypot(1, 0.35)
    disc = np.hypot(rows - 120, columns - 120) < 70
    made = [Chart(f"edge, {step} L*", _paint(edge, 40, 40 + step), one_edge) for step in (40, 15, 5)]
    made.append(Chart("edge, same L*", _paint(edge, 55, 55), one_edge))
    made.append(Chart("disc, 30 L*", _paint(disc, 35, 65), 2 * np.pi * 70))
    for width in (2, 4, 8):
        lines = np.zeros_like(edge)
        for centre in (-60, 0, 60):
            lines |= np.abs(across - centre) < width / 2
        made.append(Chart(f"lines of {width} px", _paint(lines, 35, 70), 3 * one_edge))
    made.append(Chart("edge, 40 L*, grain 4", _paint(edge, 40, 80), one_edge, 4))
    made.append(Chart("edge, same L*, grain 4", _paint(edge, 55, 55), one_edge, 4))
    shade = _paint(edge, 55, 55)
    shade[..., 0] += np.where(rows >= 120, 30, 0)
    made.append(Chart("edge across a shadow", shade, one_edge))
    return made


def _paint(where: NDArray[np.bool_], dark: float, light: float) -> Image:
    """Colour A at L* ``light`` where ``where``, B at ``dark`` elsewhere."""
    return np.where(where[..., None], (light, *A), (dark, *B)).astype(np.float32)


def reduced(image: Image) -> Image:
    return np.asarray(cv2.resize(image, (SMALL, SMALL), interpolation=cv2.INTER_AREA), np.float32)


def bilinear(ab: Image, small: Image, full: Image) -> Image:
    return np.asarray(cv2.resize(ab, full.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def enlarged(method: Method, chart: Chart) -> tuple[Image, Image]:
    """The chart's chroma (SIDE, SIDE, 2) enlarged again, and the lightness that led it."""
    noise = np.random.default_rng(3).normal(0, 1, chart.lab.shape[:2])
    lightness = (chart.lab[..., 0] + chart.grain * noise).astype(np.float32)
    ab = reduced(np.ascontiguousarray(chart.lab[..., 1:]))
    return method(ab, reduced(lightness), lightness), lightness


def measure(method: Method, chart: Chart) -> tuple[float, float]:
    """Bleed in pixels and halo in per cent."""
    ab, _ = enlarged(method, chart)
    wide = float(np.linalg.norm(A - B))
    bleed = float(np.linalg.norm(ab - chart.lab[..., 1:], axis=-1).sum() / wide / chart.length)
    position = (ab - B) @ (A - B) / wide**2
    return bleed, 100 * float(max(position.max() - 1, -position.min(), 0))


def table(methods: dict[str, Method]) -> str:
    lines = [
        f"{'':24}" + "".join(f"{name:>20}" for name in methods),
        f"{'chart':24}" + "   bleed px   halo %" * len(methods),
    ]
    for chart in charts():
        row = f"{chart.name:24}"
        for method in methods.values():
            bleed, halo = measure(method, chart)
            row += f"{bleed:11.2f}{halo:9.1f}"
        lines.append(row)
    return "\n".join(lines) + "\n"


def sheet(methods: dict[str, Method], wanted: tuple[str, ...]) -> NDArray[np.uint8]:
    """Cuts of some charts, four times enlarged: truth, then each method; BGR."""
    rows = []
    for chart in charts():
        if chart.name not in wanted:
            continue
        start = SIDE // 2 - CUT // 2
        cut = np.s_[start : start + CUT, start : start + CUT]
        tiles = [chart.lab]
        for method in methods.values():
            ab, lightness = enlarged(method, chart)
            tiles.append(np.concatenate([lightness[..., None], ab], axis=-1).astype(np.float32))
        shown = [lab_to_srgb(np.ascontiguousarray(tile[cut])) for tile in tiles]
        big = [np.kron(tile, np.ones((ZOOM, ZOOM, 1))) for tile in shown]
        rows.append(
            np.concatenate([np.pad(tile, ((6, 6), (6, 6), (0, 0)), constant_values=0.5) for tile in big], axis=1)
        )
    return (np.concatenate(rows)[..., ::-1] * 255).round().astype(np.uint8)


METHODS: dict[str, Method] = {"bilinear": bilinear, "tinct": upsample_chroma}
SHOWN = ("edge, 40 L*", "edge, same L*", "lines of 4 px", "edge, 40 L*, grain 4")


def main() -> None:
    sys.stdout.write(table(METHODS))
    if len(sys.argv) > 1:
        cv2.imwrite(str(Path(sys.argv[1])), sheet(METHODS, SHOWN), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
