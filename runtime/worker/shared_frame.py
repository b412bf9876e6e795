"""Memory that a client and the worker both see, for frames that need not be sent.

It has no name: a sealed memory file (memfd_create(2)), made by the worker and handed to the client with the socket. The
kernel frees it when both have let go, however they end, so nothing can be left behind; and since it is sealed against
shrinking, no client can pull it away from under the worker (which would be a SIGBUS).
"""

import fcntl
import mmap
import os
import socket

import numpy as np

from tinct.runtime.worker.wire import Array

CAN_SHARE = hasattr(os, "memfd_create") and hasattr(fcntl, "F_ADD_SEALS") and hasattr(socket, "AF_UNIX")
"""Whether this system has sealed memory files; without them frames travel in the messages."""


class SharedFrame:
    """``size`` bytes of shared memory. ``descriptor``: to be sent to the client; ``bytes``: (N,) uint8, None once
    closed."""

    def __init__(self, size: int) -> None:
        """Make the memory.

        Raises:
            OSError: the system has none left.
        """
        self.size = size
        self.descriptor = os.memfd_create("tinct-frame", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(self.descriptor, size)
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
            self._map = mmap.mmap(self.descriptor, size)
        except BaseException:
            os.close(self.descriptor)
            raise
        self.bytes: Array | None = np.frombuffer(self._map, np.uint8)

    def close(self) -> None:
        """Let go; harmless when called twice."""
        if self.bytes is not None:
            self.bytes = None
            os.close(self.descriptor)
            # Unmapped when the last array that looks at it is gone, which is now unless a reply is being sent.
            del self._map
