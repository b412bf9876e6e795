"""Imports movies, picture sequences and photographs into a data set of single shots, and makes one again."""

import logging
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from tinct.training.data.clip_store import DataSetError
from tinct.training.data.layouts.base import Source, pictures
from tinct.training.data.manifest import Row, append_journal, digest, read_progress, write_manifest
from tinct.training.data.shot_writer import PART, ShotWriter, write_photo
from tinct.training.data.source_frames import read_frames
from tinct.training.data.source_rows import CLIPS, PHOTOS, ImportConfig, source_row, source_rows
from tinct.training.data.splitting import Splitter, create_splitter

LOG = logging.getLogger(__name__)
UNREADABLE = "unreadable"
MOST_LISTED = 20

Progress = Callable[[int, int, str], None]
"""Called before each source with its number from 1, the number of sources, and its path."""


def import_sources(
    sources: Sequence[Source], output: Path, config: ImportConfig, *, progress: Progress | None = None
) -> tuple[Row, ...]:
    """Make the shots of ``sources`` in the folder ``output`` and its manifest; return the rows of these sources.

    What an earlier import made is not made again, so an import that was stopped goes on when it is called again. A
    source that cannot be read gets a row that says why.

    Raises:
        DataSetError: a source was imported to ``output`` with other settings or has changed since, or nothing could be
            imported.
        ChoiceError: no way to split of that name.
    """
    splitters = {name: create_splitter(name) for name in {config.split, "none"}}
    known = _prepare(output)
    made: list[Row] = []
    for source in _announced(sources, progress):
        splitter = splitters["none" if source.one_shot or source.kind == "photo" else config.split]
        rows = _import(source, output, config, splitter, known.get(source.path, []))
        known[source.path] = rows
        made += rows
    write_manifest(output, [row for rows in known.values() for row in rows])
    if not any(row.file for row in made):
        raise DataSetError(f"nothing was imported: {_some([f'{row.source}: {row.reason}' for row in made])}")
    return tuple(made)


def recreate(
    rows: Sequence[Row], roots: Sequence[Path], output: Path, *, progress: Progress | None = None
) -> tuple[Row, ...]:
    """Make the data set of a manifest's ``rows`` in ``output`` again, from the sources under ``roots``; return the rows
    of its files. Files that are there are not made again.

    Raises:
        DataSetError: sources are missing, are not those that the rows were made of, or cannot be read.
    """
    kept: dict[str, list[Row]] = {}
    for row in rows:
        if row.file:
            kept.setdefault(row.source, []).append(row)
    if not kept:
        raise DataSetError("the manifest names no shot and no photograph")
    sources = _sources_of({path: group[0] for path, group in kept.items()}, roots)
    _prepare(output)
    for source in _announced(sources, progress):
        try:
            _write(source, kept[source.path], output)
        except DataSetError as error:
            raise DataSetError(f"{source.path}: {error}") from error
    write_manifest(output, rows)
    return tuple(row for group in kept.values() for row in group)


def _prepare(output: Path) -> dict[str, list[Row]]:
    """Make the folders of a data set, remove what a killed import left half-written; the rows of each source so far."""
    for name in (CLIPS, PHOTOS):
        (output / name).mkdir(parents=True, exist_ok=True)
    for leftover in output.rglob(f".*{PART}"):
        leftover.unlink()
    known: dict[str, list[Row]] = {}
    for row in read_progress(output):
        known.setdefault(row.source, []).append(row)
    return known


def _announced(sources: Sequence[Source], progress: Progress | None) -> Iterator[Source]:
    for number, source in enumerate(sources, start=1):
        if progress:
            progress(number, len(sources), source.path)
        yield source


def _import(source: Source, output: Path, config: ImportConfig, splitter: Splitter, known: list[Row]) -> list[Row]:
    """The rows of one source, whose files are there afterwards; ``known``: its rows of an earlier import."""
    bare = source_row(source, config, splitter)
    try:
        sha256 = digest(source.files)
        if any(row.sha256 for row in known):  # what could not be read is tried again
            _check_known(source, sha256, bare, known, output)
            rows = known
        else:
            rows = source_rows(source, sha256, config, splitter)
            append_journal(output, rows)
        _write(source, [row for row in rows if row.file], output)
    except (_SettingsError, OSError):
        raise
    except DataSetError as error:
        LOG.warning("%s is left out: %s", source.path, error)
        return [source_row(source, config, splitter, reason=f"{UNREADABLE}: {error}")]
    return rows


class _SettingsError(DataSetError):
    """A source was imported before, but not so."""


def _check_known(source: Source, sha256: str, bare: Row, known: Sequence[Row], output: Path) -> None:
    before = known[0]
    if before.sha256 != sha256:
        raise _SettingsError(f"{source.path} has changed since it was imported to {output}; import to another folder")
    for name, now, then in zip(("split", "filters", "encoding"), bare.settings, before.settings, strict=True):
        if now != then:
            what = f"{name} {then!r}, not {now!r}"
            raise _SettingsError(f"{source.path} was imported to {output} with {what}; import to another folder")


def _write(source: Source, rows: Sequence[Row], output: Path) -> None:
    """Make the files of ``rows`` that are not there; one pass over the source."""
    missing = sorted((row for row in rows if not (output / row.file).exists()), key=lambda row: row.first or 0)
    if not missing:
        return
    frames = enumerate(read_frames(source))
    for row in missing:
        window = (row.crop_top or 0, row.crop_left or 0, row.crop_height or 0, row.crop_width or 0)
        size = (row.height or 0, row.width or 0)
        if row.kind == "photo":
            write_photo(output / row.file, next(frames)[1], window=window, size=size)
            continue
        with ShotWriter(output / row.file, window=window, size=size, rate=Fraction(row.rate)) as writer:
            for number, frame in frames:
                if number >= (row.first or 0):
                    writer.write(frame)
                if number == row.last:
                    break
            else:
                raise DataSetError(f"it ends before frame {row.last}")


def _sources_of(rows: dict[str, Row], roots: Sequence[Path]) -> list[Source]:
    """The sources that a manifest names, where they lie now."""
    sources, missing = [], []
    for path, row in rows.items():
        files = next(filter(None, (_files(root, row) for root in roots)), ())
        if files:
            sources.append(Source(path, files, row.layout, row.kind))
        else:
            missing.append(path)
    where = ", ".join(str(root) for root in roots)
    if missing:
        raise DataSetError(f"{len(missing)} of {len(rows)} sources are not under {where}: {_some(missing)}")
    changed = [source.path for source in sources if digest(source.files) != rows[source.path].sha256]
    if changed:
        what = f"{len(changed)} of {len(rows)} sources under {where} are not those the manifest was made of"
        raise DataSetError(f"{what} (another SHA-256): {_some(changed)}")
    return sources


def _files(root: Path, row: Row) -> tuple[Path, ...]:
    """The files of a row's source; ``root`` holds the folder that was imported, or is that folder."""
    for path in (root / row.source, root / row.source.partition("/")[2]):
        if row.kind == "sequence" and path.is_dir():
            return tuple(pictures(path))
        if row.kind != "sequence" and path.is_file():
            return (path,)
    return ()


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more
