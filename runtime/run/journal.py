"""A run's journal: lines in a file, each there whole or not at all.

A line is eight hexadecimal digits (CRC-32 of the rest), a space and a JSON object. What is not a good line, and
whatever follows it, counts as not written: a process that was killed may have left half a line at the end.
"""

import fcntl
import json
import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

from tinct.runtime.errors import OutputError
from tinct.runtime.media.staging import sync_folder, writing_to

Entry = Mapping[str, Any]
"""JSON object of one line."""


class Journal:
    """An open journal; nobody else can have the same one open. Entries that `append` was given are on disk.

    ``entries``: those that were there when it was opened; ``last``: the latest of all.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Take over the open ``file``: lock it and read its good lines.

        Raises:
            OutputError: another process has it open.
        """
        self.path = path
        self._file = file
        _lock(path, file)
        self.entries: list[Entry] = []
        self.last: Entry | None = None
        self._ends = [0]
        for line in file:
            entry = _parse(line)
            if entry is None:
                break
            self.entries.append(entry)
            self._ends.append(self._ends[-1] + len(line))
            self.last = entry
        self._end = self._ends[-1]

    @classmethod
    def create(cls, path: Path, first: Entry) -> Self:
        """Begin a journal with its ``first`` entry; a file without one good line is taken over.

        Raises:
            OutputError: another run has begun one, or it cannot be written.
        """
        with writing_to(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            journal = cls(path, os.fdopen(descriptor, "r+b"))
        if journal.entries or journal._is_gone():
            journal.close()
            raise _another_run(path)
        journal.restart(first)
        sync_folder(path.parent)
        return journal

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """Open the journal ``path`` to go on with it; None when there is none, or not one good line in it.

        Raises:
            OutputError: another run has it open, or it cannot be opened.
        """
        try:
            with writing_to(path):
                journal = cls(path, open(path, "r+b"))  # noqa: SIM115  (stays open; closed by `close`)
        except OutputError as error:
            if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
                return None
            raise
        if journal._is_gone() or not journal.entries:
            journal.close()
            return None
        return journal

    def append(self, entry: Entry) -> None:
        """Write ``entry`` and wait until it is on disk.

        Raises:
            OutputError: the disk is full or gone.
        """
        text = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
        line = b"%08x %s\n" % (zlib.crc32(text), text)
        with writing_to(self.path):
            self._file.seek(self._end)
            self._file.truncate()
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        self.last = entry
        self._end += len(line)

    def restart(self, first: Entry) -> None:
        """Forget everything, in the file too, and begin with ``first``."""
        self.entries, self._ends, self._end = [], [0], 0
        self.append(first)

    def keep(self, count: int) -> None:
        """Forget all ``entries`` but the first ``count``, 1 or more; the file follows with the next `append`."""
        del self.entries[count:]
        self.last, self._end = self.entries[-1], self._ends[count]

    def close(self) -> None:
        """Close the file and let others have it; harmless when called twice."""
        with suppress(OSError):  # what a full disk kept in the buffer was reported by `append`
            self._file.close()

    def _is_gone(self) -> bool:
        """Whether a run that ended between our opening and our locking has removed the file."""
        try:
            return os.fstat(self._file.fileno()).st_ino != self.path.stat().st_ino
        except FileNotFoundError:
            return True


def read_journal(path: Path) -> list[Entry]:
    """The good entries of the journal ``path``, whoever has it open; none when it cannot be read."""
    entries: list[Entry] = []
    try:
        with open(path, "rb") as file:
            for line in file:
                entry = _parse(line)
                if entry is None:
                    break
                entries.append(entry)
    except OSError:
        pass
    return entries


def _lock(path: Path, file: BinaryIO) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise _another_run(path) from error
    except OSError:  # a file system without locks: two runs at once are then the user's to avoid
        pass


def _another_run(path: Path) -> OutputError:
    return OutputError(f"{path.parent} is being written by another run; wait for it.")


def _parse(line: bytes) -> Entry | None:
    """The entry of a line, or None when it is not a good one."""
    if len(line) < 10 or not line.endswith(b"\n"):
        return None
    text = line[9:-1]
    try:
        good = int(line[:8], 16) == zlib.crc32(text)
        entry = json.loads(text) if good else None
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
