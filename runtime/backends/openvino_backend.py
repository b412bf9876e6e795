"""Inference with OpenVINO on the CPU."""

import logging
from typing import ClassVar, Literal

from tinct.runtime.backends.base import Tensors
from tinct.runtime.backends.graph_backend import GraphBackend
from tinct.runtime.backends.openvino_graph import ShapedGraph
from tinct.runtime.backends.openvino_parts import BEGUN
from tinct.runtime.backends.tensors import collect, feed, require_names
from tinct.runtime.backends.threads import usable_cores
from tinct.runtime.bundle import Bundle, GraphSpec
from tinct.runtime.errors import BackendError

Precision = Literal["f32", "bf16"]
_log = logging.getLogger(__name__)


class OpenVinoBackend(GraphBackend):
    """Runs a bundle's graphs with OpenVINO, compiled anew for each set of input shapes.

    Fixed shapes let OpenVINO plan memory and pick kernels, which outweighs compiling once per still set.
    ``precision`` ``"bf16"`` computes in bfloat16 where the processor can (faster, results differ slightly); None does
    so where the processor has instructions for it and the model was measured to take it (`Manifest.takes_bf16`).
    Descriptors are float32 always.
    """

    NAME: ClassVar[str] = "openvino"

    def __init__(self, bundle: Bundle, *, threads: int | None = None, precision: Precision | None = None) -> None:
        self._wanted = precision
        super().__init__(bundle, threads=threads)

    @classmethod
    def unavailable(cls) -> str | None:
        """Why OpenVINO cannot run here, or None."""
        try:
            import openvino

            devices = openvino.Core().available_devices
        except Exception as error:  # a broken installation may raise anything while its libraries load
            return f"openvino cannot be imported ({error}); install tinct[openvino]"
        return None if "CPU" in devices else "openvino has no CPU device here; install tinct[openvino]"

    def begin_frame(self, inputs: Tensors) -> Tensors:
        """Run the part of the frame graph that depends on the luminance and the bank alone."""
        assert isinstance(self._frame, ShapedGraph)
        return self._frame.begin(feed(self.bundle.manifest.frame_graph, inputs, names=self._early))

    def colorize_frame(self, inputs: Tensors) -> Tensors:
        """Run the frame graph, or what of it was not run ahead."""
        graph = self.bundle.manifest.frame_graph
        begun = {name: tensor for name, tensor in inputs.items() if name.startswith(BEGUN)}
        return collect(graph, self._frame.run({**feed(graph, inputs), **begun}), backend=self.NAME)

    @property
    def _early(self) -> tuple[str, ...]:
        return "luminance", "bank_bias", *self.bundle.manifest.bank

    def _prepare(self) -> None:
        manifest = self.bundle.manifest
        self.precision = self._wanted or ("bf16" if manifest.takes_bf16 and _has_bf16() else "f32")
        _log.info("%s computes %s in %s", self.NAME, manifest.name, self.precision)

    def _load(self, graph: GraphSpec) -> ShapedGraph:
        import openvino

        path = self.bundle.path(graph)
        core = openvino.Core()
        try:
            model = core.read_model(str(path))
        except Exception as error:  # openvino raises RuntimeError and its own types without a common root
            raise BackendError(f"{self.NAME} cannot load {path}: {error}") from error
        inputs = [port.get_any_name() for port in model.inputs]
        outputs = [name for port in model.outputs for name in port.get_names()]
        require_names(self.bundle, graph, inputs=inputs, outputs=outputs)
        manifest = self.bundle.manifest
        descriptor = graph == manifest.descriptor_graph  # compared with those of other machines
        config: dict[str, object] = {
            "INFERENCE_NUM_THREADS": self.threads or usable_cores(),
            "INFERENCE_PRECISION_HINT": "f32" if descriptor else self.precision,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "ENABLE_CPU_PINNING": False,  # decoder and encoder share the cores
        }
        return ShapedGraph(core, model, graph, config, early=self._early if graph == manifest.frame_graph else ())


def _has_bf16() -> bool:
    """Whether the processor has instructions for bfloat16."""
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
