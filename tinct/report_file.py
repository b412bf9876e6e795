"""A file of figures that a command writes at its end."""

import os
from pathlib import Path

from tinct.runtime.errors import OutputError


def check_report(path: Path | None) -> None:
    """Find out before hours of measuring whether ``path`` can be written at their end.

    Raises:
        OutputError: its folder is missing or cannot be written, or ``path`` is a folder.
    """
    if path is None:
        return
    folder = path.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or path.is_dir():
        raise OutputError(f"{path} cannot be written: name a file in a folder that exists and is yours to write")


def write_report(path: Path | None, content: str | bytes) -> None:
    """Write ``content`` (a text becomes UTF-8) to ``path``, whole or not at all; a report that was there is replaced.

    Raises:
        OutputError: it cannot be written.
    """
    if path is None:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
