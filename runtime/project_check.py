"""Everything that would keep a project from being rendered, found before hours are spent."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import FrameRangeError, MediaError, MediaNotFoundError, StillError, TinctError
from tinct.runtime.media import PlateInfo, open_plate, open_writer, read_still
from tinct.runtime.media.codecs import MOVIE_SUFFIXES, find_codec
from tinct.runtime.media.frame_range import format_frames
from tinct.runtime.media.framing import Framing
from tinct.runtime.project import Project, ProjectShot, ProjectStill, read_record, shot_request, shot_state
from tinct.runtime.project.render_record import RENDERED, is_own_result
from tinct.runtime.run.mask import Mask
from tinct.runtime.run.request import ColorizeRequest
from tinct.runtime.run.request_checks import check_hint_places, check_names
from tinct.runtime.worker.colorize_call import parse_request
from tinct.runtime.worker.fields import Fields

_MOVIE_BYTES = {
    "prores_422hq": 0.5, "prores_4444": 0.75, "dnxhr_hqx": 0.6, "ffv1": 3.0, "h264": 0.3, "h265": 0.2,
}  # fmt: skip
"""Bytes a pixel that results took at most, by codec."""
_PICTURE_BYTES = {".exr": 6.0, ".dpx": 4.0, ".tif": 6.0, ".tiff": 6.0, ".png": 6.0}
"""Bytes a pixel of a result without compression; deep ones."""
_PASS_BYTES = 6.0


class Problem(NamedTuple):
    """What is wrong, and where: the name of the ``shot``, empty for the project itself."""

    shot: str
    message: str

    def __str__(self) -> str:
        return f"{self.shot}: {self.message}" if self.shot else self.message


def find_problems(project: Project) -> list[Problem]:
    """Everything that is wrong with ``project``: of all its shots media, frames, stills, hints, masks, parameters and
    places of results, and the room on the disk for those that are not rendered. Each plate and each still is read once.
    """
    return list(_Check(project).problems())


class _Check:
    """One look at a project; what was read is kept for the shots that follow."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._plates: dict[str, PlateInfo | TinctError] = {}
        self._stills: dict[tuple[str, Framing], TinctError | None] = {}
        self._models: dict[str, TinctError | None] = {}
        self._wanted = 0.0

    def problems(self) -> Iterator[Problem]:
        project = self._project
        if not project.shots:
            yield Problem("", "the project has no shots; add some with tinct project import, or make a new one")
        if project.library is not None and not Path(project.library).is_dir():
            yield Problem("", f"there is no library {project.library}; build it, or relink the project")
        for shot in project.shots:
            for message in self._shot(shot):
                yield Problem(shot.name, message)
        yield from self._room()

    def _shot(self, shot: ProjectShot) -> Iterator[str]:
        info = self._plate(shot.source)
        cut = None
        if isinstance(info, TinctError):
            yield str(info)
        else:
            cut = _cut(info, shot)
            yield from _frames_outside(info, shot)
        yield from _stills_outside(shot)
        for still in shot.stills:
            yield from self._still(still, info if isinstance(info, PlateInfo) else None)
        if not shot.stills:
            yield "it has no still; give it one that shows its colours"
            return
        request = parse_request(Fields(shot_request(self._project, shot, overwrite=True)))
        yield from self._parameters(request)
        if cut is not None:
            yield from _picture_problems(request, cut)
            yield from self._result(shot, request, cut)

    def _plate(self, source: str) -> PlateInfo | TinctError:
        if source not in self._plates:
            try:
                with open_plate(Path(source)) as plate:
                    self._plates[source] = plate.info
            except FrameRangeError:
                self._plates[source] = _with_holes(Path(source))
            except TinctError as error:
                self._plates[source] = error
        return self._plates[source]

    def _still(self, still: ProjectStill, info: PlateInfo | None) -> Iterator[str]:
        key = (still.path, Framing(still.crop, still.turn))
        if key not in self._stills:
            self._stills[key] = _error_of(lambda: read_still(still.path, framing=key[1]), (StillError, MediaError))
        error = self._stills[key]
        if error is not None:
            yield str(error)
        if info is not None and still.frame is not None and not info.frames[0] <= still.frame <= info.frames[-1]:
            yield (
                f"the still {still.path} is in force from frame {still.frame}, outside the plate, which has "
                f"{info.frames[0]} to {info.frames[-1]}"
            )

    def _parameters(self, request: ColorizeRequest) -> Iterator[str]:
        for error in (_error_of(lambda: check_names(request)), _error_of(request.spaces.open)):
            if error is not None:
                yield str(error)
        if request.model not in self._models:
            self._models[request.model] = _error_of(lambda: find_bundle(request.model))
        error = self._models[request.model]
        if error is not None:
            yield str(error)

    def _result(self, shot: ProjectShot, request: ColorizeRequest, cut: PlateInfo) -> Iterator[str]:
        record = read_record(self._project, shot)
        if shot_state(self._project, shot, record) == RENDERED:
            return
        own = is_own_result(self._project, shot, record)
        output = Path(request.output)

        def open_and_close() -> None:
            with open_writer(output, cut, codec=request.codec, overwrite=own):
                pass

        error = _error_of(open_and_close)
        if error is not None:
            yield str(error)
        else:
            self._wanted += _bytes_of(output, request, cut)

    def _room(self) -> Iterator[Problem]:
        folder = Path(self._project.output.folder)
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        if self._wanted > free:
            yield Problem(
                "",
                f"the results may take {self._wanted / 1e9:.1f} GB, and {folder} has {free / 1e9:.1f} GB free; make "
                "room or name another output folder",
            )


