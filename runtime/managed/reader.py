"""A plate seen through colour management: its luma is luminance in a linear space."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.managed.management import ColourManagement
from tinct.runtime.media.base import PlateReader
from tinct.runtime.media.luma import desaturate
from tinct.runtime.media.plate import PlateFrame

Image = NDArray[np.float32]

_log = logging.getLogger(__name__)


class ManagedReader(PlateReader):
    """Reads another reader's plate; values beyond 0..1 and non-finite ones are kept."""

    NAME: ClassVar[str] = "managed"

    def __init__(self, reader: PlateReader, management: ColourManagement) -> None:
        self._reader = reader
        self._management = management
        self._told = False
        colour = management.working_tags(reader.info.colour)
        if management.to_working.is_nothing:
            # A plate that has colour is desaturated with the weights of its own space.
            reader.info = replace(reader.info, colour=replace(reader.info.colour, space=colour.space))
        self.info = replace(reader.info, colour=colour)

    def frames(self) -> Iterator[PlateFrame]:
        """Yield every frame in order."""
        for frame in self._reader.frames():
            yield self._managed(frame)

    def read(self, number: int) -> PlateFrame:
        """Return the frame with that number, exactly."""
        return self._managed(self._reader.read(number))

    def close(self) -> None:
        """Release files; harmless when called twice."""
        self._reader.close()

    def _managed(self, frame: PlateFrame) -> PlateFrame:
        if self._management.to_working.is_nothing:
            return frame
        return replace(frame, luma=self._luminance(frame.luma))

    def _luminance(self, luma: Image) -> Image:
        """Luminance of the grey ``luma`` (H, W) of the input space."""
        odd = ~np.isfinite(luma)
        if not self._told and luma.max(initial=-np.inf, where=~odd) > self._management.holds:
            self._told = True
            _log.warning(
                "%s has values over %.3f of %s, which have no counterpart in light; they come out at most as that",
                self.info.path, self._management.holds, self._management.input,
            )  # fmt: skip
        rgb = np.repeat(np.where(odd, np.float32(0), luma)[..., None], 3, axis=-1)
        luminance = desaturate(self._management.to_working.apply(rgb), self._management.working.luma_weights)
        luminance[odd] = luma[odd]
        return luminance
