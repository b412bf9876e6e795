"""Inference with OpenVINO on the CPU."""

import logging
from collections import OrderedDict
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Tensors
from tinct.runtime.backends.graph_backend import GraphBackend
from tinct.runtime.backends.tensors import require_names
from tinct.runtime.backends.threads import usable_cores
from tinct.runtime.bundle import Bundle, GraphSpec
from tinct.runtime.errors import BackendError

Precision = Literal["f32", "bf16"]
_log = logging.getLogger(__name__)
KEPT_SHAPES = 4
"""Compiled forms kept per graph. A shot has one frame size and a few still sets, so a handful never thrashes."""


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

    def _prepare(self) -> None:
        manifest = self.bundle.manifest
        self.precision = self._wanted or ("bf16" if manifest.takes_bf16 and _has_bf16() else "f32")
        _log.info("%s computes %s in %s", self.NAME, manifest.name, self.precision)

    def _load(self, graph: GraphSpec) -> "_ShapedGraph":
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
        descriptor = graph == self.bundle.manifest.descriptor_graph  # compared with those of other machines
        config: dict[str, object] = {
            "INFERENCE_NUM_THREADS": self.threads or usable_cores(),
            "INFERENCE_PRECISION_HINT": "f32" if descriptor else self.precision,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "ENABLE_CPU_PINNING": False,  # decoder and encoder share the cores
        }
        return _ShapedGraph(core, model, graph, config)


def _has_bf16() -> bool:
    """Whether the processor has instructions for bfloat16."""
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class _ShapedGraph:
    """A graph and its compiled forms, least recently used first."""

    def __init__(self, core: Any, model: Any, spec: GraphSpec, config: dict[str, object]) -> None:
        self._core = core
        self._model = model
        self._spec = spec
        self._config = config
        self._requests: OrderedDict[tuple[tuple[int, ...], ...], Any] = OrderedDict()

    def run(self, tensors: dict[str, NDArray[np.float32]]) -> Tensors:
        try:
            request = self._request(tensors)
            request.infer(tensors, share_inputs=True, share_outputs=True)
            return {name: request.get_tensor(name).data for name in self._spec.outputs}
        except Exception as error:  # openvino raises RuntimeError and its own types without a common root
            raise BackendError(f"{OpenVinoBackend.NAME} failed in {self._spec.file}: {error}") from error

    def _request(self, tensors: dict[str, NDArray[np.float32]]) -> Any:
        key = tuple(tensors[name].shape for name in self._spec.inputs)
        request = self._requests.get(key)
        if request is None:
            model = self._model.clone()
            model.reshape({name: list(tensor.shape) for name, tensor in tensors.items()})
            request = self._core.compile_model(model, "CPU", self._config).create_infer_request()
            self._requests[key] = request
            if len(self._requests) > KEPT_SHAPES:
                self._requests.popitem(last=False)
        self._requests.move_to_end(key)
        return request
