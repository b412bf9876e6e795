"""Memory of the device that runs a graph, as far as a backend needs it."""

import ctypes
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class DeviceBuffer:
    """Memory of at least ``nbytes`` bytes at the address ``pointer`` of the device; ``owner`` keeps it alive."""

    pointer: int
    nbytes: int
    owner: Any


class DeviceMemory(ABC):
    """Allocates on one device and copies to and from it. Copies to it may still be under way when `upload` returns:
    `wait_for_uploads` must come before whatever reads them."""

    KIND: ClassVar[str]
    """Name of the device in ONNX Runtime."""

    @abstractmethod
    def allocate(self, nbytes: int) -> DeviceBuffer:
        """A buffer of ``nbytes``, freed with its last reference.

        Raises:
            BackendError: there is not so much memory.
        """

    @abstractmethod
    def upload(self, array: Image, buffer: DeviceBuffer) -> None:
        """Copy ``array``, contiguous, into ``buffer``. The caller may change ``array`` at once."""

    @abstractmethod
    def copy(self, source: DeviceBuffer, target: DeviceBuffer, nbytes: int) -> None:
        """Copy the first ``nbytes`` bytes on the device, as an upload: after those before it, before those to come."""

    @abstractmethod
    def wait_for_uploads(self) -> None:
        """Make what is started from now on wait for every upload so far."""

    @abstractmethod
    def download(self, buffer: DeviceBuffer, shape: tuple[int, ...]) -> Image:
        """A float32 array of ``shape`` copied from ``buffer``, when what was started before is done."""


class HostMemory(DeviceMemory):
    """The processor's own memory: the device of ONNX Runtime's CPU provider."""

    KIND: ClassVar[str] = "cpu"

    def allocate(self, nbytes: int) -> DeviceBuffer:
        block = np.empty(nbytes, np.uint8)
        return DeviceBuffer(block.ctypes.data, nbytes, block)

    def upload(self, array: Image, buffer: DeviceBuffer) -> None:
        _as_floats(buffer, array.shape)[...] = array

    def copy(self, source: DeviceBuffer, target: DeviceBuffer, nbytes: int) -> None:
        ctypes.memmove(target.pointer, source.pointer, nbytes)

    def wait_for_uploads(self) -> None:
        """Nothing: `upload` returns when it is done."""

    def download(self, buffer: DeviceBuffer, shape: tuple[int, ...]) -> Image:
        return _as_floats(buffer, shape).copy()


def _as_floats(buffer: DeviceBuffer, shape: tuple[int, ...]) -> Image:
    block: NDArray[np.uint8] = buffer.owner
    count = int(np.prod(shape))
    return block[: 4 * count].view(np.float32).reshape(shape)
