"""Encoded stills in a folder that many processes and machines share, each found by all that decides its bits."""

import hashlib
import io
import json
import logging
import os
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import OutputError
from tinct.runtime.state import refuse_inflation

Arrays = Mapping[str, NDArray[np.float32]]
Facts = Mapping[str, object]

DEFAULT_LIMIT = 8 << 30
KEPT = 0.9
"""Share of the limit that pruning leaves."""
LOOKED_AT_EACH = 1 / 32
"""Share of the limit that a process writes until it looks again at how much there is: many may write at once."""
RETRY_SECONDS = 60.0
"""After an entry could not be written, until the next is tried: a full disk must not cost its wait for each still."""
STALE_SECONDS = 3600.0
"""Age at which what a writer began is one that was killed."""
SUFFIX = ".still"
_MAGIC = b"tinct still 1 "
_FACTS = "facts"
_HEAD = len(_MAGIC) + 64 + 1
_log = logging.getLogger(__name__)


class StillCache:
    """Entries are files of named arrays. They appear whole, by renaming, and never change; nothing is ever locked.

    A cache never fails a run: what cannot be read is as if it were not there, what is damaged is taken away, and what
    cannot be written is left out. `trouble` says so then.
    """

    def __init__(self, folder: Path, limit: int = DEFAULT_LIMIT) -> None:
        """Use ``folder``, which is made when the first entry is written, if its parent is there.

        ``limit``: bytes of all entries above which those go that were not used for the longest. While several processes
        write, it may be exceeded by a thirty-second part for each.
        """
        self.folder = folder
        self.limit = limit
        self.trouble: str | None = None
        """The first thing that went wrong with the folder, as a sentence for users."""
        self.loaded = self.stored = 0
        """Entries that this process took from the folder, and put there."""
        self._written: int | None = None
        self._rests_until = 0.0

    def load(self, facts: Facts) -> dict[str, NDArray[np.float32]] | None:
        """The arrays that were stored for ``facts``, bit for bit; None where there are none."""
        path = self._path(facts)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._tell("read", error.strerror)
            return None
        try:
            arrays = _unpacked(data, facts)
        except (ValueError, KeyError, TypeError, OSError, EOFError, MemoryError, zipfile.BadZipFile) as error:
            _log.warning("%s is damaged (%s) and was taken away; the still is encoded again", path, error)
            _unlink(path)
            return None
        with suppress(OSError):  # a folder that may only be read is as good
            os.utime(path)  # when it was last used: what is pruned first
        self.loaded += 1
        return arrays

    def store(self, facts: Facts, arrays: Arrays) -> None:
        """Keep ``arrays`` (float32, C order) for ``facts``, whose values are text and whole numbers."""
        from tinct.runtime.project.whole_file import write_whole

        path, now = self._path(facts), time.monotonic()
        if now < self._rests_until or path.exists():
            return
        data = _packed(facts, arrays)
        if len(data) > self.limit:
            self._tell("used", f"a still takes {len(data) >> 10} KB, and the limit is {self.limit >> 10} KB")
            return
        try:
            self.folder.mkdir(exist_ok=True)
            path.parent.mkdir(exist_ok=True)
            write_whole(str(path), data)
        except (OSError, OutputError) as error:
            cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
            self._tell("written", cause.strerror if isinstance(cause, OSError) else str(error))
            self._rests_until = now + RETRY_SECONDS
            return
        self.stored += 1
        self._written = None if self._written is None else self._written + len(data)
        if self._written is None or self._written >= self.limit * LOOKED_AT_EACH:
            self.prune()

    def prune(self) -> int:
        """Take entries away, those first that were not used for the longest, until the rest is well under the limit, if
        they exceed it; how many went. A reader that has one open keeps it."""
        self._written = 0
        entries = sorted(self._entries())
        held, gone = sum(size for _, size, _ in entries), 0
        if held <= self.limit:
            return 0
        for _, size, path in entries:
            if held <= KEPT * self.limit:
                break
            if _unlink(path):
                gone += 1
            held -= size  # also where another process was quicker
        return gone

    def _entries(self) -> Iterator[tuple[int, int, str]]:
        """Time of last use (ns), bytes and path of each; what killed writers left is removed on the way."""
        stale = time.time_ns() - int(STALE_SECONDS * 1e9)
        for folder in _listed(self.folder):
            if not folder.is_dir(follow_symlinks=False):
                continue
            for entry in _listed(folder.path):
                try:
                    facts = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # another process pruned it
                if entry.name.endswith(SUFFIX):
                    yield facts.st_mtime_ns, facts.st_size, entry.path
                elif entry.name.startswith(".") and facts.st_mtime_ns < stale:
                    _unlink(entry.path)

    def _path(self, facts: Facts) -> Path:
        name = hashlib.sha256(_text(facts)).hexdigest()
        return self.folder / name[:2] / f"{name}{SUFFIX}"

    def _tell(self, doing: str, reason: str | None) -> None:
        if self.trouble is None:
            self.trouble = (
                f"the folder of encoded stills {self.folder} cannot be {doing} ({reason or 'no reason given'}); stills "
                "are encoded anew where they are not in it"
            )
            _log.warning(self.trouble)


def _packed(facts: Facts, arrays: Arrays) -> bytes:
    """An uncompressed npz behind a line with its sha256."""
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **{_FACTS: np.frombuffer(_text(facts), np.uint8)}, **arrays)
    payload = stream.getvalue()
    return _MAGIC + hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload


def _unpacked(data: bytes, facts: Facts) -> dict[str, NDArray[np.float32]]:
    """The arrays of an entry; whatever is wrong with it is an error of Python's own."""
    payload = data[_HEAD:]
    if data[:_HEAD] != _MAGIC + hashlib.sha256(payload).hexdigest().encode() + b"\n":
        raise ValueError("its checksum is another")
    refuse_inflation(payload)
    with np.load(io.BytesIO(payload), allow_pickle=False) as archive:
        if bytes(archive[_FACTS]) != _text(facts):
            raise ValueError("it is of another still")
        arrays = {name: archive[name] for name in archive.files if name != _FACTS}
    if any(array.dtype != np.float32 for array in arrays.values()):
        raise ValueError("an array is not float32")
    return arrays


def _text(facts: Facts) -> bytes:
    return json.dumps(dict(facts), sort_keys=True).encode()


def _listed(folder: str | Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _unlink(path: str | Path) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
