"""Inference with TensorRT, in both flavours. Not yet measured on a GPU."""

from typing import ClassVar

from tinct.runtime.backends.base import Tensors
from tinct.runtime.backends.cuda_memory import CudaMemory, Gpu, find_gpu
from tinct.runtime.backends.device_composition import DeviceComposition
from tinct.runtime.backends.graph_backend import GraphBackend
from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.tensorrt_engine import TensorRtEngine
from tinct.runtime.backends.tensorrt_library import load_tensorrt, missing_tensorrt
from tinct.runtime.bundle import Bundle, GraphSpec
from tinct.runtime.engine_card import build_command, card_path, engine_folder, load_engine, read_card
from tinct.runtime.errors import BackendError
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.composition import kind_of


class TensorRtBackend(GraphBackend):
    """Runs engines that ``tinct export --engine`` built from a bundle, within the sizes they were built for.

    ``NAME`` is the flavour. Descriptors are compared across machines, so their graph runs in float32 on the CPU.
    """

    NAME: ClassVar[str] = "tensorrt"

    def _prepare(self) -> None:
        gpu = find_gpu()
        assert isinstance(gpu, Gpu)
        self._trt = load_tensorrt(self.NAME)
        self._folder = engine_folder(self.bundle)
        self._gpu = gpu
        self.device = str(gpu)
        self._memory = CudaMemory()
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

    def describe(self, inputs: Tensors) -> Tensors:
        """Run the descriptor graph on one picture, in float32 on the CPU."""
        if self._cpu is None:
            self._cpu = OnnxRuntimeBackend(self.bundle, threads=self.threads)
        return self._cpu.describe(inputs)

    def composition(self, tags: ColourTags, plate: tuple[int, int], *, limit: bool) -> DeviceComposition | None:
        """Composition over streams of its own, so that it overlaps with the next frame's network; None where no engine
        was built for such plates."""
        command = build_command(self.bundle, self.NAME, self._folder)
        engines = read_card(self._folder, self.NAME, command=command).engines
        name = f"composition_{kind_of(tags, limit=limit)}"
        if name not in engines or engines[name].spec.profile_of({"luma": (1, 1, *plate)}) is None:
            return None
        return DeviceComposition(self._engine(name, CudaMemory()), tags, limit=limit, backend=self.NAME)

    def _load(self, graph: GraphSpec) -> TensorRtEngine:
        name = "reference" if graph == self.bundle.manifest.reference_graph else "frame"
        return self._engine(name, self._memory)

    def _engine(self, name: str, memory: CudaMemory) -> TensorRtEngine:
        data, spec = load_engine(
            self.bundle,
            name,
            flavour=self.NAME,
            version=self._trt.__version__,
            architecture=self._gpu.architecture,
            folder=self._folder,
        )
        kernels = self._folder / f"{spec.flavour}-{name}-{spec.identity[:16]}-{self._gpu.architecture}.kernels"
        rebuild = build_command(self.bundle, self.NAME, self._folder)
        return TensorRtEngine(self._trt, data, spec, memory, kernels=kernels, rebuild=rebuild)


class TensorRtRtxBackend(TensorRtBackend):
    """The same with TensorRT-RTX, whose engines are built without a GPU and finished on the user's."""

    NAME: ClassVar[str] = "tensorrt_rtx"
