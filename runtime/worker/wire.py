"""Messages: a fixed head, a JSON header, and raw arrays. Nothing in them is ever executed or unpickled."""

import json
import math
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import WorkerError

MAGIC = b"TNCT"
HEAD = struct.Struct(">4sIQ")
"""Magic, bytes of the JSON header, bytes of the payload."""
MAX_HEADER = 1 << 20
MAX_PAYLOAD = 512 << 20
"""More than an 8K frame of three float channels."""
DTYPES: Mapping[str, Any] = {"float32": np.float32, "uint8": np.uint8}
ALIGNMENT = 64

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Message:
    """``header``: a JSON object; ``payload``: (N,) uint8, read-only, what its ``arrays`` describe."""

    header: Mapping[str, Any]
    payload: Array

    def arrays(self, shared: Array | None = None) -> dict[str, Array]:
        """The arrays by name; those in ``shared`` memory, (N,) uint8, are copies: what the client writes there while
        they are worked on must not matter.

        Raises:
            WorkerError: the description fits neither the payload nor the shared memory.
        """
        places = _layout(self.header.get("arrays", []), self.payload.size, 0 if shared is None else shared.size)
        return {name: _cut(self.payload, shared, *place) for name, place in places.items()}


def read_message(connection: socket.socket, *, seconds: float) -> Message | None:
    """Wait for a message as long as it takes; None when the other end has closed between messages.

    ``seconds``: within which the whole message must be there, from its first byte on.

    Raises:
        WorkerError: no message of this protocol, a size over its bound, or it did not come in time.
        OSError: the stream broke.
    """
    connection.settimeout(None)
    first = connection.recv(1)
    if not first:
        return None
    deadline = time.monotonic() + seconds
    magic, header_bytes, payload_bytes = HEAD.unpack(first + read_exactly(connection, HEAD.size - 1, deadline))
    if magic != MAGIC:
        raise WorkerError("this is no message to a Tinct worker")
    if header_bytes > MAX_HEADER or payload_bytes > MAX_PAYLOAD:
        raise WorkerError(
            f"the message has a header of {header_bytes} and a payload of {payload_bytes} bytes; at most {MAX_HEADER} "
            f"and {MAX_PAYLOAD} are taken"
        )
    text = read_exactly(connection, header_bytes, deadline)
    try:
        header = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise WorkerError(f"the message's header is no JSON ({error})") from error
    if not isinstance(header, dict):
        raise WorkerError("the message's header is no JSON object")
    payload = np.frombuffer(read_exactly(connection, payload_bytes, deadline), np.uint8)
    payload.setflags(write=False)
    return Message(header, payload)


def write_message(
    connection: socket.socket,
    header: Mapping[str, Any],
    arrays: Mapping[str, Array] | None = None,
    *,
    seconds: float,
    shared: Array | None = None,
    descriptors: Sequence[int] = (),
) -> None:
    """Send ``header`` and ``arrays``; arrays go into ``shared``, (N,) uint8, one after the other while there is room.

    Raises:
        OSError: the other end is gone, or has not taken the message within ``seconds`` of each step (TimeoutError).
    """
    described, chunks, used = [], [], 0
    for name, array in (arrays or {}).items():
        array = np.ascontiguousarray(array)
        facts: dict[str, Any] = {"name": name, "dtype": array.dtype.name, "shape": list(array.shape)}
        if shared is not None and used + array.nbytes <= shared.size:
            np.copyto(shared[used : used + array.nbytes].view(array.dtype).reshape(array.shape), array)
            facts["shared"] = used
            used += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
        elif array.nbytes:
            chunks.append(array.reshape(-1).view(np.uint8).data)
        described.append(facts)
    text = json.dumps({**header, "arrays": described}).encode()
    head = HEAD.pack(MAGIC, len(text), sum(len(chunk) for chunk in chunks))
    connection.settimeout(seconds)
    if descriptors:
        sent = socket.send_fds(connection, [head], list(descriptors))
        connection.sendall(head[sent:] + text)
    else:
        connection.sendall(head + text)
    for chunk in chunks:
        connection.sendall(chunk)


def read_exactly(connection: socket.socket, count: int, deadline: float) -> bytearray:
    """The next ``count`` bytes.

    Raises:
        WorkerError: the stream ended first, or ``deadline`` (of `time.monotonic`) passed.
        OSError: the stream broke.
    """
    data = bytearray()
    while len(data) < count:
        # Memory grows with what has come, not with what was announced.
        piece = bytearray(min(count - len(data), 1 << 20))
        view, filled = memoryview(piece), 0
        while filled < len(piece):
            left = deadline - time.monotonic()
            if left <= 0:
                raise WorkerError("half a message came, and the rest not in time")
            connection.settimeout(left)
            try:
                got = connection.recv_into(view[filled:])
            except TimeoutError as error:
                raise WorkerError("half a message came, and the rest not in time") from error
            if got == 0:
                raise WorkerError("the connection ended in the middle of a message")
            filled += got
        data += piece
    return data


_Place = tuple[Any, tuple[int, ...], int, bool]


def _layout(described: object, payload_bytes: int, shared_bytes: int) -> dict[str, _Place]:
    """Type, shape, offset and whether in shared memory of each array; all of the payload is spoken for."""
    if not isinstance(described, list):
        raise WorkerError("the message's arrays are no list")
    places: dict[str, _Place] = {}
    used = 0
    for facts in described:
        try:
            name, dtype, shape, offset = facts["name"], facts["dtype"], facts["shape"], facts.get("shared")
            if type(name) is not str or name in places or any(type(side) is not int or side < 0 for side in shape):
                raise ValueError
            kind = np.dtype(DTYPES[dtype])
            size = math.prod(shape) * kind.itemsize
            if len(shape) > 4 or size > MAX_PAYLOAD:
                raise ValueError
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise WorkerError("the message describes an array that is none") from error
        if offset is None:
            places[name] = (kind, tuple(shape), used, False)
            used += size
        elif type(offset) is not int or offset < 0 or offset % kind.itemsize or offset + size > shared_bytes:
            raise WorkerError(f"the message says that its array {name!r} lies where no shared memory is")
        else:
            places[name] = (kind, tuple(shape), offset, True)
    if used != payload_bytes:
        raise WorkerError(f"the message's arrays have {used} bytes and its payload {payload_bytes}")
    return places


def _cut(
    payload: Array, shared: Array | None, kind: Any, shape: tuple[int, ...], offset: int, is_shared: bool
) -> Array:
    memory = shared if is_shared and shared is not None else payload
    piece: Array = memory[offset : offset + math.prod(shape) * kind.itemsize]
    if is_shared or offset % kind.itemsize:
        piece = piece.copy()
    array: Array = piece.view(kind).reshape(shape)
    return array
