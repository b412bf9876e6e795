"""Inference with ONNX Runtime on an NVIDIA GPU. Not yet measured on one."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tinct.runtime.backends.base import Tensors
from tinct.runtime.backends.cuda_memory import CudaMemory, find_gpu
from tinct.runtime.backends.device_composition import DeviceComposition
from tinct.runtime.backends.device_memory import DeviceBuffer, DeviceMemory, HostMemory
from tinct.runtime.backends.graph_backend import GraphBackend
from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.onnxruntime_session import CPU, open_session
from tinct.runtime.backends.resident_inputs import ResidentInputs
from tinct.runtime.backends.tensors import require_names
from tinct.runtime.bundle import GraphSpec
from tinct.runtime.errors import BackendError
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.composition import graph_path, graph_spec, kind_of


class BoundOnnxRuntimeBackend(GraphBackend):
    """Runs a bundle's graphs with ONNX Runtime over inputs that lie in the memory of its device (I/O binding)."""

    PROVIDER: ClassVar[str]

    @property
    def uploaded_bytes(self) -> int:
        """Bytes copied to the device for frames so far."""
        assert isinstance(self._frame, _BoundGraph)
        return self._frame.inputs.uploaded_bytes

    def _prepare(self) -> None:
        self._memory = self._open_memory()

    @abstractmethod
    def _open_memory(self) -> DeviceMemory:
        """Memory of the device that `PROVIDER` runs on."""

    def _provider_options(self, memory: DeviceMemory) -> dict[str, str]:
        return {}

    def composition(self, tags: ColourTags, plate: tuple[int, int], *, limit: bool) -> DeviceComposition:
        """Composition over memory of its own, so that it overlaps with the next frame's network."""
        kind = kind_of(tags, limit=limit)
        path, memory = graph_path(kind), self._open_memory()
        graph = _BoundGraph(self._session(path, memory), graph_spec(kind), memory, backend=self.NAME)
        return DeviceComposition(graph, tags, limit=limit, backend=self.NAME)

    def _load(self, graph: GraphSpec) -> "_BoundGraph":
        session = self._session(self.bundle.path(graph), self._memory)
        require_names(
            self.bundle,
            graph,
            inputs=(tensor.name for tensor in session.get_inputs()),
            outputs=(tensor.name for tensor in session.get_outputs()),
        )
        return _BoundGraph(session, graph, self._memory, backend=self.NAME)

    def _session(self, path: Path, memory: DeviceMemory) -> Any:
        options = self._provider_options(memory)
        session = open_session(path, threads=self.threads, provider=self.PROVIDER, options=options, backend=self.NAME)
        if session.get_providers()[0] != self.PROVIDER:  # it falls back to the CPU without a word
            raise BackendError(f"{self.NAME} cannot load {path}: {self.PROVIDER} did not start; see docs/tensorrt.md")
        return session


class OnnxRuntimeCudaBackend(BoundOnnxRuntimeBackend):
    """Runs a bundle's graphs with ONNX Runtime's CUDA provider in float32; any input size."""

    NAME: ClassVar[str] = "onnxruntime_cuda"
    PROVIDER: ClassVar[str] = "CUDAExecutionProvider"

    @classmethod
    def unavailable(cls) -> str | None:
        """Why ONNX Runtime cannot run on a GPU here, or None."""
        try:
            import onnxruntime
        except Exception as error:  # a broken installation may raise anything while its libraries load
            return f"onnxruntime cannot be imported ({error}); install tinct[gpu] (docs/tensorrt.md)"
        if cls.PROVIDER not in onnxruntime.get_available_providers():
            return f"this build of onnxruntime has no {cls.PROVIDER}; install onnxruntime-gpu (docs/tensorrt.md)"
        gpu = find_gpu()
        return gpu if isinstance(gpu, str) else None

    def _open_memory(self) -> DeviceMemory:
        self.device = str(find_gpu())
        return CudaMemory()

    def _provider_options(self, memory: DeviceMemory) -> dict[str, str]:
        assert isinstance(memory, CudaMemory)
        # TF32 would keep ten bits of a number, too few for the differences of large logits.
        return {"device_id": "0", "user_compute_stream": str(int(memory.computing)), "use_tf32": "0"}


class OnnxRuntimeHostBackend(BoundOnnxRuntimeBackend):
    """The same on the processor: what of the backend for GPUs a machine without one can run. Not on offer by name,
    for it gives what `OnnxRuntimeBackend` gives, and no faster."""

    NAME: ClassVar[str] = "onnxruntime_host"
    PROVIDER: ClassVar[str] = CPU

    @classmethod
    def unavailable(cls) -> str | None:
        """Why ONNX Runtime cannot run here, or None."""
        return OnnxRuntimeBackend.unavailable()

    def _open_memory(self) -> DeviceMemory:
        return HostMemory()


class _BoundGraph:
    """A session and its inputs on the device. Outputs lie where ONNX Runtime puts them, and are copied out."""

    def __init__(self, session: Any, spec: GraphSpec, memory: DeviceMemory, *, backend: str) -> None:
        self._session = session
        self._spec = spec
        self._device = memory.KIND
        self._backend = backend
        self.inputs = ResidentInputs(memory)

    def run(self, tensors: Tensors) -> Tensors:
        buffers = self.inputs.place(tensors)
        try:
            binding = self._session.io_binding()
            for name, buffer in buffers.items():
                binding.bind_input(name, self._device, 0, np.float32, tensors[name].shape, buffer.pointer)
            for name in self._spec.outputs:
                binding.bind_output(name, self._device, 0)
            self._session.run_with_iobinding(binding)
            results = binding.copy_outputs_to_cpu()
            values = binding.get_outputs()
        except Exception as error:  # onnxruntime's errors have no common root
            raise BackendError(f"{self._backend} failed in {self._spec.file}: {error}") from error
        self.inputs.came_out(
            (result, DeviceBuffer(value.data_ptr(), result.nbytes, value))
            for result, value in zip(results, values, strict=True)
        )
        return dict(zip(self._spec.outputs, results, strict=True))
