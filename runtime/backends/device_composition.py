"""Composition on a backend's device: a plate's frame crosses the bus once each way."""

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.graph_backend import LoadedGraph
from tinct.runtime.backends.tensors import collect, feed
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.composition import constants, graph_spec, kind_of, tensors_of

Image = NDArray[np.float32]


class DeviceComposition:
    """What `upsample_chroma` and `compose` do, for the plates of one run, on the device of ``graph``."""

    def __init__(self, graph: LoadedGraph, tags: ColourTags, *, limit: bool, backend: str) -> None:
        """``graph``: of the kind that ``tags`` and ``limit`` want (`kind_of`)."""
        self._graph = graph
        self._spec = graph_spec(kind_of(tags, limit=limit))
        self._constants = constants(tags, limit)
        self._backend = backend

    def rgb(self, luma: Image, ab: Image, lightness: Image, lightness_full: Image, *, chroma: float) -> Image:
        """The plate's colours (H, W, 3); arguments as for `tensors_of`.

        Raises:
            BackendError: the graph failed.
        """
        tensors = feed(self._spec, tensors_of(luma, ab, lightness, lightness_full, chroma) | self._constants)
        (rgb,) = collect(self._spec, self._graph.run(tensors), backend=self._backend)["rgb"]
        return np.asarray(rgb, np.float32)
