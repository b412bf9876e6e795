"""Inputs of a graph that stay on the device as long as they are the same."""

import weakref
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.device_memory import DeviceBuffer, DeviceMemory

Image = NDArray[np.float32]


class ResidentInputs:
    """Keeps a buffer for each input, enlarged when it must be, and copies only what is not on the device yet.

    An array that nobody can write to (read-only, and not a view of another) and that is the one of the call before is
    there already: so the bank of the stills in force crosses the bus once, however many frames it serves. If it went
    in under another name, or came out of the graph, it is copied on the device: so the previous frame and its colour
    never cross the bus again.
    """

    def __init__(self, memory: DeviceMemory) -> None:
        self._memory = memory
        self._buffers: dict[str, DeviceBuffer] = {}
        self._held: dict[str, Image] = {}
        self._results: list[tuple[weakref.ref[Image], DeviceBuffer]] = []
        self.uploaded_bytes = 0
        """Bytes copied to the device so far."""

    def place(self, tensors: Mapping[str, Image]) -> dict[str, DeviceBuffer]:
        """The buffers that hold ``tensors``, contiguous arrays, by name; `DeviceMemory.wait_for_uploads` is called.

        Raises:
            BackendError: there is not enough memory.
        """
        wanted = {name: tensor for name, tensor in tensors.items() if self._held.get(name) is not tensor}
        on_device = self._sources(wanted)
        for name, source in on_device.items():  # first, before what is copied from is overwritten
            self._memory.copy(source, self._buffer_of(name, wanted[name].nbytes), wanted[name].nbytes)
        for name in wanted.keys() - on_device.keys():
            self._memory.upload(wanted[name], self._buffer_of(name, wanted[name].nbytes))
            self.uploaded_bytes += wanted[name].nbytes
        self._held |= {name: tensor for name, tensor in wanted.items() if _is_fixed(tensor)}
        self._results = []
        self._memory.wait_for_uploads()
        return {name: self._buffers[name] for name in tensors}

    def came_out(self, results: Iterable[tuple[Image, DeviceBuffer]]) -> None:
        """Outputs of the graph and where they lie on the device until it runs again. The arrays are not kept alive: a
        composed frame is large, and never goes in again."""
        self._results = [(weakref.ref(result), buffer) for result, buffer in results]

    def _sources(self, wanted: Mapping[str, Image]) -> dict[str, DeviceBuffer]:
        """Where those of ``wanted`` lie that are on the device under another name, and not in each other's way."""
        found: dict[str, DeviceBuffer] = {}
        under: dict[str, str] = {}
        for name, tensor in wanted.items():
            outputs = [buffer for result, buffer in self._results if result() is tensor]
            if _is_fixed(tensor) and outputs:
                found[name] = outputs[0]
            elif others := [other for other, held in self._held.items() if held is tensor]:
                under[name] = others[0]
        taken = found.keys() | under.keys()
        return found | {name: self._buffers[other] for name, other in under.items() if other not in taken}

    def _buffer_of(self, name: str, nbytes: int) -> DeviceBuffer:
        """The buffer of input ``name``, whose contents no longer count, enlarged to ``nbytes`` if it must be."""
        self._held.pop(name, None)
        if name not in self._buffers or self._buffers[name].nbytes < nbytes:
            self._buffers.pop(name, None)  # freed before the larger one is asked for
            self._buffers[name] = self._memory.allocate(nbytes)
        return self._buffers[name]


def _is_fixed(tensor: Image) -> bool:
    """Whether nobody can write to it."""
    return tensor.flags.owndata and not tensor.flags.writeable
