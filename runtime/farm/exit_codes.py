"""Exit codes of a farm's tasks: what it should do next.

===== ========== ==========================================================================
code  try again? what happened
===== ========== ==========================================================================
0                done, now or before
2     no         the job itself must change
20    no         the plate, a still, a list or the model cannot be used
30    yes        the result cannot be written: disk full, share gone
31    yes        the backend cannot run on this machine, or failed there
32    yes        the worker cannot be started, or went away more than once
33    yes        pieces are missing or damaged: the tasks before this one must run again
34    yes        something that Tinct does not know, such as too little memory
130   yes        stopped from outside, as a machine that is taken back does
===== ========== ==========================================================================

A process that was killed has none of these, and may be tried again.
"""

from tinct.runtime import errors
from tinct.runtime.errors import (
    BackendError,
    BundleError,
    CancelledError,
    LibraryError,
    MediaError,
    OutputError,
    PiecesError,
    ShotListError,
    StillError,
    TinctError,
    UsageError,
    WorkerError,
)

DONE, JOB, INPUT = 0, 2, 20
OUTPUT, BACKEND, WORKER, PIECES, UNKNOWN, STOPPED = 30, 31, 32, 33, 34, 130
FINAL = frozenset((JOB, INPUT))
"""Codes after which another try is in vain; all others but 0 are worth one."""

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (PiecesError, PIECES),
    (UsageError, JOB),
    (MediaError, INPUT),
    (StillError, INPUT),
    (BundleError, INPUT),
    (LibraryError, INPUT),
    (ShotListError, INPUT),
    (OutputError, OUTPUT),
    (BackendError, BACKEND),
    (WorkerError, WORKER),
    (CancelledError, STOPPED),
)


def exit_code(error: type[BaseException]) -> int:
    """The exit code for an error of that type."""
    if issubclass(error, KeyboardInterrupt):
        return STOPPED
    return next((code for kind, code in _CODES if issubclass(error, kind)), UNKNOWN)


def exit_code_of(name: str) -> int:
    """The exit code for an error by the ``name`` of its type, as a worker tells it."""
    kind = getattr(errors, name, None)
    return exit_code(kind) if isinstance(kind, type) and issubclass(kind, TinctError) else UNKNOWN


def is_retryable(code: int) -> bool:
    """Whether another try may help after a task ended with ``code``."""
    return code != DONE and code not in FINAL
