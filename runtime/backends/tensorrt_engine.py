"""One TensorRT engine on the GPU: shapes, buffers, streams and replay. Not yet measured on a GPU."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.cuda_memory import CudaMemory
from tinct.runtime.backends.device_memory import DeviceBuffer
from tinct.runtime.backends.resident_inputs import ResidentInputs
from tinct.runtime.backends.tensorrt_library import message_log
from tinct.runtime.engine_card import EngineSpec, Shape, write_whole
from tinct.runtime.errors import BackendError, OutputError

Image = NDArray[np.float32]
ALIGNMENT = 256
_log = logging.getLogger(__name__)


class TensorRtEngine:
    """Runs one engine. Its inputs and outputs lie on the device; what repeats with the same shapes is replayed.

    The full TensorRT is recorded as a CUDA graph on the second run with the same shapes: the first one settles what
    TensorRT puts off until shapes are known. TensorRT-RTX records by itself.
    """

    def __init__(
        self, trt: Any, data: bytes, spec: EngineSpec, memory: CudaMemory, *, kernels: Path, rebuild: str
    ) -> None:
        """Load the engine ``data``.

        Args:
            trt: TensorRT's module, of the flavour of ``spec``.
            data: the engine's bytes.
            spec: what it was built for.
            memory: of the GPU.
            kernels: file in which TensorRT-RTX keeps what it compiles for this GPU; it need not be there.
            rebuild: command that builds engines for other sizes.

        Raises:
            BackendError: TensorRT refuses it.
        """
        self.inputs = ResidentInputs(memory)
        self._trt = trt
        self._spec = spec
        self._memory = memory
        self._kernels = kernels
        self._rebuild = rebuild
        self._log = message_log(trt)
        self._runtime = trt.Runtime(self._log)
        self._engine = self._runtime.deserialize_cuda_engine(data)
        if self._engine is None:
            raise self._failure("cannot be loaded")
        self._config: Any = None
        self._cache: Any = None
        self._context = self._create_context()
        self._profile = 0
        self._outputs: dict[str, DeviceBuffer] = {}
        self._arrangement: object = None
        self._runs = 0
        self._replay: Callable[[], None] | None = None

    def run(self, tensors: Mapping[str, Image]) -> dict[str, Image]:
        """The outputs for ``tensors``, contiguous arrays by name.

        Raises:
            BackendError: the engine is for other sizes, or failed.
        """
        self._log.messages.clear()
        shapes = {name: tensor.shape for name, tensor in tensors.items()}
        profile = self._profile_for(shapes)
        buffers = self.inputs.place(tensors)
        arrangement = (profile, tuple((name, shapes[name], buffers[name].pointer) for name in sorted(shapes)))
        if arrangement != self._arrangement:
            self._arrangement = None  # nothing holds until all of it is done
            self._arrange(profile, shapes, buffers)
            self._arrangement, self._runs, self._replay = arrangement, 0, None
        self._start()
        results = {
            name: self._memory.download(buffer, tuple(self._context.get_tensor_shape(name)))
            for name, buffer in self._outputs.items()
        }
        self.inputs.came_out((results[name], buffer) for name, buffer in self._outputs.items())
        if self._runs == 1:
            self._keep_kernels()
        return results

    def _create_context(self) -> Any:
        if self._spec.flavour == "tensorrt_rtx":
            context = self._engine.create_execution_context(self._rtx_config())
        else:
            context = self._engine.create_execution_context()
        if context is None:
            raise self._failure("cannot be started; use fewer stills or a smaller working size")
        return context

    def _rtx_config(self) -> Any:
        """How TensorRT-RTX finishes its engine on this GPU."""
        self._config = self._engine.create_runtime_config()
        self._config.cuda_graph_strategy = self._trt.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
        # Lazily, other kernels would take over in mid-shot, and the same frame would not give the same bits.
        strategies = self._trt.DynamicShapesKernelSpecializationStrategy
        self._config.dynamic_shapes_kernel_specialization_strategy = strategies.EAGER
        self._cache = self._config.create_runtime_cache()
        if self._kernels.is_file():
            self._cache.deserialize(self._kernels.read_bytes())  # it refuses those of another GPU or driver by itself
        self._config.set_runtime_cache(self._cache)
        return self._config

    def _keep_kernels(self) -> None:
        """Keep what TensorRT-RTX compiled for this GPU, if the folder can be written."""
        if self._cache is not None:
            try:
                write_whole(self._kernels, bytes(memoryview(self._cache.serialize())))
            except OutputError as error:
                _log.info("kernels are compiled again next time: %s", error)

    def _profile_for(self, shapes: Mapping[str, Shape]) -> int:
        """The first profile that all ``shapes`` lie in."""
        found = self._spec.profile_of(shapes)
        if found is not None:
            return found
        given = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        covered = " or ".join(
            ", ".join(f"{name} {low} to {high}" for name, (low, _, high) in profile.items())
            for profile in self._spec.profiles
        )
        raise BackendError(
            f"the {self._spec.flavour} engine for {self._spec.graph} is not built for these sizes ({given}; it takes "
            f"{covered}); build one that is, with more --stills, another --working-size or --portrait: {self._rebuild}"
        )

    def _arrange(self, profile: int, shapes: Mapping[str, Shape], buffers: Mapping[str, DeviceBuffer]) -> None:
        """Tell TensorRT of shapes and addresses."""
        context, stream = self._context, int(self._memory.computing)
        if profile != self._profile and not context.set_optimization_profile_async(profile, stream):
            raise self._failure(f"refuses its profile {profile}")
        self._profile = profile
        for name, shape in shapes.items():
            if not context.set_input_shape(name, shape) or not context.set_tensor_address(name, buffers[name].pointer):
                raise self._failure(f"refuses {name} {shape}")
        unsettled = context.infer_shapes()
        if unsettled:
            raise self._failure(f"lacks the shapes of {', '.join(unsettled)}")
        for name in self._output_names():
            nbytes = 4 * int(np.prod(tuple(context.get_tensor_shape(name))))
            buffer = self._outputs.get(name)
            if buffer is None or buffer.nbytes < nbytes:
                buffer = self._memory.allocate(-(-nbytes // ALIGNMENT) * ALIGNMENT)
                self._outputs[name] = buffer
            if not context.set_tensor_address(name, buffer.pointer):
                raise self._failure(f"refuses the address of {name}")

    def _start(self) -> None:
        """Start the graph on the stream ``computing``."""
        if self._replay is None and self._runs == 1 and self._spec.flavour == "tensorrt":
            self._replay = self._memory.replay(self._enqueue)
        self._runs += 1
        (self._replay or self._enqueue)()

    def _enqueue(self) -> None:
        if not self._context.execute_async_v3(int(self._memory.computing)):
            raise self._failure("failed")

    def _output_names(self) -> list[str]:
        names = [self._engine.get_tensor_name(index) for index in range(self._engine.num_io_tensors)]
        return [name for name in names if self._engine.get_tensor_mode(name) == self._trt.TensorIOMode.OUTPUT]

    def _failure(self, what: str) -> BackendError:
        said = f": {'; '.join(self._log.messages)}" if self._log.messages else ""
        return BackendError(f"the {self._spec.flavour} engine for {self._spec.graph} {what}{said}")
