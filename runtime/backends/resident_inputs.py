"""Inputs of a graph that stay on the device as long as they are the same."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.device_memory import DeviceBuffer, DeviceMemory

Image = NDArray[np.float32]


class ResidentInputs:
    """Keeps a buffer for each input, enlarged when it must be, and copies only what may have changed.

    An array that nobody can write to (read-only, and not a view of another) and that is the one of the call before is
    there already: so the bank of the stills in force crosses the bus once, however many frames it serves.
    """

    def __init__(self, memory: DeviceMemory) -> None:
        self._memory = memory
        self._buffers: dict[str, DeviceBuffer] = {}
        self._held: dict[str, Image] = {}
        self.uploaded_bytes = 0
        """Bytes copied to the device so far."""

    def place(self, tensors: Mapping[str, Image]) -> dict[str, DeviceBuffer]:
        """The buffers that hold ``tensors``, contiguous arrays, by name; `DeviceMemory.wait_for_uploads` is called.

        Raises:
            BackendError: there is not enough memory.
        """
        for name, tensor in tensors.items():
            if self._held.get(name) is tensor:
                continue
            self._held.pop(name, None)
            buffer = self._buffers.get(name)
            if buffer is None or buffer.nbytes < tensor.nbytes:
                self._buffers.pop(name, None)  # freed before the larger one is asked for
                del buffer
                buffer = self._memory.allocate(tensor.nbytes)
                self._buffers[name] = buffer
            self._memory.upload(tensor, buffer)
            self.uploaded_bytes += tensor.nbytes
            if tensor.flags.owndata and not tensor.flags.writeable:
                self._held[name] = tensor
        self._memory.wait_for_uploads()
        return {name: self._buffers[name] for name in tensors}
