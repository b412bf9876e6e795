"""A small drawing of lines, boxes and words, written as SVG or PNG. What a plot needs; no plotting library."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""
Point = tuple[float, float]
"""Pixels to the right and down."""


@dataclass(frozen=True)
class Line:
    """A line through ``points``."""

    points: Sequence[Point]
    colour: Colour
    width: int = 1


@dataclass(frozen=True)
class Box:
    """A filled rectangle between two corners."""

    corner: Point
    opposite: Point
    colour: Colour


@dataclass(frozen=True)
class Words:
    """Text; ``at`` is its left end on the base line, or its middle or right end."""

    text: str
    at: Point
    colour: Colour = (60, 60, 60)
    anchor: str = "start"


Shape = Line | Box | Words
FONT_SIZE = 13


def as_svg(shapes: Sequence[Shape], width: int, height: int) -> str:
    """The drawing as the text of an SVG file."""
    body = "\n".join(map(_svg, shapes))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'{head} font-family="sans-serif" font-size="{FONT_SIZE}">\n{body}\n</svg>\n'


def as_png(shapes: Sequence[Shape], width: int, height: int) -> bytes:
    """The drawing as the bytes of a PNG file."""
    canvas = np.full((height, width, 3), 255, np.uint8)
    for shape in shapes:
        _paint(canvas, shape)
    _, encoded = cv2.imencode(".png", canvas[..., ::-1])
    return encoded.tobytes()


def _svg(shape: Shape) -> str:
    colour = "#{:02x}{:02x}{:02x}".format(*shape.colour)
    if isinstance(shape, Line):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{shape.width}"/>'
    if isinstance(shape, Box):
        (left, top), (right, bottom) = shape.corner, shape.opposite
        size = f'width="{right - left:.1f}" height="{bottom - top:.1f}"'
        return f'<rect x="{left:.1f}" y="{top:.1f}" {size} fill="{colour}"/>'
    x, y = shape.at
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{shape.anchor}">{escape(shape.text)}</text>'


def _paint(canvas: NDArray[np.uint8], shape: Shape) -> None:
    if isinstance(shape, Line):
        points = np.array(shape.points, np.float64).round().astype(np.int32)
        cv2.polylines(canvas, [points.reshape(-1, 1, 2)], False, shape.colour, shape.width, cv2.LINE_AA)
    elif isinstance(shape, Box):
        corner, opposite = (tuple(round(value) for value in point) for point in (shape.corner, shape.opposite))
        cv2.rectangle(canvas, corner, opposite, shape.colour, cv2.FILLED)
    else:
        font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.42
        plain = shape.text.encode("ascii", "replace").decode()  # all that this font has
        (wide, _), _ = cv2.getTextSize(plain, font, scale, 1)
        shift = {"start": 0, "middle": wide / 2, "end": wide}[shape.anchor]
        at = (round(shape.at[0] - shift), round(shape.at[1]))
        cv2.putText(canvas, plain, at, font, scale, shape.colour, 1, cv2.LINE_AA)
