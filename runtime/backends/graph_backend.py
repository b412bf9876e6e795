"""What backends that run a bundle's own graphs share: loading them, and checks on what goes in and comes out."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend, Tensors, require_descriptor
from tinct.runtime.backends.tensors import collect, feed, require_graphs
from tinct.runtime.bundle import Bundle, GraphSpec
from tinct.runtime.errors import BackendError


class LoadedGraph(Protocol):
    """A graph that is ready to run."""

    def run(self, tensors: dict[str, NDArray[np.float32]], /) -> Mapping[str, Any]:
        """Outputs by name, from contiguous float32 inputs by name. Views may be overwritten by the next run.

        Raises:
            BackendError: the graph failed.
        """
        ...


class GraphBackend(Backend):
    """Loads reference and frame graph at once, and the descriptor graph when it is first needed."""

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        super().__init__(bundle, threads=threads)
        require_graphs(bundle, backend=self.NAME)
        reason = self.unavailable()
        if reason is not None:
            raise BackendError(f"the backend {self.NAME} cannot run here: {reason}")
        self._prepare()
        self._reference = self._load(bundle.manifest.reference_graph)
        self._frame = self._load(bundle.manifest.frame_graph)
        self._descriptor: LoadedGraph | None = None

    def encode_reference(self, inputs: Tensors) -> Tensors:
        """Run the reference graph on one still."""
        return self._run(self._reference, self.bundle.manifest.reference_graph, inputs)

    def colorize_frame(self, inputs: Tensors) -> Tensors:
        """Run the frame graph on one frame."""
        return self._run(self._frame, self.bundle.manifest.frame_graph, inputs)

    def describe(self, inputs: Tensors) -> Tensors:
        """Run the descriptor graph on one picture."""
        graph = require_descriptor(self.bundle)
        if self._descriptor is None:
            self._descriptor = self._load(graph)
        return self._run(self._descriptor, graph, inputs)

    def _prepare(self) -> None:
        """What the graphs are loaded with; called once, before the first is."""

    @abstractmethod
    def _load(self, graph: GraphSpec) -> LoadedGraph:
        """Load a graph of the bundle.

        Raises:
            BackendError: it cannot be loaded.
            BundleError: it is not the graph that the manifest describes.
        """

    def _run(self, loaded: LoadedGraph, graph: GraphSpec, inputs: Tensors) -> Tensors:
        return collect(graph, loaded.run(feed(graph, inputs)), backend=self.NAME)
