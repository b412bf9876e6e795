"""Calls about files, without a session: what a plate is, small pictures, shots, and stills that are alike."""

import math
from collections import OrderedDict
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends import create_backend
from tinct.runtime.library import build_library
from tinct.runtime.media.framing import Framing
from tinct.runtime.media.stills import read_picture
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.picture.screen import screen_rgb
from tinct.runtime.shots import DEFAULT_DETECTOR, detect_shots
from tinct.runtime.worker.fields import Fields, whole_path
from tinct.runtime.worker.framing import parse_framing
from tinct.runtime.worker.long_call import LongCall
from tinct.runtime.worker.plate_source import PlateSource
from tinct.runtime.worker.views import LARGEST_VIEW, reduced, to_bytes
from tinct.runtime.worker.warm_store import WarmStore, backend_asked_for

OPEN_PLATES = 4
"""Plates that a client's small pictures keep open."""
MOST_ANSWERS = 1000
MOST_STILLS = 10_000_000
"""Of a library, for asking for the rest of it."""


class MediaCalls:
    """Of one client: some plates stay open, since small pictures come in runs. Not thread-safe."""

    def __init__(self, store: WarmStore) -> None:
        """With what the worker keeps for all."""
        self._store = store
        self._plates: OrderedDict[str, PlateSource] = OrderedDict()

    def close(self) -> None:
        """Release files."""
        while self._plates:
            self._plates.popitem()[1].close()

    def probe(self, request: Fields) -> dict[str, Any]:
        """Facts of the plate at ``path``: `PlateSource.facts`.

        Raises:
            UsageError, MediaError: as `PlateSource`.
        """
        with closing(PlateSource(request)) as source:
            return {"plate": source.facts()}

    def thumbnail(self, request: Fields) -> NDArray[np.uint8]:
        """(h, w, 3) uint8 sRGB, no side over ``size``: the picture at ``path``, or frame ``frame`` of the plate there,
        cut to ``crop`` (left, top, right, bottom as shares of the picture) and turned by ``turn`` degrees clockwise.

        Raises:
            UsageError: a wrong description.
            MediaError, StillError: it cannot be read.
        """
        size = request.whole("size", least=16, most=LARGEST_VIEW)
        framing = parse_framing(request)
        if request.has("frame"):
            rgb = self._plate_picture(request, size * _enlargement(framing))
        else:
            rgb = reduced(read_picture(Path(whole_path(request, "path"))), size * _enlargement(framing))
        return to_bytes(reduced(framing.of(rgb), size))

    def rank(self, request: Fields) -> list[dict[str, Any]]:
        """The ``count`` stills of the library in ``library`` most like frame ``frame`` of the plate at ``path``, best
        first, after the first ``skip``: ``path`` and ``similarity`` -1..1.

        Raises:
            UsageError: a wrong description.
            LibraryError: the library cannot be used with the model.
            MediaError: the plate cannot be read.
            BackendError: the descriptor graph failed.
        """
        count = request.whole("count", least=1, most=MOST_ANSWERS)
        skip = request.whole("skip", least=0, most=MOST_STILLS) if request.has("skip") else 0
        source = self._plate(request)
        lightness = luma_to_lightness(source.frame(request.whole("frame")).luma, source.info.colour)
        library = self._store.library(Path(whole_path(request, "library")), self._store.backend(request))
        with self._store.turns.take():
            found = library.query(lightness, skip + count)[skip:]
        return [{"path": str(one.path), "similarity": one.similarity} for one in found]

    def _plate(self, request: Fields) -> PlateSource:
        path = whole_path(request, "path")
        if path not in self._plates:
            self._plates[path] = PlateSource(Fields({"path": path}))
            if len(self._plates) > OPEN_PLATES:
                self._plates.popitem(last=False)[1].close()
        self._plates.move_to_end(path)
        return self._plates[path]

    def _plate_picture(self, request: Fields, size: int) -> Any:
        source = self._plate(request)
        luma = reduced(source.frame(request.whole("frame")).luma, size)
        return screen_rgb(np.repeat(luma[..., None], 3, axis=-1), source.info.colour)


def find_shots(request: Fields, store: WarmStore, call: LongCall) -> dict[str, Any]:
    """The shots of the plate at ``path`` (in the range ``frames``), found by ``detector``: first and last frames.

    Raises:
        UsageError: a wrong description, or an unknown detector.
        MediaError: the plate cannot be read.
        CancelledError: the client wanted it.
        OSError: it is gone.
    """
    detector = store.detector(request.text("detector") if request.has("detector") else DEFAULT_DETECTOR)

    def show(frame: int, done: int, total: int) -> None:
        call.look({"frame": frame, "done": done, "total": total})

    frames = request.text("frames") if request.has("frames") else None
    found = detect_shots(Path(whole_path(request, "path")), detector, frames=frames, progress=show)
    return {"shots": [{"first": shot.first, "last": shot.last} for shot in found.shots], "detector": found.detector}


def make_library(request: Fields, call: LongCall) -> dict[str, Any]:
    """Describe the pictures under ``stills`` in the library ``library``, or bring it up to date.

    Raises:
        UsageError: a wrong description, or FAISS is missing.
        TinctError: as `build_library`.
        CancelledError: the client wanted it; the library stays as it was.
        OSError: it is gone.
    """

    def show(done: int, total: int) -> None:
        call.look({"done": done, "total": total})

    stills, library = Path(whole_path(request, "stills")), Path(whole_path(request, "library"))
    own = create_backend(*backend_asked_for(request)[:2])  # one that takes no turns: this goes on for long
    report = build_library(stills, library, own, progress=show)
    return {
        "stills": len(report.manifest.stills),
        "described": report.described,
        "skipped": [{"path": str(one.path), "reason": one.reason} for one in report.skipped],
    }


def _enlargement(framing: Framing) -> int:
    """How much larger a picture is read than it is shown, for what is cut out of it to be sharp."""
    return min(8, math.ceil(framing.enlargement))
