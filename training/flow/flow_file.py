"""Flow of a clip in a file, in half precision (seed 000, App. D)."""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import torch
from torch import Tensor

from tinct.training.flow.base import FlowError, Image
from tinct.training.flow.warp import sample

FORMAT = "tinct.flow"
VERSION = 1
BACKWARD, FORWARD = 0, 1


class FlowFileError(FlowError):
    """A file of flow that cannot be used."""


@dataclass(frozen=True, eq=False)
class StoredFlow:
    """Flow between the consecutive frames of a clip of T frames of ``size`` (H, W).

    ``values``: (2, T-1, 2, ceil(H / spacing), ceil(W / spacing)) float16 in pixels, x then y, at every ``spacing``-th
    pixel of every ``spacing``-th row: [BACKWARD, i] leads from frame i+1 to i, [FORWARD, i] from frame i to i+1. Half
    precision keeps 11 bits: a flow below 32 pixels is kept to 1/128 of a pixel, one below 256 to 1/16. ``key`` says
    what the values depend on.
    """

    values: Tensor
    size: tuple[int, int]
    spacing: int
    key: str

    def __post_init__(self) -> None:
        rows, columns = (-(-extent // self.spacing) for extent in self.size)
        shape = tuple(self.values.shape)
        if self.values.dtype != torch.float16 or shape != (2, *shape[1:2], 2, rows, columns):
            wanted = f"(2, T-1, 2, {rows}, {columns}) float16"
            raise FlowError(f"flow of a clip of {self.size} is {wanted}, not {shape} {self.values.dtype}")

    def between(self, earlier: int) -> tuple[Image, Image]:
        """Flow backward and forward between the frames ``earlier`` and ``earlier`` + 1, each (H, W, 2) float32.

        Raises:
            IndexError: the clip has no such pair.
        """
        pair = self.values[:, earlier].float().permute(0, 2, 3, 1).numpy()
        if self.spacing == 1:
            return pair[BACKWARD], pair[FORWARD]
        rows, columns = (np.arange(extent, dtype=np.float32) / self.spacing for extent in self.size)
        places = np.stack(np.meshgrid(columns, rows), -1)
        backward, forward = (sample(np.ascontiguousarray(one), places) for one in pair)
        return backward, forward


def write_flow(path: Path, flow: StoredFlow) -> None:
    """Write a file of flow; it appears whole or not at all.

    Raises:
        FlowError: a value is not a number, or too large for half precision.
    """
    if not torch.isfinite(flow.values).all():
        raise FlowError(f"{path} is not written: the flow holds values that are not numbers")
    content = {"format": FORMAT, "version": VERSION, "checksum": _checksum(flow.values), **vars(flow)}
    temporary = path.with_name(f"{path.name}.{uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_flow(path: Path, *, key: str | None = None) -> StoredFlow:
    """Read a file of flow, checked; its values stay in the file until they are used.

    ``key``: what the flow must depend on, if given.

    Raises:
        FlowFileError: there is no such file, or it is none of flow, damaged, of another version, or of another key.
    """
    try:
        content = torch.load(path, mmap=True, weights_only=True, map_location="cpu")
    except FileNotFoundError as error:
        raise FlowFileError(f"there is no file of flow {path}") from error
    except Exception as error:  # what comes of reading other bytes as a pickle is not bounded
        raise FlowFileError(f"{path} is damaged or no file of flow; delete it to have it made again") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FlowFileError(f"{path} is no file of flow; delete it, or name another folder")
    if content.get("version") != VERSION:
        raise FlowFileError(f"{path} is of version {content.get('version')}, not {VERSION}; delete it")
    try:
        flow = StoredFlow(content["values"], tuple(content["size"]), content["spacing"], content["key"])
        whole = _checksum(flow.values) == content["checksum"]
    except (KeyError, TypeError, AttributeError, ArithmeticError, FlowError) as error:
        raise FlowFileError(f"{path} is damaged: {error}; delete it to have it made again") from error
    if not whole:
        raise FlowFileError(f"{path} is damaged: its checksum is wrong; delete it to have it made again")
    if key is not None and flow.key != key:
        raise FlowFileError(f"{path} holds the flow of another clip or from another source; delete it")
    return flow


def _checksum(values: Tensor) -> int:
    return zlib.crc32(values.contiguous().view(torch.uint8).numpy())