def _error_of(work: Callable[[], object], kinds: tuple[type[TinctError], ...] = (TinctError,)) -> TinctError | None:
    try:
        work()
    except kinds as error:
        return error
    return None


def _with_holes(path: Path) -> PlateInfo | TinctError:
    """The description of a sequence with holes, as far as it is there."""
    from tinct.runtime.media.sequence_pattern import find_pattern, parse_pattern

    try:
        pattern = find_pattern(path) if path.is_dir() else parse_pattern(path)
        if pattern is None:
            return MediaNotFoundError(f"There is no file or folder {path}; check the path.")
        with open_plate(path, frames=format_frames(pattern.numbers(), most=1 << 20)) as plate:
            return plate.info
    except TinctError as error:
        return error


def _cut(info: PlateInfo, shot: ProjectShot) -> PlateInfo | None:
    first, last = shot.rendered_range
    inside = [number for number in info.frames if first <= number <= last]
    return info.cut(inside) if len(inside) == last - first + 1 else None


def _frames_outside(info: PlateInfo, shot: ProjectShot) -> Iterator[str]:
    first, last = shot.rendered_range
    known = frozenset(info.frames)
    missing = [number for number in range(first, last + 1) if number not in known]
    if missing:
        handles = " with its handles" if shot.handle_in or shot.handle_out else ""
        yield (
            f"it spans the frames {first} to {last}{handles}, and {info.path} lacks {format_frames(missing)}; the "
            f"plate has {format_frames(info.frames)}"
        )
    for hint in shot.hints:
        if not first <= hint.frame <= last:
            yield f"the hint {hint.frame},{hint.x:g},{hint.y:g} is for a frame outside of it ({first} to {last})"


def _stills_outside(shot: ProjectShot) -> Iterator[str]:
    """Stills that no frame of the shot is coloured from, and frames before all of them."""
    first, last = shot.rendered_range
    for still in shot.stills:
        if still.frame is not None and still.frame > last:
            yield f"the still {still.path} is in force from frame {still.frame}, after its last, {last}"
    starts = [still.frame for still in shot.stills]
    if starts and None not in starts:
        begin = min(frame for frame in starts if frame is not None)
        if begin > shot.first:
            yield f"its frames {first} to {min(begin - 1, last)} lie before its first still and stay grey"


def _picture_problems(request: ColorizeRequest, cut: PlateInfo) -> Iterator[str]:
    error = _error_of(lambda: check_hint_places(request, cut))
    if error is not None:
        yield str(error)
    if request.mask is not None:
        mask = Path(request.mask)
        error = _error_of(lambda: Mask(mask, cut).close())
        if error is not None:
            yield str(error)


def _bytes_of(output: Path, request: ColorizeRequest, cut: PlateInfo) -> float:
    """About what the result takes on disk, rather more than less."""
    suffix = output.suffix.lower()
    if suffix in MOVIE_SUFFIXES:
        pixel = _MOVIE_BYTES.get(find_codec(output, request.codec).name, 1.0)
    else:
        pixel = _PICTURE_BYTES.get(suffix, 6.0)
    return (pixel + _PASS_BYTES * len(request.passes)) * cut.width * cut.height * len(cut.frames)
