"""Inference with ONNX Runtime on the CPU."""

from typing import Any, ClassVar

from tinct.runtime.backends.base import Backend, Tensors, require_descriptor
from tinct.runtime.backends.tensors import collect, feed, require_graphs, require_names
from tinct.runtime.backends.threads import usable_cores
from tinct.runtime.bundle import Bundle, GraphSpec
from tinct.runtime.errors import BackendError

PROVIDER = "CPUExecutionProvider"


class OnnxRuntimeBackend(Backend):
    """Runs a bundle's graphs with ONNX Runtime's CPU provider; any input size, repeatable bit for bit."""

    NAME: ClassVar[str] = "onnxruntime"

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        super().__init__(bundle, threads=threads)
        require_graphs(bundle, backend=self.NAME)
        reason = self.unavailable()
        if reason is not None:
            raise BackendError(f"the backend {self.NAME} cannot run here: {reason}")
        self._reference = self._load(bundle.manifest.reference_graph)
        self._frame = self._load(bundle.manifest.frame_graph)
        self._descriptor: Any = None

    @classmethod
    def unavailable(cls) -> str | None:
        """Why ONNX Runtime cannot run here, or None."""
        try:
            import onnxruntime
        except Exception as error:  # a broken installation may raise anything while its libraries load
            return f"onnxruntime cannot be imported ({error}); install onnxruntime"
        if PROVIDER not in onnxruntime.get_available_providers():
            return f"this build of onnxruntime has no {PROVIDER}; install onnxruntime"
        return None

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

    def _load(self, graph: GraphSpec) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads or usable_cores()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: warnings about fused nodes are not the user's business
        # Decoder and encoder share the cores; threads that spin between two frames would starve them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = self.bundle.path(graph)
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=[PROVIDER])
        except Exception as error:  # onnxruntime's errors have no common root
            raise BackendError(f"{self.NAME} cannot load {path}: {error}") from error
        require_names(
            self.bundle,
            graph,
            inputs=(tensor.name for tensor in session.get_inputs()),
            outputs=(tensor.name for tensor in session.get_outputs()),
        )
        return session

    def _run(self, session: Any, graph: GraphSpec, inputs: Tensors) -> Tensors:
        fed = feed(graph, inputs)
        try:
            results = session.run(list(graph.outputs), fed)
        except Exception as error:  # onnxruntime's errors have no common root
            raise BackendError(f"{self.NAME} failed in {graph.file}: {error}") from error
        return collect(graph, dict(zip(graph.outputs, results, strict=True)), backend=self.NAME)
