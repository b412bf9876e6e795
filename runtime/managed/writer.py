"""A result on its way out through colour management."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.managed.management import ColourManagement
from tinct.runtime.media.base import Piece, ResultWriter
from tinct.runtime.media.luma import desaturate
from tinct.runtime.media.plate import ResultFrame

Image = NDArray[np.float32]

_HALVINGS = 10
_SLACK = np.float32(1e-5)
"""Values this far beyond 0..1 are inside: codes of 16 bits do not show it."""
_COLOUR_ATTRIBUTES = ("chromaticities", "oiio:ColorSpace", "colorInteropID", "dpx:Transfer", "dpx:Colorimetric",
                      "ICCProfile", "acesImageContainerFlag", "adoptedNeutral", "whiteLuminance")  # fmt: skip
"""Attributes that say what space the plate's file is in."""


class ManagedWriter(ResultWriter):
    """Converts each frame from the working space to the output space and hands it to another writer.

    ``integers``: the file holds codes from 0 to 1 only. A colour that would leave them gives up chroma, at its own
    luminance, until it fits.
    """

    NAME: ClassVar[str] = "managed"

    def __init__(self, writer: ResultWriter, management: ColourManagement, *, integers: bool) -> None:
        self._writer = writer
        self._management = management
        self._integers = integers

    def write(self, frame: ResultFrame) -> None:
        """Append ``frame``, whose ``rgb`` is in the working space."""
        metadata = frame.metadata
        if self._management.output != self._management.input:
            metadata = {name: value for name, value in metadata.items() if name not in _COLOUR_ATTRIBUTES}
        self._writer.write(replace(frame, rgb=self._converted(frame.rgb), metadata=metadata))

    def settle(self) -> tuple[Piece, ...]:
        """Bring what was written since the last call to disk."""
        return self._writer.settle()

    def finish(self) -> Mapping[str, Path]:
        """The places of all files."""
        return self._writer.finish()

    def commit(self) -> None:
        """Finish, and give everything its final name."""
        self._writer.commit()

    def discard(self) -> None:
        """Remove what was written; harmless after `commit` and when called twice."""
        self._writer.discard()

    def _converted(self, rgb: Image) -> Image:
        """``rgb`` (H, W, 3) of the working space in the output space."""
        conversion = self._management.to_output
        if conversion.is_nothing and not self._integers:
            return rgb
        odd = np.asarray(~np.isfinite(rgb).all(axis=-1))
        out = conversion.apply(np.where(odd[..., None], np.float32(0), rgb))
        if self._integers:
            beyond = (out.min(axis=-1) < -_SLACK) | (out.max(axis=-1) > 1 + _SLACK)
            if beyond.any():
                out[beyond] = self._fitted(rgb[beyond])
        out[odd] = rgb[odd]
        return out

    def _fitted(self, rgb: Image) -> Image:
        """Colours ``rgb`` (N, 3) of the working space in the output space, with as much chroma as 0..1 has room for."""
        grey = desaturate(rgb, self._management.working.luma_weights)[:, None]
        chroma = rgb - grey
        low, high = np.zeros_like(grey), np.ones_like(grey)
        for _ in range(_HALVINGS):
            share = (low + high) / 2
            out = self._management.to_output.apply(grey + share * chroma)
            fits = ((out >= -_SLACK) & (out <= 1 + _SLACK)).all(axis=-1, keepdims=True)
            low, high = np.where(fits, share, low), np.where(fits, high, share)
        return self._management.to_output.apply(grey + low * chroma)
