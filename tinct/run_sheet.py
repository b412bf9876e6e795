"""The contact sheet of a run: some frames of the plate, the stills in force, the result and the confidence."""

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.contact_sheet import TILE_WIDTH, SheetRow, draw_sheet, fit
from tinct.report_file import check_report, write_report
from tinct.runtime.errors import OutputExistsError, UsageError
from tinct.runtime.managed import managed_plate
from tinct.runtime.media import ResultFrame, open_plate
from tinct.runtime.media.stills import read_still
from tinct.runtime.picture.colour import lab_to_srgb, luma_to_lightness
from tinct.runtime.picture.screen import screen_rgb
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt
from tinct.runtime.session import StepResult

Image = NDArray[np.float32]

ROWS = 5
SUFFIXES = (".png", ".jpg", ".jpeg")


class RunSheet:
    """Keeps small copies of a few frames while `colorize_plate` works (`keep` is its ``on_frame``), then draws them."""

    def __init__(self, path: Path, request: ColorizeRequest, *, rows: int = ROWS) -> None:
        """``path``: the PNG or JPEG to write. The rows are spread evenly over the plate's frames.

        Raises:
            UsageError: ``path`` is of another format.
            OutputExistsError: it is there and the request does not overwrite.
            OutputError: it cannot be written.
            TinctError: the plate cannot be opened, as `open_plate` says.
        """
        if path.suffix.lower() not in SUFFIXES:
            raise UsageError(f"the contact sheet {path} must end in one of {', '.join(SUFFIXES)}")
        if path.exists() and not request.overwrite:
            raise OutputExistsError(f"{path} is there already; add --overwrite or name another")
        check_report(path)
        with open_plate(Path(request.input), frames=request.frames) as reader:
            self._management = request.spaces.open()
            info = managed_plate(reader, self._management).info
            self._tags, numbers = info.colour, info.frames
        picks = np.linspace(0, len(numbers) - 1, min(rows, len(numbers))).round().astype(int)
        self._wanted = {numbers[pick] for pick in picks}
        self._path = path
        self._stills = request.references
        self._rows: list[SheetRow] = []
        self._contacts: dict[tuple[StillAt, ...], Image] = {}

    def keep(self, frame: ResultFrame, step: StepResult) -> None:
        """Keep a frame that is on the sheet."""
        if frame.number not in self._wanted:
            return
        height, width = frame.rgb.shape[:2]
        size = TILE_WIDTH, max(1, round(height * TILE_WIDTH / width))
        rgb = np.nan_to_num(np.asarray(cv2.resize(frame.rgb, size, interpolation=cv2.INTER_AREA), np.float32))
        luma = rgb @ np.asarray(self._tags.luma_weights, np.float32)
        lightness = luma_to_lightness(luma, self._tags)
        grey = lab_to_srgb(np.dstack([lightness, np.zeros_like(rgb[..., :2])]))
        stills = _in_force(self._stills, frame.number)
        self._rows.append(
            SheetRow(
                caption=f"frame {frame.number}",
                grey=grey,
                still=self._contact(stills, size),
                result=screen_rgb(rgb, self._tags),
                confidence=step.confidence,
            )
        )

    def _contact(self, stills: tuple[StillAt, ...], size: tuple[int, int]) -> Image:
        """The stills of a set side by side in a picture of ``size`` (width, height); black where there is none."""
        if stills not in self._contacts:
            columns = math.ceil(math.sqrt(len(stills))) if stills else 1
            rows = math.ceil(len(stills) / columns)
            picture = np.zeros((size[1], size[0], 3), np.float32)
            for index, still in enumerate(stills):
                row, column = divmod(index, columns)
                y, x = (np.array([row, row + 1]) * size[1] // rows, np.array([column, column + 1]) * size[0] // columns)
                to_srgb = None if self._management is None else self._management.still_to_srgb
                fit(read_still(Path(still.path), to_srgb=to_srgb).rgb, picture[y[0] : y[1], x[0] : x[1]])
            self._contacts[stills] = picture
        return self._contacts[stills]

    def write(self) -> Path:
        """Draw and write the sheet, whole or not at all; returns its path.

        Raises:
            OutputError: it cannot be written.
        """
        _, encoded = cv2.imencode(self._path.suffix.lower(), draw_sheet(self._rows)[..., ::-1])
        write_report(self._path, encoded.tobytes())
        return self._path


def _in_force(stills: Sequence[StillAt], number: int) -> tuple[StillAt, ...]:
    """The set of stills in force at frame ``number``."""
    starts = [float("-inf") if still.frame is None else still.frame for still in stills]
    latest = max((start for start in starts if start <= number), default=None)
    return tuple(still for still, start in zip(stills, starts, strict=True) if start == latest)
