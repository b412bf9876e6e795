"""Passes as EXR: layers beside the picture, one file of all passes, or one file a pass."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import UsageError
from tinct.runtime.media.base import Piece, ResultWriter
from tinct.runtime.media.plate import PlateInfo, ResultFrame
from tinct.runtime.media.staging import StagingFolder
from tinct.runtime.media.writer_sequence import SequenceWriter, output_files

PLACE = "{pass}"
"""Stands for a pass's name in the pattern of its files."""


class PassWriter(SequenceWriter):
    """Writes some of the passes that `ResultFrame.passes` carries as 32-bit EXR, and no picture."""

    NAME: ClassVar[str] = "passes"

    def __init__(
        self,
        files: Mapping[int, Path],
        info: PlateInfo,
        names: Sequence[str],
        *,
        overwrite: bool = False,
        staging: StagingFolder | None = None,
        done: Sequence[Piece] = (),
    ) -> None:
        """Prepare to write the passes ``names`` into ``files``; otherwise as `SequenceWriter`."""
        super().__init__(files, info, overwrite=overwrite, staging=staging, done=done)
        self._names = tuple(names)

    def _image(self, frame: ResultFrame) -> tuple[NDArray[Any], tuple[str, ...], tuple[str, ...] | None]:
        if len(self._names) == 1:
            channels = frame.passes[self._names[0]]
            return np.ascontiguousarray(channels.values, np.float32), channels.names, None
        picked = [(name, frame.passes[name]) for name in self._names]
        values = np.concatenate([part.values for _, part in picked], axis=-1).astype(np.float32)
        return values, tuple(f"{name}.{channel}" for name, part in picked for channel in part.names), None


class WriterWithPasses(ResultWriter):
    """Hands each frame to a writer of the picture, without its passes, and to writers of passes."""

    NAME: ClassVar[str] = "with passes"

    def __init__(self, picture: ResultWriter, passes: Sequence[PassWriter]) -> None:
        self._picture = picture
        self._passes = tuple(passes)
        self._writers = (*self._passes, picture)

    def write(self, frame: ResultFrame) -> None:
        """Append ``frame``."""
        self._picture.write(replace(frame, passes={}))
        for writer in self._passes:
            writer.write(frame)

    def settle(self) -> tuple[Piece, ...]:
        """Bring what was written since the last call to disk."""
        return tuple(piece for writer in self._writers for piece in writer.settle())

    def finish(self) -> Mapping[str, Path]:
        """The places of all files, the picture's last."""
        return {name: place for writer in self._writers for name, place in writer.finish().items()}

    def commit(self) -> None:
        """Finish, and give everything its final name; the picture last, so that where it is, its passes are."""
        for writer in self._writers:
            writer.commit()

    def discard(self) -> None:
        """Remove what was written; harmless after `commit` and when called twice."""
        for writer in self._writers:
            writer.discard()


def open_pass_writer(
    picture: ResultWriter,
    names: Sequence[str],
    path: str | None,
    info: PlateInfo,
    *,
    overwrite: bool = False,
    staging: StagingFolder | None = None,
    done: Sequence[Piece] = (),
) -> ResultWriter:
    """Return ``picture``, or a writer that also writes the passes ``names``.

    ``path`` None: the passes become layers of the picture's own EXR files. ``path`` with ``{pass}`` in it: one sequence
    for each pass; without: one sequence that has them all as layers. ``staging`` and ``done`` are the picture's.

    Raises:
        UsageError: the picture is not EXR and ``path`` is missing, or ``path`` does not name EXR files.
        OutputExistsError: files are there already (without ``overwrite``).
        OutputError: not writable.
    """
    if not names:
        if path is not None:
            raise UsageError(f"passes would go to {path}, but none is named; name some (--passes chroma,confidence)")
        return picture
    if path is None:
        if not (isinstance(picture, SequenceWriter) and picture.takes_passes):
            raise UsageError(
                "passes are EXR layers, and the output is not EXR; say where they go, for example "
                "--passes-output passes/{pass}.%04d.exr"
            )
        return picture
    groups = [(name,) for name in names] if PLACE in path else [tuple(names)]
    writers: list[PassWriter] = []
    try:
        for group in groups:
            files = output_files(Path(path.replace(PLACE, group[0])), info)
            if next(iter(files.values())).suffix.lower() != ".exr":
                raise UsageError(f"passes are written as EXR; name files that end in .exr, not {path}")
            if isinstance(picture, SequenceWriter) and set(files.values()) & set(picture.files.values()):
                raise UsageError(f"passes would go into the picture's own files {path}; give them other names")
            writers.append(PassWriter(files, info, group, overwrite=overwrite, staging=staging, done=done))
    except BaseException:
        for writer in writers:
            writer.discard()
        raise
    return WriterWithPasses(picture, writers)
