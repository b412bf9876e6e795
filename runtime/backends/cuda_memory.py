"""CUDA memory, streams and graph replay, through NVIDIA's cuda-bindings. Not yet measured on a GPU."""

import ctypes
import logging
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.device_memory import DeviceBuffer, DeviceMemory
from tinct.runtime.errors import BackendError

Image = NDArray[np.float32]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gpu:
    """The GPU that is used, the first that CUDA sees; ``architecture`` such as ``"sm89"``."""

    name: str
    architecture: str


def find_gpu() -> Gpu | str:
    """The GPU, or why there is none to use, as the end of a sentence."""
    try:
        runtime = _cuda()
        error, count = runtime.cudaGetDeviceCount()
    except Exception as failure:  # a broken installation may raise anything while its libraries load
        return f"cuda-bindings cannot be used ({failure}); install tinct[rtx]"
    if error == runtime.cudaError_t.cudaErrorInsufficientDriver:
        return "there is no NVIDIA driver, or it is too old"
    if error != runtime.cudaError_t.cudaSuccess or not count:
        return f"there is no NVIDIA GPU ({_name(runtime, error)})"
    kinds = runtime.cudaDeviceAttr
    major = _checked(runtime.cudaDeviceGetAttribute(kinds.cudaDevAttrComputeCapabilityMajor, 0))
    minor = _checked(runtime.cudaDeviceGetAttribute(kinds.cudaDevAttrComputeCapabilityMinor, 0))
    name = _checked(runtime.cudaGetDeviceProperties(0)).name
    return Gpu(name.decode() if isinstance(name, bytes) else str(name), f"sm{major}{minor}")


class CudaMemory(DeviceMemory):
    """Memory of the first GPU, and two streams: ``copying`` for the way there, ``computing`` for graphs and the way
    back.

    Uploads go through page-locked staging memory, one block for each buffer, so that the array is the caller's again
    at once and the next one is staged while this one crosses the bus.
    """

    KIND: ClassVar[str] = "cuda"

    def __init__(self) -> None:
        """Open the streams.

        Raises:
            BackendError: CUDA refuses.
        """
        runtime = _cuda()
        self.copying = _checked(runtime.cudaStreamCreateWithFlags(runtime.cudaStreamNonBlocking))
        weakref.finalize(self, runtime.cudaStreamDestroy, self.copying)
        self.computing = _checked(runtime.cudaStreamCreateWithFlags(runtime.cudaStreamNonBlocking))
        weakref.finalize(self, runtime.cudaStreamDestroy, self.computing)
        self._uploaded = _checked(runtime.cudaEventCreateWithFlags(runtime.cudaEventDisableTiming))
        weakref.finalize(self, runtime.cudaEventDestroy, self._uploaded)
        self._staging: weakref.WeakKeyDictionary[DeviceBuffer, _Pinned] = weakref.WeakKeyDictionary()

    def allocate(self, nbytes: int) -> DeviceBuffer:
        runtime = _cuda()
        pointer = int(_checked(runtime.cudaMalloc(nbytes)))
        buffer = DeviceBuffer(pointer, nbytes, None)
        weakref.finalize(buffer, runtime.cudaFree, pointer)
        return buffer

    def upload(self, array: Image, buffer: DeviceBuffer) -> None:
        # The copy before this one from the same block is over: every run ends with a wait for its results.
        block = self._block(buffer)
        block.floats(array.shape)[...] = array
        self._copy(buffer.pointer, block.pointer, array.nbytes, "cudaMemcpyHostToDevice", self.copying)

    def copy(self, source: DeviceBuffer, target: DeviceBuffer, nbytes: int) -> None:
        self._copy(target.pointer, source.pointer, nbytes, "cudaMemcpyDeviceToDevice", self.copying)

    def wait_for_uploads(self) -> None:
        runtime = _cuda()
        _checked(runtime.cudaEventRecord(self._uploaded, self.copying))
        _checked(runtime.cudaStreamWaitEvent(self.computing, self._uploaded, 0))

    def download(self, buffer: DeviceBuffer, shape: tuple[int, ...]) -> Image:
        block = self._block(buffer)
        nbytes = 4 * int(np.prod(shape))
        self._copy(block.pointer, buffer.pointer, nbytes, "cudaMemcpyDeviceToHost", self.computing)
        _checked(_cuda().cudaStreamSynchronize(self.computing))
        return block.floats(shape).copy()

    def replay(self, enqueue: Callable[[], None]) -> Callable[[], None] | None:
        """What ``enqueue`` starts on the stream ``computing``, recorded to be started again at the cost of one call.

        Nothing runs while it is recorded. None when it cannot be recorded.
        """
        runtime = _cuda()
        _checked(
            runtime.cudaStreamBeginCapture(
                self.computing, runtime.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal
            )
        )
        refused: BackendError | None = None
        try:
            enqueue()
        except BackendError as error:
            refused = error
        ended, graph = runtime.cudaStreamEndCapture(self.computing)
        if refused is not None or ended != runtime.cudaError_t.cudaSuccess:
            runtime.cudaGetLastError()  # a failed recording leaves its error behind for the next call
            _log.warning("no CUDA graph replay: %s", refused or _name(runtime, ended))
            return None
        recorded = _checked(runtime.cudaGraphInstantiate(graph, 0))
        _checked(runtime.cudaGraphDestroy(graph))
        return _Replay(self, recorded)

    def _block(self, buffer: DeviceBuffer) -> "_Pinned":
        block = self._staging.get(buffer)
        if block is None:
            block = _Pinned(buffer.nbytes)
            self._staging[buffer] = block
        return block

    @staticmethod
    def _copy(to: int, from_: int, nbytes: int, kind: str, stream: Any) -> None:
        runtime = _cuda()
        _checked(runtime.cudaMemcpyAsync(to, from_, nbytes, getattr(runtime.cudaMemcpyKind, kind), stream))


class _Replay:
    """A recorded CUDA graph; calling it starts it."""

    def __init__(self, memory: CudaMemory, recorded: Any) -> None:
        self._memory = memory
        self._recorded = recorded
        weakref.finalize(self, _cuda().cudaGraphExecDestroy, recorded)

    def __call__(self) -> None:
        _checked(_cuda().cudaGraphLaunch(self._recorded, self._memory.computing))


class _Pinned:
    """A page-locked block of the processor's memory."""

    def __init__(self, nbytes: int) -> None:
        runtime = _cuda()
        self.pointer = int(_checked(runtime.cudaMallocHost(nbytes)))
        weakref.finalize(self, runtime.cudaFreeHost, self.pointer)
        self._bytes: NDArray[np.uint8] = np.ctypeslib.as_array((ctypes.c_uint8 * nbytes).from_address(self.pointer))

    def floats(self, shape: tuple[int, ...]) -> Image:
        """The start of the block as an array of ``shape``."""
        return self._bytes[: 4 * int(np.prod(shape))].view(np.float32).reshape(shape)


def _cuda() -> Any:
    from cuda.bindings import runtime

    return runtime


def _checked(answer: tuple[Any, ...]) -> Any:
    """What a CUDA call gave.

    Raises:
        BackendError: it failed.
    """
    runtime = _cuda()
    error, *given = answer
    if error != runtime.cudaError_t.cudaSuccess:
        advice = "; use fewer stills or a smaller working size" if "Alloc" in error.name else ""
        raise BackendError(f"CUDA failed: {_name(runtime, error)}{advice}")
    return given[0] if given else None


def _name(runtime: Any, error: Any) -> str:
    text = runtime.cudaGetErrorString(error)[1]
    return f"{error.name}: {text.decode() if isinstance(text, bytes) else text}"
