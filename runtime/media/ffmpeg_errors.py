"""The border where FFmpeg's (PyAV's) failures become Tinct's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.error

from tinct.runtime.errors import MediaError, MediaNotFoundError, OutputError


@contextmanager
def reading_movie(path: Path, doing: str = "read") -> Iterator[None]:
    """Turn failures while ``doing`` something with the movie ``path`` into `MediaError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise MediaNotFoundError(f"There is no file {path}; check the path.") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        advice = "Check that it is a complete movie; copy it again if a copy may have been cut off."
        raise MediaError(f"{path} cannot be {doing}: {_reason(error)}. {advice}") from error


@contextmanager
def writing_movie(path: Path) -> Iterator[None]:
    """Turn failures while writing the movie ``path`` into `OutputError`."""
    try:
        yield
    except (av.error.FFmpegError, OSError, ValueError) as error:
        advice = "Check free space and permissions, and that the codec takes this size and container."
        raise OutputError(f"{path} cannot be written: {_reason(error)}. {advice}") from error


def _reason(error: Exception) -> str:
    """What FFmpeg's own log says of the failure, else the error's text."""
    log = getattr(error, "log", None)
    if log and log[1]:
        return str(log[1][2]).strip().rstrip(".")
    return str(getattr(error, "strerror", None) or error).rstrip(".")
