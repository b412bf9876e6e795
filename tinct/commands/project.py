"""``tinct project``."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tinct.display import Display
    from tinct.runtime.project import Project, ProjectShot
    from tinct.runtime.shots import ShotList

project = typer.Typer(
    name="project",
    help="Keep the shots of a film with their stills in one file, and render them.",
    no_args_is_help=True,
)

NICER = 5
"""By how much a queue is nicer to other processes."""

ProjectFile = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's file.", show_default=False)]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads of the network.", show_default="all cores")]
AsJson = Annotated[bool, typer.Option("--json", help="Write progress and result as JSON lines.")]
Shots = Annotated[
    str | None,
    typer.Option(metavar="LIST|auto", help="Split plates at their cuts: a list, or find them.", show_default="one"),
]
Media = Annotated[
    list[Path] | None,
    typer.Option("--media", metavar="FOLDER", help="Look for media here, and below; may be given again."),
]


@project.command()
def new(
    path: ProjectFile,
    media: Annotated[
        list[str],
        typer.Argument(metavar="MEDIA...", help="Movies, sequences, or folders of them.", show_default=False),
    ],
    shots: Shots = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            "--reference",
            "-r",
            metavar="STILL[@FRAME][=WEIGHT]",
            help="A colour still for every shot, or for the one that FRAME is in; may be given again.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where results go.", show_default="colour")
    ] = None,
    pattern: Annotated[
        str, typer.Option(help="A result's place in it: a movie, or a sequence such as {shot}/{shot}.%04d.exr.")
    ] = "{shot}.mov",
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A parameter of all shots, such as chroma=0.8 or model=lite; may be given again.",
            show_default=False,
        ),
    ] = None,
    library: Annotated[
        Path | None, typer.Option(metavar="LIBRARY", help="A library of stills to choose from.", show_default="none")
    ] = None,
    threads: Threads = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a project that is there already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a project of media: one shot each, or one for each shot found in them."""
    from dataclasses import replace

    from tinct.display import choose_display
    from tinct.project_file_argument import new_project, parse_settings, refuse_existing
    from tinct.runtime.conform.plates import plates_in, shots_of_plates, with_still
    from tinct.runtime.project import save_project
    from tinct.still_argument import parse_still

    refuse_existing(path, overwrite=overwrite)
    with choose_display(as_json=as_json) as display:
        find = _shot_finder(shots, threads, display)
        plates = [plate for one in media for plate in plates_in(Path(one))]
        found = shots_of_plates(plates, find)
        for text in reference or ():
            still = parse_still(text)
            found = with_still(found, str(still.path), still.frame, still.weight)
        made = replace(
            new_project(path, output=output, pattern=pattern, library=library), parameters=parse_settings(setting or ())
        ).with_shots(found)
        save_project(made, path)
        lines = [f"{path}: {len(found)} shots of {len(plates)} plates", *_shot_lines(made)]
        display.finish("\n".join(lines), project=str(path), shots=_shot_facts(made))


