"""A project's shots as a timeline for editing and grading programs: OpenTimelineIO (which it needs) or EDL."""

from fractions import Fraction
from pathlib import Path
from typing import Any

from tinct.runtime.conform.edl_export import PLATE, RESULT, format_edl, plate_of
from tinct.runtime.errors import OutputError, OutputExistsError, UnknownNameError, UsageError
from tinct.runtime.media import PlateInfo
from tinct.runtime.project import Project, ProjectShot
from tinct.runtime.project.whole_file import write_whole
from tinct.runtime.shots.otio_timeline import KEY, load_otio
from tinct.runtime.shots.shot import UNKNOWN_RATE, PlateStart

SUFFIXES = (".otio", ".edl")


def export_timeline(project: Project, path: Path, *, media: str = PLATE, overwrite: bool = False) -> None:
    """Write one track with a clip a shot, in the project's order, to ``path``. Each clip has two media, called `PLATE`
    and `RESULT`, of which it shows ``media``; in an EDL it has that one alone.

    Raises:
        UsageError: another extension, or OpenTimelineIO is missing.
        UnknownNameError: ``media`` is neither of the two.
        OutputExistsError: it is there already.
        OutputError: it cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: an exported timeline ends in {' or '.join(SUFFIXES)}")
    if media not in (PLATE, RESULT):
        raise UnknownNameError(f"no media called {media!r}: a clip has {PLATE} and {RESULT}")
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} is there already; add --overwrite or name another")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path} cannot be written: name a file in a folder that exists")
    text = format_edl(project, media) if suffix == ".edl" else _format_otio(project, media)
    write_whole(str(path), text.encode("utf-8", "surrogateescape"))


def _format_otio(project: Project, media: str) -> str:
    otio = load_otio()
    track = otio.schema.Track(name="shots", kind=otio.schema.TrackKind.Video)
    plates: dict[str, PlateInfo | None] = {}
    for shot in project.shots:
        if shot.source not in plates:
            plates[shot.source] = plate_of(shot.source)
        track.append(_clip(otio, project, shot, plates[shot.source], media))
    timeline = otio.schema.Timeline(name=project.name)
    timeline.metadata[KEY] = {"project": project.name, "rate": project.rate or ""}
    timeline.tracks.append(track)
    return str(otio.adapters.write_to_string(timeline, "otio_json")) + "\n"


def _clip(otio: Any, project: Project, shot: ProjectShot, info: PlateInfo | None, media: str) -> Any:
    rate = (info.frame_rate if info is not None else None) or Fraction(project.rate or UNKNOWN_RATE)
    start = PlateStart(info.frames[0], info.timecode, rate) if info is not None else PlateStart(rate=rate)

    def span(first: int, last: int) -> Any:
        begin = otio.opentime.RationalTime(start.count_of(first), float(rate))
        return otio.opentime.TimeRange(begin, otio.opentime.RationalTime(last - first + 1, float(rate)))

    whole = span(info.frames[0], info.frames[-1]) if info is not None else span(*shot.rendered_range)
    clip = otio.schema.Clip(
        name=shot.name,
        source_range=span(shot.first, shot.last),
        metadata={
            KEY: {
                "id": shot.id,
                "first": shot.first,
                "last": shot.last,
                "handles": [shot.handle_in, shot.handle_out],
                "stills": [{"path": still.path, "frame": still.frame, "weight": still.weight} for still in shot.stills],
                "note": shot.note,
            }
        },
    )
    references = {
        PLATE: otio.schema.ExternalReference(target_url=shot.source, available_range=whole),
        RESULT: otio.schema.ExternalReference(
            target_url=project.output.place(shot.name), available_range=span(*shot.rendered_range)
        ),
    }
    for name, reference in references.items():
        reference.name = name
    clip.set_media_references(references, media)
    return clip
