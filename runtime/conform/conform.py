"""Conforms a timeline: finds each clip's plate, and the frames of it that the clip shows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from tinct.runtime.conform.media_index import MediaIndex
from tinct.runtime.conform.plates import read_plate
from tinct.runtime.conform.timeline import Timeline, TimelineClip
from tinct.runtime.errors import MediaError, ProjectError, TinctError
from tinct.runtime.media import PlateInfo
from tinct.runtime.project import Project, ProjectShot, new_id, unique_name
from tinct.runtime.shots.shot import UNKNOWN_RATE, PlateStart

NAMED = 20
"""Refused clips that a message names."""


@dataclass(frozen=True)
class Conformed:
    """The ``shots`` of a timeline; ``refused``: its clips that are none, each by name with the reason."""

    shots: tuple[ProjectShot, ...]
    refused: tuple[str, ...]
    rate: Fraction | None

    def added_to(self, project: Project) -> Project:
        """``project`` with these shots too, and the timeline's rate where it has none."""
        rate = project.rate or (None if self.rate is None else str(self.rate))
        return replace(project, rate=rate).with_shots(self.shots)


def conform(
    timeline: Timeline, media: MediaIndex, *, handles: int = 0, skip: bool = False, taken: Iterable[str] = ()
) -> Conformed:
    """The shots of ``timeline``.

    Args:
        timeline: its clips.
        media: where their media is looked for.
        handles: frames before and after each, as far as the plate has them.
        skip: leave out what cannot be a shot.
        taken: names that other shots have.

    Raises:
        ProjectError: clips that cannot be shots, each named with the reason, without ``skip``; or there is no shot.
    """
    plates: dict[Path, PlateInfo] = {}
    names = list(taken)
    shots: list[ProjectShot] = []
    refused = list(timeline.refused)
    for clip in timeline.clips:
        try:
            path = media.find(clip.media)
            if path not in plates:
                plates[path] = read_plate(path)
            shot = _shot(clip, path, plates[path], handles, unique_name(clip_name(clip), names))
        except TinctError as error:
            refused.append(f"{clip.name}: {error}")
            continue
        names.append(shot.name)
        shots.append(shot)
    if refused and not skip:
        more = f"; and {len(refused) - NAMED} more" if len(refused) > NAMED else ""
        raise ProjectError(
            f"{len(refused)} clips of {timeline.path} cannot be shots; mend that, or leave them out (--skip): "
            f"{'; '.join(refused[:NAMED])}{more}"
        )
    if not shots:
        raise ProjectError(f"{timeline.path} has no clip that can be a shot")
    return Conformed(tuple(shots), tuple(refused), timeline.rate)


def clip_name(clip: TimelineClip) -> str:
    """The name of its shot: without a file's ending."""
    name = clip.name
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and 2 <= len(ending) <= 5 and ending.isalnum() and not ending.isdigit() else name


def first_frame(clip: TimelineClip, info: PlateInfo) -> int:
    """The plate's own number of the clip's first frame.

    By timecode where timeline and plate have one; else counted from the start of the media, or as the plate's own
    numbers where the timeline does not say where that starts.

    Raises:
        MediaError: the timeline counts frames at another rate than the plate has.
    """
    rate = info.frame_rate or clip.rate or UNKNOWN_RATE
    if round(rate) != round(clip.rate):
        raise MediaError(
            f"the timeline counts it at {float(clip.rate):g} frames a second and {info.path} has {float(rate):g}; make "
            "the timeline at the plate's rate, or name an EDL's (--rate)"
        )
    by_start = clip.media_start is not None and (clip.media_start == 0 or info.timecode is None)
    if by_start:
        assert clip.media_start is not None, "see above"
        return info.frames[0] + clip.start - clip.media_start
    return PlateStart(info.frames[0], info.timecode, rate).frame_of(clip.start)


def _shot(clip: TimelineClip, path: Path, info: PlateInfo, handles: int, name: str) -> ProjectShot:
    first = first_frame(clip, info)
    last = first + clip.frames - 1
    low, high = info.frames[0], info.frames[-1]
    if not low <= first <= last <= high:
        raise MediaError(
            f"it shows the frames {first} to {last} of {path}, which has {low} to {high}"
            + (f" (timecode from {info.timecode})" if info.timecode else "")
            + "; is it the plate that was edited?"
        )
    return ProjectShot(
        new_id(),
        name,
        str(path),
        first,
        last,
        handle_in=min(handles, first - low),
        handle_out=min(handles, high - last),
        note=clip.note,
    )
