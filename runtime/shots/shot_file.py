"""Lists of shots on disk: OpenTimelineIO, EDL (CMX 3600) or CSV, by the file's extension."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tinct.runtime.errors import MediaNotFoundError, OutputError, OutputExistsError, ShotListError, UsageError
from tinct.runtime.shots import csv_list, edl, otio_timeline
from tinct.runtime.shots.shot import PlateStart, ShotList


class Format(NamedTuple):
    """A file format: ``dump`` makes its text; ``load`` takes the text, its origin for messages, and the plate's
    start."""

    dump: Callable[[ShotList], str]
    load: Callable[[str, str, PlateStart], ShotList]


FORMATS = {
    ".otio": Format(otio_timeline.dump, otio_timeline.load),
    ".edl": Format(edl.dump, edl.load),
    ".csv": Format(csv_list.dump, csv_list.load),
}


def check_shot_file(path: Path, *, overwrite: bool) -> None:
    """Refuse a ``path`` that `write_shots` could not or must not write.

    Raises:
        UsageError: another extension, or a package is missing.
        OutputExistsError: it is there already.
        OutputError: there is no such folder.
    """
    _format_of(path)
    if path.suffix.lower() == ".otio":
        otio_timeline.load_otio()
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} is there already; add --overwrite or name another")
    if not path.absolute().parent.is_dir() or path.is_dir():
        raise OutputError(f"{path} cannot be written: name a file in a folder that exists")


def write_shots(path: Path, shots: ShotList, *, overwrite: bool = False) -> None:
    """Write ``shots`` to ``path``, whole or not at all.

    Raises:
        UsageError: another extension, or OpenTimelineIO is missing.
        OutputExistsError: it is there already.
        OutputError: it cannot be written.
    """
    check_shot_file(path, overwrite=overwrite)
    temporary = path.with_name(f".new-{path.name}")
    try:
        temporary.write_text(_format_of(path).dump(shots), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def read_shots(path: Path, plate: PlateStart | None = None) -> ShotList:
    """Read a list of shots.

    ``plate``: how the plate's frame numbers and timecodes go together; lists of other programs name timecodes alone.
    Without it they are counted as `PlateStart` does for a plate without timecode.

    Raises:
        MediaNotFoundError: no such file.
        UsageError: another extension, or OpenTimelineIO is missing.
        ShotListError: it is no list of shots.
    """
    load = _format_of(path).load
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise MediaNotFoundError(f"there is no list of shots {path}; make one with tinct shots") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ShotListError(f"{path} cannot be read ({error}); give a list of shots") from error
    return load(text, str(path), plate or PlateStart())


def _format_of(path: Path) -> Format:
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"{path}: a list of shots ends in {', '.join(FORMATS)}")
    return form
