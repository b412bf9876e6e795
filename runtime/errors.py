"""Every error that Tinct raises on purpose.

::

    TinctError                 exit 1: something failed
    |-- UsageError             exit 2: the request itself must change
    |   |-- UnknownNameError   no model, backend or codec of that name
    |   |-- FrameRangeError    a frame or range that the plate does not have, holes in a sequence
    |   |-- OutputExistsError  the output is there already, or is the input
    |   `-- BegunOtherwiseError  what is there of the output was made from another request
    |-- MediaError             a plate cannot be read (unreadable, truncated, empty, too large)
    |   `-- MediaNotFoundError exit 2: no such file, folder or sequence
    |-- StillError             a reference still cannot be used (grey, cannot be decoded)
    |-- OutputError            the result cannot be written (disk full, not writable, encoder refused)
    |-- PiecesError            pieces of a result that was made in pieces are missing or damaged
    |-- LibraryError           a library of stills is broken, of another model or of a newer schema
    |-- ShotListError          a list of shots cannot be read, or does not fit the plate
    |-- ProjectError           a project or a timeline cannot be read, or holds what it must not
    |   `-- ProjectInUseError  another program has the project open for writing
    |-- BundleError            a model bundle is broken (wrong sha256, newer schema, missing file)
    |-- BackendError           a backend that was asked for cannot run here, or failed while running
    |-- StateError             a temporal state does not belong to this session
    |-- WorkerError            the worker cannot run or cannot serve, or a message to it is malformed
    |   |-- WorkerRunsError    exit 3: a worker runs already
    |   `-- SessionGoneError   the worker no longer has the session; open and restore it again
    |-- CancelledError         the caller stopped the run
    `-- DataError              training or evaluation data cannot be used

A message says what was wrong, with which file or parameter, and what to do. Third-party exceptions are mapped to
these at one border per library.
"""


class TinctError(Exception):
    """Root of all errors that Tinct raises on purpose; ``exit_code`` is what the command line returns."""

    exit_code = 1


class UsageError(TinctError):
    """The request itself must change before it can succeed."""

    exit_code = 2


class UnknownNameError(UsageError):
    """No model, backend, codec or recipe of that name."""


class FrameRangeError(UsageError):
    """A frame or a range that the plate does not have, or holes in a sequence."""


class OutputExistsError(UsageError):
    """The output is there already, or it is the input."""


class BegunOtherwiseError(UsageError):
    """What is there of the output, begun or finished, was made from another request."""


class MediaError(TinctError):
    """A plate cannot be read: unreadable, truncated, empty, or over the size limit."""


class MediaNotFoundError(MediaError):
    """No such file, folder or sequence."""

    exit_code = 2


class StillError(TinctError):
    """A reference still cannot be used: it is grey or cannot be decoded."""


class OutputError(TinctError):
    """The result cannot be written: disk full, not writable, or refused by the encoder."""


class PiecesError(TinctError):
    """Pieces of a result that was made in pieces are missing or damaged; make them again."""


class LibraryError(TinctError):
    """A library of stills cannot be used: broken, of another model, or of a newer schema."""


class ShotListError(TinctError):
    """A list of shots cannot be read, is none, or does not fit the plate."""


class ProjectError(TinctError):
    """A project file or a timeline cannot be read, is of a newer schema, or holds a value that it must not."""


class ProjectInUseError(ProjectError):
    """Another program has the project open for writing."""


class BundleError(TinctError):
    """A model bundle is broken: wrong sha256, newer schema, missing file."""


class BackendError(TinctError):
    """A backend that was asked for cannot run on this machine, or failed while running."""


class StateError(TinctError):
    """A temporal state does not belong to this session."""


class WorkerError(TinctError):
    """The worker cannot run or cannot serve, or a message to it is malformed."""


class WorkerRunsError(WorkerError):
    """A worker of this user runs already."""

    exit_code = 3


class SessionGoneError(WorkerError):
    """The worker no longer has the session; open it again and restore its last checkpoint."""


class CancelledError(TinctError):
    """The caller stopped the run."""


class DataError(TinctError):
    """Training or evaluation data cannot be used."""
