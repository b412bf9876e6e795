"""Inference with TensorRT, in both flavours. Not yet measured on a GPU."""

from typing import ClassVar

from tinct.runtime.backends.base import Backend, Tensors
from tinct.runtime.backends.cuda_memory import CudaMemory, Gpu, find_gpu
from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.tensorrt_engine import TensorRtEngine
from tinct.runtime.backends.tensorrt_library import load_tensorrt, missing_tensorrt
from tinct.runtime.backends.tensors import collect, feed, require_graphs
from tinct.runtime.bundle import Bundle, GraphSpec
from tinct.runtime.engine_card import build_command, card_path, engine_folder, load_engine
from tinct.runtime.errors import BackendError


class TensorRtBackend(Backend):
    """Runs engines that ``tinct export --engine`` built from a bundle, within the sizes they were built for.

    ``NAME`` is the flavour. Descriptors are compared across machines, so their graph runs in float32 on the CPU.
    """

    NAME: ClassVar[str] = "tensorrt"

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        super().__init__(bundle, threads=threads)
        require_graphs(bundle, backend=self.NAME)
        reason = self.unavailable()
        if reason is not None:
            raise BackendError(f"the backend {self.NAME} cannot run here: {reason}")
        gpu = find_gpu()
        assert isinstance(gpu, Gpu)
        self._trt = load_tensorrt(self.NAME)
        self._folder = engine_folder(bundle)
        self._gpu = gpu
        self._memory = CudaMemory()
        self._reference = self._load("reference")
        self._frame = self._load("frame")
        self._cpu: OnnxRuntimeBackend | None = None

    @classmethod
    def unavailable(cls) -> str | None:
        """Why TensorRT cannot run here, or None."""
        reason = missing_tensorrt(cls.NAME)
        gpu = find_gpu() if reason is None else None
        if isinstance(gpu, Gpu):
            try:
                load_tensorrt(cls.NAME)  # last: it takes long
            except BackendError as error:
                return str(error)
        return reason or (gpu if isinstance(gpu, str) else None)

    @classmethod
    def unavailable_for(cls, bundle: Bundle) -> str | None:
        """Why TensorRT cannot run here, or there is no engine of ``bundle``, or None."""
        reason = cls.unavailable()
        if reason is None and not card_path(engine_folder(bundle), cls.NAME).is_file():
            return f"there is no engine for it; build it: {build_command(bundle, cls.NAME, engine_folder(bundle))}"
        return reason

    def encode_reference(self, inputs: Tensors) -> Tensors:
        """Run the reference engine on one still."""
        return self._run(self._reference, self.bundle.manifest.reference_graph, inputs)

    def colorize_frame(self, inputs: Tensors) -> Tensors:
        """Run the frame engine on one frame."""
        return self._run(self._frame, self.bundle.manifest.frame_graph, inputs)

    def describe(self, inputs: Tensors) -> Tensors:
        """Run the descriptor graph on one picture, in float32 on the CPU."""
        if self._cpu is None:
            self._cpu = OnnxRuntimeBackend(self.bundle, threads=self.threads)
        return self._cpu.describe(inputs)

    def _load(self, graph: str) -> TensorRtEngine:
        data, spec = load_engine(
            self.bundle,
            graph,
            flavour=self.NAME,
            version=self._trt.__version__,
            architecture=self._gpu.architecture,
            folder=self._folder,
        )
        kernels = self._folder / f"{spec.flavour}-{graph}-{spec.identity[:16]}-{self._gpu.architecture}.kernels"
        rebuild = build_command(self.bundle, self.NAME, self._folder)
        return TensorRtEngine(self._trt, data, spec, self._memory, kernels=kernels, rebuild=rebuild)

    def _run(self, engine: TensorRtEngine, graph: GraphSpec, inputs: Tensors) -> Tensors:
        return collect(graph, engine.run(feed(graph, inputs)), backend=self.NAME)


class TensorRtRtxBackend(TensorRtBackend):
    """The same with TensorRT-RTX, whose engines are built without a GPU and finished on the user's."""

    NAME: ClassVar[str] = "tensorrt_rtx"
