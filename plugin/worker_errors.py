"""What can go wrong between a host and the worker.

Standard library alone, Python 3.9: this file goes into hosts as it stands.
"""

from __future__ import annotations


class ClientError(Exception):
    """Root of all errors of the client; the message says what was wrong and what to do."""


class WorkerUnavailable(ClientError):
    """No worker can be reached or started."""


class WorkerTimeout(ClientError):
    """The worker did not answer in time; the next call connects anew and goes on from the last checkpoint."""


class WorkerRefused(ClientError):
    """The worker answered with an error, the kind of which is ``kind`` (a name in Tinct's tree of errors)."""

    def __init__(self, kind: str, message: str) -> None:
        """``kind`` and ``message`` as the worker gave them."""
        super().__init__(message)
        self.kind = kind


class ConnectionLost(ClientError):
    """The worker went away in the middle of a call, and again when the call was repeated."""


class Cancelled(ClientError):
    """The run was cancelled; what it had done is kept beside its output, for a request with ``resume``."""
