"""Building a library: stills are read, described and indexed; those that a library knows are not described again."""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinct.runtime.backends.base import Backend
from tinct.runtime.backends.threads import usable_cores
from tinct.runtime.bank import still_lightness
from tinct.runtime.bundle import sha256_of
from tinct.runtime.errors import (
    LibraryError,
    MediaNotFoundError,
    OutputError,
    OutputExistsError,
    StillError,
    TinctError,
)
from tinct.runtime.library.description import Image, describe, view_of
from tinct.runtime.library.faiss_index import Vectors, build_index, load_faiss
from tinct.runtime.library.manifest import MANIFEST_NAME, LibraryManifest, StillEntry, read_manifest, write_manifest
from tinct.runtime.library.search import AUTO, choose_kind, measure_recall
from tinct.runtime.library.still_library import is_unchanged, is_whole, read_descriptors, require_model
from tinct.runtime.media import read_still
from tinct.runtime.media.sequence_pattern import IMAGE_SUFFIXES
from tinct.runtime.run.stages import Stage, Stages

ProgressCall = Callable[[int, int], None]
"""Called with how many pictures were looked at, and how many there are."""


@dataclass(frozen=True)
class Skipped:
    """A picture that did not become a still of the library, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class BuildReport:
    """A built library: of its stills ``described`` were described now and ``kept`` were known; ``gone`` ones it had
    before are not there any more."""

    folder: Path
    manifest: LibraryManifest
    described: int
    kept: int
    gone: int
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, eq=False)
class _Read:
    """A picture that was looked at: ``entry``, and its descriptor if it is known, else the ``view`` to describe."""

    entry: StillEntry
    descriptor: Image | None = None
    view: Image | None = None


def build_library(
    stills: Path, output: Path, backend: Backend, *, index: str = AUTO, progress: ProgressCall | None = None
) -> BuildReport:
    """Describe every picture under the folder ``stills`` and write the library ``output``, or bring it up to date.

    Pictures that cannot be used as stills (grey, broken, the same pixels as another) are skipped. A library that is
    there stays as it was until the new one is complete.

    Raises:
        MediaNotFoundError: no folder ``stills``, or no pictures in it.
        StillError: none of the pictures can be used.
        OutputExistsError: ``output`` is something else than a library.
        LibraryError: ``output`` is a library of another model or of a newer schema.
        UsageError: an unknown index, too few stills for it, or FAISS is missing.
        BackendError: the model has no descriptor graph, or it failed.
        OutputError: the library cannot be written.
    """
    load_faiss()
    choose_kind(index, 1)
    known = _known_of(output, stills, backend)
    paths = _pictures(stills)
    found, described, skipped = _gather(paths, stills, known, backend, progress)
    if not found:
        raise StillError(
            f"None of the {len(paths)} pictures in {stills} can be a still; of the first: {skipped[0].reason}"
        )
    entries, kind = tuple(found), choose_kind(index, len(found))
    if known.holds(entries, kind):
        assert known.manifest is not None
        return BuildReport(output, known.manifest, 0, len(entries), 0, skipped)
    manifest = _write(output, stills, entries, np.stack(list(found.values())), backend, kind)
    gone = len(set(known.entries) - {entry.path for entry in entries})
    return BuildReport(output, manifest, described, len(entries) - described, gone, skipped)


def _gather(
    paths: Sequence[Path], stills: Path, known: "_Known", backend: Backend, progress: ProgressCall | None
) -> tuple[dict[StillEntry, Image], int, tuple[Skipped, ...]]:
    """The stills with their descriptors, how many were described now, and what was skipped."""
    found: dict[StillEntry, Image] = {}
    first: dict[str, str] = {}
    skipped: list[Skipped] = []
    described = 0
    read = Stage("read", lambda path: _read(path, stills, known, backend))
    with Stages(paths, [read], source_name="list") as stream:
        for done, one in enumerate(stream, start=1):
            if isinstance(one, Skipped):
                skipped.append(one)
            elif one.entry.digest in first:
                skipped.append(Skipped(stills / one.entry.path, f"The same picture as {first[one.entry.digest]}."))
            else:
                first[one.entry.digest] = one.entry.path
                described += one.descriptor is None
                found[one.entry] = describe(one.view, backend) if one.descriptor is None else one.descriptor
            if progress is not None:
                progress(done, len(paths))
    return found, described, tuple(skipped)


@dataclass(frozen=True, eq=False)
class _Known:
    """What a library that is there knows: its stills by path, and its descriptors by the digest of the pixels.

    ``in_place``: the stills lie where they lay; only then do a file's size and time say that it is unchanged.
    """

    entries: dict[str, StillEntry] = field(default_factory=dict)
    descriptors: dict[str, Image] = field(default_factory=dict)
    in_place: bool = False
    manifest: LibraryManifest | None = None
    is_whole: bool = False

    def holds(self, entries: tuple[StillEntry, ...], kind: str) -> bool:
        """Whether the library is already the one of these stills with this kind of index."""
        now = self.manifest
        return self.in_place and self.is_whole and now is not None and (now.stills, now.index) == (entries, kind)


def _known_of(output: Path, stills: Path, backend: Backend) -> _Known:
    """What the library ``output`` knows; of none, nothing.

    Raises:
        OutputExistsError: ``output`` is something else.
        LibraryError: it is of another model, or broken.
        BackendError: the model has no descriptor graph.
    """
    if not os.path.lexists(output) or (output.is_dir() and not any(output.iterdir())):
        _ = backend.descriptor_identity  # a model that cannot describe is found out before work begins
        return _Known()
    if not (output / MANIFEST_NAME).is_file():
        raise OutputExistsError(f"{output} is there already and is no library of stills; give a new folder")
    manifest = read_manifest(output)
    require_model(output, manifest, backend)
    if not is_whole(output, manifest, manifest.descriptors_file):
        raise LibraryError(
            f"{output / manifest.descriptors_file} is not what the manifest says; remove the library and build it again"
        )
    rows = np.array(read_descriptors(output, manifest))
    return _Known(
        {entry.path: entry for entry in manifest.stills},
        {entry.digest: row for entry, row in zip(manifest.stills, rows, strict=True)},
        os.path.realpath(output / manifest.stills_folder) == os.path.realpath(stills),
        manifest,
        is_whole(output, manifest, manifest.index_file),
    )


def _pictures(folder: Path) -> list[Path]:
    """Every picture under ``folder`` in order; hidden files and folders are left out."""
    if not folder.is_dir():
        raise MediaNotFoundError(f"There is no folder {folder}; name a folder of colour stills.")
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not path.is_dir()
    )
    if not paths:
        raise MediaNotFoundError(f"There are no pictures in {folder}; put colour stills there.")
    return paths


def _read(path: Path, folder: Path, known: _Known, backend: Backend) -> _Read | Skipped:
    """Look at one picture; it is only decoded when it is not known."""
    name = path.relative_to(folder).as_posix()
    entry = known.entries.get(name)
    if known.in_place and entry is not None and is_unchanged(path, entry):
        return _Read(entry, known.descriptors[entry.digest])
    try:
        facts = path.stat()
        still = read_still(path)
    except TinctError as error:
        return Skipped(path, str(error))
    except OSError as error:
        return Skipped(path, f"{path} cannot be read: {error.strerror}.")
    height, width = still.rgb.shape[:2]
    entry = StillEntry(name, still.digest, width, height, facts.st_size, facts.st_mtime_ns)
    if still.digest in known.descriptors:
        return _Read(entry, known.descriptors[still.digest])
    return _Read(entry, view=view_of(still_lightness(still.rgb), backend.bundle.manifest))


def _write(
    output: Path, stills: Path, entries: tuple[StillEntry, ...], descriptors: Vectors, backend: Backend, kind: str
) -> LibraryManifest:
    """Index the descriptors and write all files; the new manifest takes the old one's place last."""
    index = build_index(kind, descriptors, threads=backend.threads or usable_cores())
    recall = measure_recall(index, descriptors)
    token = secrets.token_hex(6)
    names = (f"index-{token}.faiss", f"descriptors-{token}.npy")
    with _kept_or_removed(output, names):
        index.write(output / names[0])
        with (output / names[0]).open("rb") as written:
            os.fsync(written.fileno())
        with (output / names[1]).open("wb") as stream:
            np.save(stream, descriptors, allow_pickle=False)
            stream.flush()
            os.fsync(stream.fileno())
        manifest = LibraryManifest(
            model=backend.bundle.manifest.identity,
            descriptor=backend.descriptor_identity,
            stills_folder=os.path.relpath(os.path.realpath(stills), os.path.realpath(output)),
            index=kind,
            parameters=dict(index.parameters),
            index_file=names[0],
            descriptors_file=names[1],
            files={name: sha256_of(output / name) for name in names},
            stills=entries,
            recall=recall,
        )
        write_manifest(output, manifest)
    for pattern in ("index-*.faiss", "descriptors-*.npy"):  # those of the library that was there before
        for path in output.glob(pattern):
            if path.name not in names:
                path.unlink(missing_ok=True)
    return manifest


@contextmanager
def _kept_or_removed(output: Path, names: tuple[str, ...]) -> Iterator[None]:
    """Make the folder ``output`` where it is missing; on an error remove the files ``names`` and what was made."""
    made = not output.exists()
    try:
        output.mkdir(exist_ok=True)
        yield
    except BaseException as error:
        for name in names:
            (output / name).unlink(missing_ok=True)
        if made and output.is_dir():
            output.rmdir()
        if isinstance(error, OSError):
            raise OutputError(f"{output} cannot be written: {error.strerror}; check the folder and disk") from error
        raise
