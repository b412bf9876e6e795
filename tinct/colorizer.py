"""A bundle and a backend as a method that the evaluation can measure beside the baselines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend
from tinct.runtime.picture.colour import lab_to_srgb
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.session import ColorizationSession, Reference

Image = NDArray[np.float32]


class ColouredFrame(NamedTuple):
    """``ab`` (H, W, 2) float32 Lab units at the frame's size; ``confidence`` (h, w) 0..1 at working size."""

    ab: Image
    confidence: Image


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
        for coloured in self.frames(lightness, [reference_lab]):
            yield coloured.ab

    def frames(self, lightness: Iterable[Image], stills: Sequence[Image]) -> Iterator["ColouredFrame"]:
        """As `colorize`, from several ``stills``, each (H, W, 3) float32 Lab, all in force from the first frame on."""
        session = ColorizationSession(self._backend, working_size=self._working_size)
        # The clip's frames are L* alone, so the stills are seen by their L* too.
        session.set_references(
            [Reference(lab_to_srgb(lab), lightness=np.ascontiguousarray(lab[..., 0], np.float32)) for lab in stills]
        )
        for number, frame in enumerate(lightness):
            step = session.step(number, frame)
            yield ColouredFrame(upsample_chroma(step.ab, step.lightness, frame), step.confidence)
