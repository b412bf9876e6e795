"""The demo's contact sheet: a row a shot, grey plate / still / result / confidence side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Codes = NDArray[np.uint8]

COLUMNS = ("plate", "still", "result", "confidence")
TILE_WIDTH = 400
GAP = 4
HEADER = 26
BACKGROUND = 24
INK = (225, 225, 225)


@dataclass(frozen=True)
class SheetRow:
    """One frame of a shot: ``grey``, ``still`` and ``result`` as (H, W, 3) float32 sRGB-encoded 0..1, ``confidence``
    (h, w) float32 0..1, and a ``caption``."""

    caption: str
    grey: Image
    still: Image
    result: Image
    confidence: Image


def draw_sheet(rows: Sequence[SheetRow]) -> Codes:
    """The sheet as (H, W, 3) uint8 RGB. Every tile has the aspect of the first row's plate; others are fitted in it.

    Confidence goes from dark (0: no match in the stills) to bright (1).
    """
    height, width = rows[0].grey.shape[:2]
    tile = TILE_WIDTH, max(1, round(TILE_WIDTH * height / width))
    size = HEADER + len(rows) * (tile[1] + GAP) + GAP, len(COLUMNS) * (tile[0] + GAP) + GAP, 3
    sheet = np.full(size, BACKGROUND, np.uint8)
    for column, name in enumerate(COLUMNS):
        _write(sheet, name, (GAP + column * (tile[0] + GAP), HEADER - 8))
    for index, row in enumerate(rows):
        top = HEADER + GAP + index * (tile[1] + GAP)
        for column, picture in enumerate((row.grey, row.still, row.result, _false_colour(row.confidence))):
            left = GAP + column * (tile[0] + GAP)
            codes = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
            fit(codes, sheet[top : top + tile[1], left : left + tile[0]])
        _write(sheet, row.caption, (GAP + 6, top + tile[1] - 8))
    return sheet


def _false_colour(confidence: Image) -> Image:
    codes = np.rint(np.clip(confidence, 0, 1) * 255).astype(np.uint8)
    mapped = cv2.applyColorMap(codes, cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return mapped.astype(np.float32) / np.float32(255)


def fit(picture: Image | Codes, place: Image | Codes) -> None:
    """Write ``picture`` (h, w, 3) into ``place`` (H, W, 3) of its type, in its own aspect, in the middle."""
    height, width = picture.shape[:2]
    scale = min(place.shape[0] / height, place.shape[1] / width)
    fitted = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, fitted, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = (place.shape[1] - fitted[0]) // 2, (place.shape[0] - fitted[1]) // 2
    place[y : y + fitted[1], x : x + fitted[0]] = small


def _write(sheet: Codes, text: str, origin: tuple[int, int]) -> None:
    """Write ``text`` with a shadow, so that it reads on pictures too."""
    for colour, shift in (((0, 0, 0), 1), (INK, 0)):
        place = origin[0] + shift, origin[1] + shift
        cv2.putText(sheet, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
