"""Results in the making: written under a temporary name beside the target, renamed when complete."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
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


def sync_file(path: Path) -> None:
    """Wait until ``path`` is on disk: full disks and lost network shares may only show here."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` are on disk, on file systems that can be asked."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:  # some network file systems refuse it for folders
        pass
    finally:
        os.close(descriptor)


class StagingFolder:
    """A hidden folder beside the targets; files in it get their final names together, or vanish together."""

    def __init__(self, folder: Path, name: str | None = None) -> None:
        """Choose the hidden folder in ``folder``: called ``name``, or as no other is. `make` makes it."""
        self._made: list[Path] = []
        self._folder = folder
        self._named = name is not None
        self.path = folder / (name or f".tinct-{secrets.token_hex(6)}")

    def make(self) -> None:
        """Make the hidden folder, with its parents where missing; one with a given name may be there already.

        Raises:
            OutputError: not writable.
        """
        self._made += _missing_parents(self._folder)
        try:
            with writing_to(self._folder):
                self.path.mkdir(parents=True, exist_ok=self._named)
        except OutputError:
            self._remove_made()
            raise

    def publish(self, files: Mapping[str, Path]) -> None:
        """Move the staged ``files`` (staged name to final place), replacing what is there; remove the hidden folder.

        Raises:
            OutputError: a file cannot be flushed to disk or moved.
        """
        with writing_to(self._folder):
            # Nothing is replaced before everything is known to be on disk.
            for name in files:
                sync_file(self.path / name)
        self.move(files)
        self._made = []
        self.remove()

    def move(self, files: Mapping[str, Path]) -> None:
        """Give staged ``files``, which are on disk, their final names.

        Raises:
            OutputError: one cannot be moved.
        """
        with writing_to(self._folder):
            for folder in {target.parent for target in files.values()}:
                folder.mkdir(parents=True, exist_ok=True)
            for name, target in files.items():
                os.replace(self.path / name, target)
            for folder in {target.parent for target in files.values()}:
                sync_folder(folder)
        self._made = []

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
