"""A picture per clip that shows methods side by side: rows are frames, columns grey, true and each method."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.training.colour import lab_to_srgb
from tinct.training.evaluation.clip import Clip

Image = NDArray[np.float32]
Codes = NDArray[np.uint8]

ROWS = (1, 10, 30, 60)
WIDTH = 1600
LARGEST_TILE = 480
GAP = 4
HEADER = 24
BACKGROUND = 24
INK = (225, 225, 225)


class ContactSheet:
    """Collects the results of chosen frames while a clip is measured, then draws them."""

    def __init__(self, clip: Clip, methods: Sequence[str], *, rows: Sequence[int] = ROWS) -> None:
        """``methods``: columns after grey and true, in order. ``rows``: frames from 0, to which the last is added."""
        last = len(clip) - 1
        self.rows = tuple(sorted({row for row in rows if row < last} | {last}))
        self.columns = ("grey", "true", *(name for name in methods if name != "grey"))
        height, width = clip.size
        room = (WIDTH - GAP) // len(self.columns) - GAP
        scale = min(room, LARGEST_TILE) / width
        self._tile = max(1, round(width * scale)), max(1, round(height * scale))
        self._tiles: dict[tuple[str, int], Codes] = {}
        for row in self.rows:
            rgb = clip.rgb(row)
            self.add("true", row, rgb)
            self.add("grey", row, lab_to_srgb(clip.lab(row) * np.float32([1.0, 0.0, 0.0])))

    def add(self, column: str, frame: int, rgb: Image) -> None:
        """Keep a result, (H, W, 3) sRGB float in 0..1, if ``column`` and ``frame`` are on the sheet."""
        if frame in self.rows and column in self.columns:
            small = cv2.resize(rgb, self._tile, interpolation=cv2.INTER_AREA)
            self._tiles[column, frame] = np.rint(np.clip(small, 0.0, 1.0) * 255.0).astype(np.uint8)

    def render(self) -> Codes:
        """The sheet as (H, W, 3) uint8 RGB, at most 1600 wide; a result that never came stays empty."""
        width, height = self._tile
        size = HEADER + len(self.rows) * (height + GAP) + GAP, len(self.columns) * (width + GAP) + GAP, 3
        sheet = np.full(size, BACKGROUND, np.uint8)
        for c, column in enumerate(self.columns):
            x = GAP + c * (width + GAP)
            _write(sheet, column, (x, HEADER - 7))
            for r, row in enumerate(self.rows):
                y = HEADER + GAP + r * (height + GAP)
                if (column, row) in self._tiles:
                    sheet[y : y + height, x : x + width] = self._tiles[column, row]
                if c == 0:
                    _write(sheet, f"frame {row}", (x + 4, y + height - 6))
        return sheet

    def write(self, path: Path) -> None:
        """Write the sheet as PNG, making its folder.

        Raises:
            OSError: the file cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        _, encoded = cv2.imencode(".png", cv2.cvtColor(self.render(), cv2.COLOR_RGB2BGR))
        path.write_bytes(encoded.tobytes())


def _write(sheet: Codes, text: str, origin: tuple[int, int]) -> None:
    """Write ``text`` with a shadow, so that it reads on pictures too."""
    x, y = origin
    for colour, shift in (((0, 0, 0), 1), (INK, 0)):
        cv2.putText(sheet, text, (x + shift, y + shift), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
