"""What a run writes down: loss curves and pictures, for TensorBoard and Weights & Biases, and the pictures as files."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.training.sample_sheet import write_sheet


class JournalError(ValueError):
    """A run cannot be written down as wanted."""


class Journal:
    """The log of a run in ``FOLDER/log`` (TensorBoard), with sheets of samples in ``FOLDER/samples``, and in a project
    of Weights & Biases if one is named."""

    def __init__(self, folder: Path, *, active: bool = True, project: str | None = None) -> None:
        """``active``: whether this process writes at all. A resumed run goes on in the same run of the project.

        Raises:
            JournalError: Weights & Biases is not installed, or refuses.
        """
        self._folder = folder
        self._board: Any = None
        self._online: Any = None
        if active:
            from torch.utils.tensorboard import SummaryWriter

            self._online = _begin_online(folder, project) if project else None
            self._board = SummaryWriter(str(folder / "log"))

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._board is not None:
            self._board.close()
        if self._online is not None:
            self._online.finish(exit_code=0 if kind is None else 1)

    def losses(self, step: int, values: Mapping[str, float]) -> None:
        """Loss terms by name."""
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"loss/{name}", value, step)
        if self._online is not None:
            self._online.log({f"loss/{name}": value for name, value in values.items()}, step=step)

    def sheet(self, step: int, picture: NDArray[np.uint8]) -> None:
        """A sheet of samples (H, W, 3) RGB."""
        if self._board is not None:
            write_sheet(self._folder / "samples" / f"step_{step:06d}.png", picture)
            self._board.add_image("samples", picture, step, dataformats="HWC")
        if self._online is not None:
            import wandb

            self._online.log({"samples": wandb.Image(picture)}, step=step)


def _begin_online(folder: Path, project: str) -> Any:
    try:
        import wandb
    except ImportError as error:
        raise JournalError(
            'logging to Weights & Biases needs its package: pip install "tinct[wandb]", or leave --wandb out'
        ) from error
    identity = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    try:
        return wandb.init(project=project, id=identity, name=folder.name, dir=str(folder), resume="allow")
    except (wandb.errors.Error, OSError) as error:
        raise JournalError(
            f"Weights & Biases refuses the project {project}: {error}; log in with `wandb login`, or set "
            "WANDB_MODE=offline"
        ) from error
