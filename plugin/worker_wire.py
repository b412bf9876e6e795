"""Messages to the worker and back; ``docs/worker.md`` describes the protocol, and ``runtime/worker/`` is the other end.

Standard library alone, Python 3.9: this file goes into hosts as it stands.
"""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import json
import mmap
import os
import secrets
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinct.plugin.worker_errors import WorkerUnavailable

PROTOCOL = 1
MAGIC = b"TNCT"
HEAD = struct.Struct(">4sIQ")
MAX_HEADER = 1 << 20
MAX_PAYLOAD = 512 << 20
ALIGNMENT = 64
GREETING = struct.Struct(">6sH32s")
ANSWER = struct.Struct(">H32s32s")
VERDICT = struct.Struct(">B32s")
GREETING_MAGIC = b"TINCTW"
WELCOME, WRONG_KEY, WRONG_PROTOCOL = range(3)

_FORMATS = {"float32": ("f", 4), "uint8": ("B", 1)}


class Array(NamedTuple):
    """Bytes with a type and a shape."""

    data: memoryview
    dtype: str
    shape: tuple[int, ...]

    @classmethod
    def of(
        cls,
        given: Any,
        shape: tuple[int, ...] | None,
        what: str,
        shapes: Sequence[tuple[int, ...]] = (),
    ) -> Array:
        """Float32 values of anything that holds them.

        ``shape``: of plain bytes; None takes that of ``shapes`` which has as many; ``shapes``: those that are allowed.
        """
        try:
            view = memoryview(given)
        except TypeError:
            view = _from_interface(given, what)
        if not view.c_contiguous:
            raise ValueError(f"{what} is not contiguous; hand over a copy")
        if view.format not in ("f", "B", "b", "c"):
            raise ValueError(f"{what} must hold float32, not {view.format!r}")
        have = tuple(view.shape or ())
        if view.ndim == 1:
            allowed = shapes if shape is None else [shape]
            have = next((one for one in allowed if _count(one) * 4 == view.nbytes), have)
        if (shapes and have not in shapes) or (not shapes and (len(have) != 3 or have[2] != 3)):
            raise ValueError(
                "{} has the shape {} ({} bytes), not {}".format(
                    what, have, view.nbytes, " or ".join(map(str, shapes)) or "(H, W, 3)"
                )
            )
        if _count(have) * 4 != view.nbytes:
            raise ValueError(f"{what} must hold float32")
        return cls(view.cast("B"), "float32", have)

    def kept(self) -> Array:
        """A copy that does not change with its source."""
        return self._replace(data=memoryview(bytes(self.data)))


def _from_interface(given: Any, what: str) -> memoryview:
    """The memory of an object that has NumPy's array interface but no buffer."""
    interface = getattr(given, "__array_interface__", None)
    if not isinstance(interface, dict) or interface.get("typestr") not in ("<f4", "=f4"):
        raise ValueError(f"{what} must be float32 with a buffer or an array interface, not {type(given)}")
    if interface.get("strides") is not None or not isinstance(interface.get("data"), tuple):
        raise ValueError(f"{what} is not contiguous; hand over a copy")
    shape = tuple(interface["shape"])
    block = (ctypes.c_char * (_count(shape) * 4)).from_address(interface["data"][0])
    return memoryview(bytes(block)).cast("f", shape)  # type: ignore[return-value]


