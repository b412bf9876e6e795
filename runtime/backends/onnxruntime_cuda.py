"""Inference with ONNX Runtime on an NVIDIA GPU. Not yet measured on one."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from tinct.runtime.backends.base import Backend, Tensors, require_descriptor
from tinct.runtime.backends.cuda_memory import CudaMemory, find_gpu
from tinct.runtime.backends.device_memory import DeviceMemory, HostMemory
from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.resident_inputs import ResidentInputs
from tinct.runtime.backends.tensors import collect, feed, require_graphs, require_names
from tinct.runtime.backends.threads import usable_cores
from tinct.runtime.bundle import Bundle, GraphSpec
from tinct.runtime.errors import BackendError


class BoundOnnxRuntimeBackend(Backend):
    """Runs a bundle's graphs with ONNX Runtime over inputs that lie in the memory of its device (I/O binding)."""

    PROVIDER: ClassVar[str]

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        super().__init__(bundle, threads=threads)
        require_graphs(bundle, backend=self.NAME)
        reason = self.unavailable()
        if reason is not None:
            raise BackendError(f"the backend {self.NAME} cannot run here: {reason}")
        self._memory = self._open_memory()
        self._reference = self._load(bundle.manifest.reference_graph)
        self._frame = self._load(bundle.manifest.frame_graph)
        self._descriptor: _BoundGraph | None = None

    @property
    def uploaded_bytes(self) -> int:
        """Bytes copied to the device for frames so far."""
        return self._frame.inputs.uploaded_bytes

    def encode_reference(self, inputs: Tensors) -> Tensors:
        """Run the reference graph on one still."""
        return self._reference.run(feed(self.bundle.manifest.reference_graph, inputs))

    def colorize_frame(self, inputs: Tensors) -> Tensors:
        """Run the frame graph on one frame."""
        return self._frame.run(feed(self.bundle.manifest.frame_graph, inputs))

    def describe(self, inputs: Tensors) -> Tensors:
        """Run the descriptor graph on one picture."""
        graph = require_descriptor(self.bundle)
        if self._descriptor is None:
            self._descriptor = self._load(graph)
        return self._descriptor.run(feed(graph, inputs))

    @abstractmethod
    def _open_memory(self) -> DeviceMemory:
        """Memory of the device that `PROVIDER` runs on."""

    def _provider_options(self) -> dict[str, str]:
        return {}

    def _load(self, graph: GraphSpec) -> "_BoundGraph":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads or usable_cores()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: warnings about fused nodes are not the user's business
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = self.bundle.path(graph)
        try:
            session = onnxruntime.InferenceSession(
                str(path), options, providers=[(self.PROVIDER, self._provider_options())]
            )
        except Exception as error:  # onnxruntime's errors have no common root
            raise BackendError(f"{self.NAME} cannot load {path}: {error}") from error
        if session.get_providers()[0] != self.PROVIDER:  # it falls back to the CPU without a word
            raise BackendError(f"{self.NAME} cannot load {path}: {self.PROVIDER} did not start; see docs/tensorrt.md")
        require_names(
            self.bundle,
            graph,
            inputs=(tensor.name for tensor in session.get_inputs()),
            outputs=(tensor.name for tensor in session.get_outputs()),
        )
        return _BoundGraph(session, graph, self._memory, backend=self.NAME)


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
        return CudaMemory()

    def _provider_options(self) -> dict[str, str]:
        assert isinstance(self._memory, CudaMemory)
        # TF32 would keep ten bits of a number, too few for the differences of large logits.
        return {"device_id": "0", "user_compute_stream": str(int(self._memory.computing)), "use_tf32": "0"}


class OnnxRuntimeHostBackend(BoundOnnxRuntimeBackend):
    """The same on the processor: what of the backend for GPUs a machine without one can run. Not on offer by name,
    for it gives what `OnnxRuntimeBackend` gives, and no faster."""

    NAME: ClassVar[str] = "onnxruntime_host"
    PROVIDER: ClassVar[str] = "CPUExecutionProvider"

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
        except Exception as error:  # onnxruntime's errors have no common root
            raise BackendError(f"{self._backend} failed in {self._spec.file}: {error}") from error
        return collect(self._spec, dict(zip(self._spec.outputs, results, strict=True)), backend=self._backend)
