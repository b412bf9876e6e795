"""A bundle and a backend as a method that the evaluation can measure beside the baselines."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend
from tinct.runtime.colour import lab_to_srgb
from tinct.runtime.session import ColorizationSession, Reference
from tinct.runtime.upsample import upsample_chroma

Image = NDArray[np.float32]


class RuntimeColorizer:
    """Colours a clip as ``tinct colorize`` does: a session at working size, chroma brought to the frame's size."""

    def __init__(self, backend: Backend, *, working_size: int | None = None, name: str | None = None) -> None:
        self._backend = backend
        self._working_size = working_size
        self.name = name or backend.bundle.manifest.name

    @property
    def cost(self) -> Mapping[str, float]:
        """What the network takes: ``gflop`` a frame at 224x384, its still encoded, and ``parameters`` in millions."""
        manifest = self._backend.bundle.manifest
        return {"gflop": manifest.frame_flops / 1e9, "parameters": manifest.parameters / 1e6}

    def colorize(self, lightness: Iterable[Image], reference_lab: Image) -> Iterator[Image]:
        """Yield ab (H, W, 2) float32 Lab units for each L* (H, W) float32 0..100.

        ``reference_lab``: the still as (H, W, 3) float32 Lab, in force from the first frame on.
        """
        session = ColorizationSession(self._backend, working_size=self._working_size)
        # The clip's frames are L* alone, so the still is seen by its L* too.
        lightness_of_still = np.ascontiguousarray(reference_lab[..., 0], np.float32)
        session.set_references([Reference(lab_to_srgb(reference_lab), lightness=lightness_of_still)])
        for number, frame in enumerate(lightness):
            step = session.step(number, frame)
            yield upsample_chroma(step.ab, step.lightness, frame)