def _count(shape: Sequence[int]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


def shake_hands(stream: socket.socket, key: bytes) -> None:
    """Prove to the worker that this end knows the key, and see that the worker does.

    Raises:
        ConnectionError: it does not, or is no worker.
        WorkerUnavailable: it speaks another protocol.
    """
    deadline = time.monotonic() + 5.0
    greeting = bytes(_read(stream, GREETING.size, deadline))
    magic, protocol, _ = GREETING.unpack(greeting)
    if magic != GREETING_MAGIC:
        raise ConnectionError("what answers is no worker")
    answer = struct.pack(">H", PROTOCOL) + secrets.token_bytes(32)
    answer += hmac.new(key, b"client" + greeting + answer, hashlib.sha256).digest()
    stream.sendall(answer)
    verdict, proof = VERDICT.unpack(bytes(_read(stream, VERDICT.size, deadline)))
    if verdict == WRONG_KEY:
        raise ConnectionError("the worker has another key")
    wanted = hmac.new(key, b"worker" + greeting + answer + bytes([verdict]), hashlib.sha256).digest()
    if not hmac.compare_digest(proof, wanted):
        raise ConnectionError("what answers does not know the key")
    if verdict != WELCOME:
        raise WorkerUnavailable(
            f"the worker speaks protocol {protocol} and this client {PROTOCOL}; stop it (tinct worker stop) and "
            "install Tinct for the host again"
        )


def send(
    stream: socket.socket,
    header: dict[str, Any],
    arrays: Sequence[tuple[str, Array]],
    memory: mmap.mmap | None,
    seconds: float,
) -> None:
    """Send a call; its arrays go into shared ``memory`` while there is room.

    Raises:
        ValueError: it is too large for one message.
        OSError: the stream broke, or the worker took none of it within ``seconds``.
    """
    described, chunks, used = [], [], 0
    for name, array in arrays:
        facts: dict[str, Any] = {"name": name, "dtype": array.dtype, "shape": list(array.shape)}
        size = array.data.nbytes
        if memory is not None and used + size <= len(memory):
            memory[used : used + size] = array.data
            facts["shared"] = used
            used += -(-size // ALIGNMENT) * ALIGNMENT
        else:
            chunks.append(array.data)
        described.append(facts)
    text = json.dumps(dict(header, arrays=described)).encode("utf-8")
    payload = sum(chunk.nbytes for chunk in chunks)
    if len(text) > MAX_HEADER or payload > MAX_PAYLOAD:
        raise ValueError("the call {!r} is too large for one message; give fewer stills".format(header.get("call")))
    stream.settimeout(seconds)
    stream.sendall(HEAD.pack(MAGIC, len(text), payload) + text)
    for chunk in chunks:
        stream.sendall(chunk)


def receive(
    stream: socket.socket, memory: mmap.mmap | None, deadline: float, borrow: bool
) -> tuple[dict[str, Any], dict[str, memoryview], mmap.mmap | None]:
    """A reply, its arrays (copies unless they may be borrowed), and the memory that came with it."""
    handles: list[int] = []
    try:
        magic, header_bytes, payload_bytes = HEAD.unpack(bytes(_read(stream, HEAD.size, deadline, handles)))
        if magic != MAGIC or header_bytes > MAX_HEADER or payload_bytes > MAX_PAYLOAD:
            raise ConnectionError("the worker's reply is none")
        header = json.loads(bytes(_read(stream, header_bytes, deadline)).decode("utf-8"))
        payload = memoryview(_read(stream, payload_bytes, deadline))
        shared = mmap.mmap(handles[0], header["shared_bytes"]) if handles else None
    except ValueError as error:
        raise ConnectionError(f"the worker's reply is none ({error})") from error
    finally:
        for handle in handles:
            os.close(handle)
    arrays, used = {}, 0
    for facts in header.get("arrays", ()):
        form, width = _FORMATS[facts["dtype"]]
        size = _count(facts["shape"]) * width
        if facts.get("shared") is not None:
            assert memory is not None
            start = facts["shared"]
            piece = memoryview(memory)[start : start + size] if borrow else memoryview(memory[start : start + size])
        else:
            piece = payload[used : used + size]
            used += size
        arrays[facts["name"]] = piece.cast(form, facts["shape"]) if size else piece  # type: ignore[call-overload]
    return header, arrays, shared


def _read(stream: socket.socket, count: int, deadline: float, handles: list[int] | None = None) -> bytearray:
    """The next ``count`` bytes; descriptors that come with them go into ``handles``."""
    data = bytearray(count)
    view, filled = memoryview(data), 0
    while filled < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("no answer in time")
        stream.settimeout(left)
        if handles is not None and stream.family != socket.AF_INET:
            piece, more, _, _ = socket.recv_fds(stream, count - filled, 1)
            handles.extend(more)
            got = len(piece)
            view[filled : filled + got] = piece
        else:
            got = stream.recv_into(view[filled:])
        if got == 0:
            raise ConnectionError("the worker closed the connection")
        filled += got
    return data
