"""How a worker and a client find out that both know the key, before anything else is read.

A challenge each way, answered with HMAC-SHA256 (RFC 2104): the key itself never travels, so whoever listens on a port
that a dead worker has left learns nothing, and cannot pass for a worker::

    worker: "TINCTW" protocol(2) nonce(32)
    client: protocol(2) nonce(32) HMAC(key, "client" + all of the above)(32)
    worker: verdict(1) HMAC(key, "worker" + all of the above)(32)
"""

import hmac
import secrets
import socket
import struct
import time

from tinct.runtime.errors import WorkerError
from tinct.runtime.worker.wire import read_exactly

PROTOCOL = 1
"""Version of messages and calls; both ends must have the same."""
GREETING = struct.Struct(">6sH32s")
ANSWER = struct.Struct(">H32s32s")
VERDICT = struct.Struct(">B32s")
GREETING_MAGIC = b"TINCTW"
WELCOME, WRONG_KEY, WRONG_PROTOCOL = range(3)
KEY_BYTES = 32


def admit(connection: socket.socket, key: bytes, *, seconds: float) -> None:
    """Let the client in if it knows ``key`` and speaks `PROTOCOL`.

    Raises:
        WorkerError: it does not, or did not say so within ``seconds``; it has been told which.
        OSError: the stream broke.
    """
    greeting = GREETING.pack(GREETING_MAGIC, PROTOCOL, secrets.token_bytes(32))
    connection.settimeout(seconds)
    connection.sendall(greeting)
    answer = bytes(read_exactly(connection, ANSWER.size, time.monotonic() + seconds))
    protocol, _, proof = ANSWER.unpack(answer)
    if not hmac.compare_digest(proof, seal(key, b"client", greeting + answer[:-32])):
        connection.sendall(VERDICT.pack(WRONG_KEY, bytes(32)))
        raise WorkerError("a client had the wrong key")
    verdict = WELCOME if protocol == PROTOCOL else WRONG_PROTOCOL
    connection.sendall(VERDICT.pack(verdict, seal(key, b"worker", greeting + answer + bytes([verdict]))))
    if verdict != WELCOME:
        raise WorkerError(f"a client speaks protocol {protocol}, and this worker {PROTOCOL}")


def seal(key: bytes, role: bytes, text: bytes) -> bytes:
    """HMAC-SHA256 of ``text`` said in ``role``; 32 bytes."""
    return hmac.digest(key, role + text, "sha256")
