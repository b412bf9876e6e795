"""Results in the making: written under a temporary name beside the target, renamed when complete."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinct.runtime.errors import OutputError, OutputExistsError


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turn the operating system's errors while writing to ``path`` into `OutputError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path} cannot be written: {reason}. Check free space and permissions.") from error


def check_target(path: Path, *, overwrite: bool, sources: tuple[Path, ...]) -> None:
    """Refuse a target that is one of the ``sources``, or is there and may not be overwritten.

    Raises:
        OutputExistsError: see above.
        OutputError: the target is a folder.
    """
    for source in sources:
        same = path.exists() and source.exists() and os.path.samefile(path, source)
        if same or os.path.realpath(path) == os.path.realpath(source):
            raise OutputExistsError(f"The output {path} is the input; choose another name.")
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file.")
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} is there already; choose another name, or allow overwriting (--overwrite).")


class StagingFolder:
    """A hidden folder beside the targets; files in it get their final names together, or vanish together."""

    def __init__(self, folder: Path) -> None:
        """Make ``folder`` (with its parents, where missing) and the hidden folder in it.

        Raises:
            OutputError: not writable.
        """
        self._made = _missing_parents(folder)
        self._folder = folder
        self.path = folder / f".tinct-{secrets.token_hex(6)}"
        try:
            with writing_to(folder):
                self.path.mkdir(parents=True)
        except OutputError:
            self._remove_made()
            raise

    def publish(self, names: Iterator[str] | list[str]) -> None:
        """Move the staged files ``names`` to their final place, replacing what is there, and remove the hidden folder.

        Raises:
            OutputError: a file cannot be flushed to disk or moved.
        """
        listed = list(names)
        with writing_to(self._folder):
            # Full disks and lost network shares may only show here; better than after the old file is gone.
            for name in listed:
                with open(self.path / name, "rb") as file:
                    os.fsync(file.fileno())
            for name in listed:
                os.replace(self.path / name, self._folder / name)
        self._made = []
        shutil.rmtree(self.path, ignore_errors=True)

    def remove(self) -> None:
        """Remove the hidden folder, and the folders made for it that are still empty; harmless when called twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._remove_made()

    def _remove_made(self) -> None:
        for folder in self._made:
            try:
                folder.rmdir()
            except OSError:
                return


def _missing_parents(folder: Path) -> list[Path]:
    """``folder`` and those of its parents that do not exist, deepest first."""
    missing = []
    for candidate in (folder, *folder.parents):
        if candidate.exists():
            break
        missing.append(candidate)
    return missing
