"""The worker: a process that keeps models, encoded stills and sessions warm for many clients.

It answers on a Unix socket or on loopback TCP, one thread a client. ``docs/worker.md`` describes the protocol. Its
other end is ``plugin/client.py``, which repeats the few constants of `wire` and `handshake`, for it may import nothing.
"""

from tinct.runtime.worker.server import Worker, WorkerConfig

__all__ = ["Worker", "WorkerConfig"]
