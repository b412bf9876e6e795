"""Which reader or writer a path gets."""

from collections.abc import Sequence
from pathlib import Path

from tinct.runtime.errors import MediaNotFoundError, UsageError
from tinct.runtime.media.base import Piece, PlateReader, ResultWriter
from tinct.runtime.media.codecs import MOVIE_SUFFIXES
from tinct.runtime.media.plate import PlateInfo
from tinct.runtime.media.sequence_pattern import IMAGE_SUFFIXES, find_pattern, number_in_name, parse_pattern
from tinct.runtime.media.staging import StagingFolder


def open_plate(path: str | Path, *, frames: str | None = None, first_frame: int | None = None) -> PlateReader:
    """Open a plate: a movie, a sequence (``shot.%04d.exr``, ``shot.####.dpx``), a folder with one, or one image.

    ``frames`` limits it, for example ``1001-1100``, ``1001-1100x2`` or ``1-10,20``. ``first_frame`` is the number of a
    movie's first picture (0 unless told); sequences carry their own numbers.

    Raises:
        MediaNotFoundError: nothing there.
        MediaError: it cannot be read.
        FrameRangeError: frames that the plate lacks, or holes in a sequence.
        UsageError: ``first_frame`` with a sequence.
    """
    path = Path(path)
    pattern = find_pattern(path) if path.is_dir() else parse_pattern(path)
    single = path.suffix.lower() in IMAGE_SUFFIXES
    if pattern is None and not path.exists():
        raise MediaNotFoundError(f"There is no file or folder {path}; check the path.")
    if pattern is None and not single:
        from tinct.runtime.media.reader_movie import MovieReader

        return MovieReader(path, frames=frames, first_frame=first_frame or 0)
    from tinct.runtime.media.reader_sequence import SequenceReader

    if first_frame is not None:
        raise UsageError(f"{path} has frame numbers in its file names; leave the first frame out, it is for movies.")
    if pattern is not None:
        return SequenceReader.of_pattern(pattern, frames=frames)
    return SequenceReader.of_file(path, number=number_in_name(path) or 0, frames=frames)


def open_writer(
    path: str | Path,
    info: PlateInfo,
    *,
    codec: str | None = None,
    overwrite: bool = False,
    staging: StagingFolder | None = None,
    done: Sequence[Piece] = (),
) -> ResultWriter:
    """Open a writer for the frames in ``info.frames``: a movie, a sequence, a folder, or one image for one frame.

    ``info`` is the plate's description, cut to the frames that will be written (`PlateInfo.cut`). ``codec`` is one of
    ``CODECS`` and for movies only. ``staging``: where the result is made, if its owner keeps it beyond this writer
    (`staging_place`); ``done``: pieces that an earlier writer settled there, after which this one goes on.

    Raises:
        UnknownNameError: no codec of that name.
        UsageError: the path's format is not written, or does not go with codec, size or audio.
        OutputExistsError: the output is there already (without ``overwrite``), or is the plate.
        OutputError: not writable.
    """
    path = Path(path)
    if path.suffix.lower() in MOVIE_SUFFIXES and not path.is_dir():
        from tinct.runtime.media.writer_movie import MovieWriter

        return MovieWriter(path, info, codec=codec, overwrite=overwrite, staging=staging, done=done)
    from tinct.runtime.media.writer_sequence import OUTPUT_SUFFIXES, SequenceWriter, output_files

    if codec is not None:
        raise UsageError(
            f"{path} is not a movie, so it takes no codec; name a file ending in {', '.join(MOVIE_SUFFIXES)}."
        )
    if path.suffix and not path.is_dir() and path.suffix.lower() not in OUTPUT_SUFFIXES:
        known = ", ".join((*MOVIE_SUFFIXES, *OUTPUT_SUFFIXES))
        raise UsageError(f"{path}: Tinct does not write {path.suffix} files; use one of {known}.")
    return SequenceWriter(output_files(path, info), info, overwrite=overwrite, staging=staging, done=done)


def staging_place(path: str | Path, info: PlateInfo) -> tuple[Path, str]:
    """Return where the work on the output ``path`` lies: a folder, and the name of the hidden folder in it.

    Sequences have the range in the name, so that two machines can each write a part of one sequence.
    """
    path = Path(path)
    span = f"{info.frames[0]}-{info.frames[-1]}"
    if path.suffix.lower() in MOVIE_SUFFIXES and not path.is_dir():
        return path.parent, f".tinct-{path.name}"
    pattern = parse_pattern(path)
    if pattern is not None:
        return pattern.folder, f".tinct-{pattern.prefix}{span}{pattern.suffix}"
    if path.is_dir() or not path.suffix:
        return path, f".tinct-{span}"
    return path.parent, f".tinct-{path.name}"
