"""The frames of a coloured clip, whatever the order in which VapourSynth asks for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import vapoursynth as vs

from tinct.plugin.effect import EffectInstance
from tinct.plugin.vapoursynth.clip_pictures import PictureFormat, write

PREVIEW = "TinctPreview"
"""Frame property: 1 on a frame that was coloured without those before it."""
CONFIDENCE = "TinctConfidence"
"""Frame property: mean confidence, 0..1."""
_OF_THE_PLATE = ("_Matrix", "_ColorRange", "_Range", "_ChromaLocation")


class Coloured(NamedTuple):
    """``samples``: (H, W, 3), as they stand in the frame."""

    samples: Any
    preview: bool
    confidence: float


class ColouredFrames:
    """Colours the frames that VapourSynth asks for.

    Its threads ask a few frames out of order. A frame a little ahead of the last one is no jump: those between are
    coloured first, and kept for when they are asked for. The last results are kept, but never a preview.
    """

    def __init__(self, clip: Any, form: PictureFormat, effect: EffectInstance, first: int, reach: int) -> None:
        """For the frames of ``clip``, the first of which is the plate's frame ``first``."""
        self._clip, self._form, self._effect = clip, form, effect
        self._first, self._reach = first, reach
        self._ahead = 2 * vs.core.num_threads + 4
        self._mask: tuple[Any, PictureFormat] | None = None
        self._lock = threading.Lock()
        self._next = first
        self._ready: OrderedDict[int, Coloured] = OrderedDict()

    def limit_to(self, mask: Any, form: PictureFormat | None) -> None:
        """Limit the colour to the white of the clip ``mask``."""
        assert form is not None
        self._mask = (mask, form)

    def give(self, n: int, f: Sequence[Any]) -> Any:
        """For `ModifyFrame`: the blank frame ``f[0]`` with the colours of the clip's frame ``f[1]``."""
        blank, source = f
        with self._lock:
            coloured = self._coloured(self._first + n, source)
        result = blank.copy()
        write(coloured.samples, result)
        for name, value in source.props.items():
            if name not in _OF_THE_PLATE:
                result.props[name] = value
        result.props["_Matrix"] = vs.MATRIX_RGB
        result.props[PREVIEW], result.props[CONFIDENCE] = int(coloured.preview), coloured.confidence
        return result

    def _coloured(self, number: int, source: Any) -> Coloured:
        if number in self._ready:
            self._ready.move_to_end(number)
            return self._ready[number]
        if self._next < number <= self._next + min(self._ahead, self._reach):
            for between in range(self._next, number):
                self._render(between, None)
        return self._render(number, source)

    def _render(self, number: int, source: Any) -> Coloured:
        def fetch(wanted: int) -> Any:
            if wanted == number and source is not None:
                return self._form.read(source)
            if wanted < number - self._reach:
                return None
            return self._read(self._clip, self._form, wanted)

        mask = None if self._mask is None else self._read(*self._mask, number)
        rendered = self._effect.render(number, fetch, mask=mask, outputs=("rgb",))
        samples = self._form.result(np.asarray(rendered.arrays["rgb"]))
        coloured = Coloured(samples, rendered.preview, rendered.confidence)
        if not coloured.preview:
            self._next = number + 1
            self._ready[number] = coloured
            while len(self._ready) > self._ahead + 1:
                self._ready.popitem(last=False)
        return coloured

    def _read(self, clip: Any, form: PictureFormat, number: int) -> Any:
        with clip.get_frame(number - self._first) as frame:
            return form.read(frame)
