"""A library of stills on disk, and the stills in it that show the place which a frame shows."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinct.runtime.backends.base import Backend
from tinct.runtime.bundle import sha256_of
from tinct.runtime.errors import BundleError, LibraryError, TinctError
from tinct.runtime.library.description import Image, describe, view_of
from tinct.runtime.library.faiss_index import SearchIndex, Vectors, read_index
from tinct.runtime.library.manifest import LibraryManifest, StillEntry, read_manifest
from tinct.runtime.library.search import nearest
from tinct.runtime.media import read_still


@dataclass(frozen=True)
class Found:
    """A still of a library: its ``path``, the cosine ``similarity`` -1..1 of its descriptor with the query's, and the
    ``digest`` of its pixels."""

    path: Path
    similarity: float
    digest: str


class StillLibrary:
    """A library that is open for queries. Not thread-safe: its backend is not."""

    def __init__(
        self, folder: Path, manifest: LibraryManifest, index: SearchIndex, descriptors: Vectors, backend: Backend
    ) -> None:
        """Put an open library together; `open_library` does it from a folder."""
        self.folder = folder
        self.manifest = manifest
        self.skipped: dict[Path, str] = {}
        """Stills that would have been found but cannot be used any more, each with the reason."""
        self._index = index
        self._descriptors = descriptors
        self._backend = backend
        self._known: dict[int, Path | None] = {}

    def __len__(self) -> int:
        return len(self.manifest.stills)

    def query(self, lightness: Image, count: int = 5) -> list[Found]:
        """The ``count`` stills most like a picture of L* (H, W) float32 0..100, best first; fewer if there are fewer.

        Stills that are missing, or are other pictures than when the library was built, are left out and stand in
        `skipped`.

        Raises:
            ValueError: ``lightness`` is not a picture, or ``count`` is below 1.
            BackendError: the descriptor graph failed.
        """
        if lightness.ndim != 2 or 0 in lightness.shape or not np.isfinite(lightness).all():
            raise ValueError(f"a query must be finite L* (H, W), not {lightness.shape}")
        if count < 1:
            raise ValueError(f"{count} stills were asked for; ask for at least 1")
        vector = describe(
            view_of(np.ascontiguousarray(lightness, np.float32), self._backend.bundle.manifest), self._backend
        )
        asked = count
        while True:
            rows, cosines = nearest(self._index, self._descriptors, vector, asked)
            found: list[Found] = []
            for row, cosine in zip(rows.tolist(), cosines.tolist(), strict=True):
                path = self._usable(row)
                if path is not None and len(found) < count:
                    found.append(Found(path, float(cosine), self.manifest.stills[row].digest))
            if len(found) == count or asked >= len(self):
                return found
            asked = min(len(self), 2 * asked)

    def _usable(self, row: int) -> Path | None:
        """Path of the still of ``row`` if it is still the picture that was described."""
        if row not in self._known:
            entry = self.manifest.stills[row]
            path = still_path(self.folder, self.manifest, entry)
            reason = _changed(path, entry)
            if reason is not None:
                self.skipped[path] = reason
            self._known[row] = path if reason is None else None
        return self._known[row]


def open_library(folder: Path, backend: Backend) -> StillLibrary:
    """Open the library in ``folder`` for queries with the model of ``backend``. Nothing is locked or written, so any
    number of processes may, also while it is built anew: then the old or the new one is opened.

    Raises:
        LibraryError: no library, broken, of a newer schema, or described by another model.
        UsageError: FAISS is not installed.
        BackendError: the model has no descriptor graph.
    """
    while True:
        manifest = read_manifest(folder)
        try:
            return _opened(folder, manifest, backend)
        except LibraryError:
            if read_manifest(folder).files == manifest.files:
                raise  # else its files went because a new build took their place meanwhile


def _opened(folder: Path, manifest: LibraryManifest, backend: Backend) -> StillLibrary:
    require_model(folder, manifest, backend)
    for name in manifest.files:
        if not is_whole(folder, manifest, name):
            raise LibraryError(f"{folder / name} is not what the manifest says; build the library again")
    descriptors = read_descriptors(folder, manifest)
    index = read_index(folder / manifest.index_file, manifest.index, manifest.parameters)
    return StillLibrary(folder, manifest, index, descriptors, backend)


def require_model(folder: Path, manifest: LibraryManifest, backend: Backend) -> None:
    """Refuse a library whose descriptors cannot be compared with those of ``backend``.

    Raises:
        LibraryError: they cannot.
        BackendError: the model has no descriptor graph.
    """
    if manifest.descriptor != backend.descriptor_identity:
        raise LibraryError(
            f"the library {folder} was built with the model {manifest.model}, and {backend.bundle.manifest.identity} "
            f"on {backend.NAME} describes stills in another way; build a new library with it"
        )


def is_whole(folder: Path, manifest: LibraryManifest, name: str) -> bool:
    """Whether the library's file ``name`` is there with the sha256 that the manifest gives it."""
    try:
        return sha256_of(folder / name) == manifest.files[name]
    except BundleError:
        return False


def read_descriptors(folder: Path, manifest: LibraryManifest) -> Vectors:
    """Descriptors (N, D) of the stills, read from the disk as they are needed.

    Raises:
        LibraryError: the file cannot be read, or is not of N stills.
    """
    path = folder / manifest.descriptors_file
    try:
        descriptors: Vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise LibraryError(f"{path} cannot be read ({error}); remove the library and build it again") from error
    if descriptors.ndim != 2 or descriptors.dtype != np.float32 or len(descriptors) != len(manifest.stills):
        raise LibraryError(f"{path} does not hold a descriptor for each still; remove the library and build it again")
    return descriptors


def still_path(folder: Path, manifest: LibraryManifest, entry: StillEntry) -> Path:
    """Where a still of the library in ``folder`` lies now."""
    return Path(os.path.normpath(folder / manifest.stills_folder)) / entry.path


def is_unchanged(path: Path, entry: StillEntry) -> bool:
    """Whether the file has the size and the time of change that it had; False when it is not there."""
    try:
        facts = path.stat()
    except OSError:
        return False
    return (facts.st_size, facts.st_mtime_ns) == (entry.bytes, entry.modified)


def _changed(path: Path, entry: StillEntry) -> str | None:
    """Why the still is not what was described, or None. A file that was copied or touched is read again."""
    if is_unchanged(path, entry):
        return None
    try:
        same = read_still(path).digest == entry.digest
    except TinctError as error:
        return str(error)
    return None if same else f"The still {path} is another picture than when the library was built; build it again."