@project.command(name="import")
def import_(
    path: ProjectFile,
    timeline: Annotated[
        Path,
        typer.Argument(
            metavar="TIMELINE|MEDIA",
            help="An EDL, FCPXML, Final Cut Pro 7 XML, AAF or OpenTimelineIO file; or a plate, or a folder of them.",
            show_default=False,
        ),
    ],
    media: Media = None,
    handles: Annotated[int, typer.Option(min=0, help="Frames before and after each shot, where there are any.")] = 0,
    rate: Annotated[
        str | None,
        typer.Option(help="Frames a second of an EDL, e.g. 24000/1001.", show_default="the project's, or 24"),
    ] = None,
    skip: Annotated[bool, typer.Option("--skip", help="Leave out what cannot be a shot, instead of refusing.")] = False,
    shots: Shots = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Add the shots of an editing program's timeline, or media, to a project, which is made where there is none."""
    from tinct.display import choose_display
    from tinct.project_file_argument import load_or_new
    from tinct.runtime.conform.conform import Conformed, conform
    from tinct.runtime.conform.media_index import MediaIndex
    from tinct.runtime.conform.plates import plates_in, shots_of_plates
    from tinct.runtime.conform.timeline_file import SUFFIXES, read_timeline
    from tinct.runtime.project import ProjectLock, save_project

    with choose_display(as_json=as_json) as display, ProjectLock(path) as lock:
        before = load_or_new(path)
        names = [shot.name for shot in before.shots]
        if timeline.suffix.lower() in SUFFIXES:
            read = read_timeline(timeline, rate=rate or before.rate)
            index = MediaIndex(media or (), base=timeline.absolute().parent)
            found = conform(read, index, handles=handles, skip=skip, taken=names)
        else:
            find = _shot_finder(shots, threads, display)
            found = Conformed(tuple(shots_of_plates(plates_in(timeline), find, names)), (), None)
        for refused in found.refused:
            display.warn(refused)
        after = found.added_to(before)
        save_project(after, path, lock)
        lines = [f"{path}: {len(found.shots)} shots of {timeline} added", *_shot_lines(after, len(before.shots))]
        display.finish("\n".join(lines), project=str(path), shots=_shot_facts(after), refused=list(found.refused))


@project.command()
def export(
    path: ProjectFile,
    output: Annotated[Path, typer.Argument(metavar="TIMELINE", help="A .otio or .edl file.", show_default=False)],
    media: Annotated[str, typer.Option(help="What its clips show first: plate or result.")] = "plate",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there already.")] = False,
) -> None:
    """Write a project's shots as a timeline: OpenTimelineIO, in which each clip has the plate and the result as its
    media, or an EDL, in which it has one of them."""
    from tinct.runtime.conform.otio_export import export_timeline
    from tinct.runtime.project import load_project

    export_timeline(load_project(path), output, media=media, overwrite=overwrite)
    typer.echo(f"{output} was written")


@project.command()
def check(path: ProjectFile, as_json: AsJson = False) -> None:
    """Find everything that would keep a project from being rendered; exit code 1 if there is anything."""
    from tinct.runtime.project import load_project
    from tinct.runtime.project_check import find_problems

    opened = load_project(path)
    problems = find_problems(opened)
    if as_json:
        typer.echo(json.dumps({"event": "done", "problems": [problem._asdict() for problem in problems]}))
    else:
        for problem in problems:
            typer.echo(str(problem))
        typer.echo(f"{path}: {len(opened.shots)} shots, {len(problems) or 'no'} problems")
    if problems:
        raise typer.Exit(1)


@project.command()
def relink(
    path: ProjectFile,
    old: Annotated[str, typer.Option("--from", metavar="PATH", help="File or folder as it was.", show_default=False)],
    new_place: Annotated[str, typer.Option("--to", metavar="PATH", help="Where it is now.", show_default=False)],
) -> None:
    """Put another file or folder in place of one in all paths of a project."""
    from tinct.runtime.errors import UsageError
    from tinct.runtime.project import ProjectLock, load_project, relinked, save_project

    if not os.path.exists(new_place):
        raise UsageError(f"there is no file or folder {new_place} (--to); check the path")
    with ProjectLock(path) as lock:
        moved, count = relinked(load_project(path), old, new_place)
        if not count:
            raise UsageError(
                f"no path of {path} is {old} or below it (--from); tinct project check names those missing"
            )
        save_project(moved, path, lock)
    typer.echo(f"{path}: {count} paths changed")


@project.command()
def render(
    path: ProjectFile,
    shot: Annotated[
        list[str] | None,
        typer.Option("--shot", metavar="NAME", help="Render this shot; may be given again.", show_default="all"),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Render also what is rendered and up to date.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what a render that was interrupted left.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace also results that no render of this project made.")
    ] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Render what the panel has queued, as the panel does; nothing else counts.")
    ] = False,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Render a project's shots, each by itself; one that fails does not stop the others."""
    if queue:
        _render_queue(path, threads)
        return
    from tinct.display import choose_display
    from tinct.project_render_display import RenderDisplay
    from tinct.runtime.project import load_project
    from tinct.runtime.project_render import RenderOptions, render_shots, shots_to_render

    opened = load_project(path)
    with choose_display(as_json=as_json) as display:
        shots = shots_to_render(opened, shot or (), every=every)
        shown: RenderDisplay = RenderDisplay(display, opened, shots, len(shot or opened.shots) - len(shots))
        options = RenderOptions(overwrite=overwrite, resume=resume, threads=threads)
        for outcome in render_shots(opened, shots, options, progress=shown.progress, on_frame=shown.keep):
            shown.outcome(outcome)
        shown.finish()


def _render_queue(path: Path, threads: int | None) -> None:
    """Until nothing waits; another process that does it already is left alone."""
    from contextlib import suppress

    from tinct.runtime.errors import ProjectInUseError
    from tinct.runtime.project import load_project
    from tinct.runtime.project.queue_folder import QueueFolder
    from tinct.runtime.project_render import ShotOutcome
    from tinct.runtime.queue_render import render_queue

    def told(shot: "ProjectShot", outcome: "ShotOutcome | None") -> None:
        text = "begins" if outcome is None else f"failed: {outcome.error}" if outcome.error else "rendered"
        typer.echo(f"{shot.name}: {text}", err=True)

    load_project(path)  # refuses a path that is none
    with suppress(OSError, AttributeError):  # the panel's viewer goes first
        os.nice(NICER)
    try:
        render_queue(QueueFolder(path), threads=threads, told=told)
    except ProjectInUseError:
        typer.echo(f"the queue of {path} is being rendered already", err=True)


def _shot_finder(shots: str | None, threads: int | None, display: "Display") -> "Callable[[Path], ShotList | None]":
    """What finds a plate's shots as ``--shots`` says."""
    from tinct.shot_argument import parse_shots

    def find(plate: Path) -> "ShotList | None":
        if shots is None:
            return None
        return parse_shots(shots, str(plate), frames=None, threads=threads, display=display)

    return find


def _shot_lines(opened: "Project", start: int = 0) -> list[str]:
    return [f"  {shot.name}: {shot.source} {shot.first}-{shot.last}" for shot in opened.shots[start:]]


def _shot_facts(opened: "Project") -> list[dict[str, object]]:
    return [
        {"id": shot.id, "name": shot.name, "source": shot.source, "first": shot.first, "last": shot.last}
        for shot in opened.shots
    ]
