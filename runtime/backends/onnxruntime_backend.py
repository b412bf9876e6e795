"""Inference with ONNX Runtime on the CPU."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Tensors
from tinct.runtime.backends.graph_backend import GraphBackend
from tinct.runtime.backends.onnxruntime_session import CPU, open_session
from tinct.runtime.backends.tensors import require_names
from tinct.runtime.bundle import GraphSpec
from tinct.runtime.errors import BackendError


class OnnxRuntimeBackend(GraphBackend):
    """Runs a bundle's graphs with ONNX Runtime's CPU provider; any input size, repeatable bit for bit."""

    NAME: ClassVar[str] = "onnxruntime"

    @classmethod
    def unavailable(cls) -> str | None:
        """Why ONNX Runtime cannot run here, or None."""
        try:
            import onnxruntime
        except Exception as error:  # a broken installation may raise anything while its libraries load
            return f"onnxruntime cannot be imported ({error}); install onnxruntime"
        if CPU not in onnxruntime.get_available_providers():
            return f"this build of onnxruntime has no {CPU}; install onnxruntime"
        return None

    def _load(self, graph: GraphSpec) -> "_Graph":
        session = open_session(self.bundle.path(graph), threads=self.threads, backend=self.NAME)
        require_names(
            self.bundle,
            graph,
            inputs=(tensor.name for tensor in session.get_inputs()),
            outputs=(tensor.name for tensor in session.get_outputs()),
        )
        return _Graph(session, graph)


class _Graph:
    """A session for one graph."""

    def __init__(self, session: Any, spec: GraphSpec) -> None:
        self._session = session
        self._spec = spec

    def run(self, tensors: dict[str, NDArray[np.float32]]) -> Tensors:
        try:
            results = self._session.run(list(self._spec.outputs), tensors)
        except Exception as error:  # onnxruntime's errors have no common root
            raise BackendError(f"{OnnxRuntimeBackend.NAME} failed in {self._spec.file}: {error}") from error
        return dict(zip(self._spec.outputs, results, strict=True))
