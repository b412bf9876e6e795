"""What a run writes down: loss curves and pictures for TensorBoard, and the pictures as files."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.training.sample_sheet import write_sheet


class Journal:
    """The log of a run in ``FOLDER/log`` (TensorBoard), with sheets of samples in ``FOLDER/samples``."""

    def __init__(self, folder: Path, *, active: bool = True) -> None:
        """``active``: whether this process writes at all."""
        self._folder = folder
        self._board: Any = None
        if active:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(folder / "log"))

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._board is not None:
            self._board.close()

    def losses(self, step: int, values: Mapping[str, float]) -> None:
        """Loss terms by name."""
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"loss/{name}", value, step)

    def sheet(self, step: int, picture: NDArray[np.uint8]) -> None:
        """A sheet of samples (H, W, 3) RGB."""
        if self._board is not None:
            write_sheet(self._folder / "samples" / f"step_{step:06d}.png", picture)
            self._board.add_image("samples", picture, step, dataformats="HWC")
