"""``tinct farm``."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tinct.auto_option import AutoLibrary, Floor, Unmatched
from tinct.commands.farm_estimate import estimate
from tinct.commands.farm_task import task, worker
from tinct.still_cache_option import StillCacheFolder, StillCacheSize

farm = typer.Typer(name="farm", help="Whole films on a render farm, or on this machine.", no_args_is_help=True)
farm.command()(estimate)
farm.add_typer(task, hidden=True)
farm.add_typer(worker, hidden=True)

Bundle = Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder of tinct farm bundle.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Write progress and result as JSON lines.")]


@farm.command()
def bundle(
    source: Annotated[str, typer.Argument(metavar="PROJECT|INPUT", help="A project, or a plate as in tinct colorize.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the bundle goes.", show_default=False)
    ],
    shot: Annotated[
        list[str] | None,
        typer.Option("--shot", metavar="NAME", help="Of a project, this shot; may be given again.", show_default="all"),
    ] = None,
    result: Annotated[
        str | None,
        typer.Option(metavar="OUTPUT", help="The coloured movie, sequence or folder.", show_default="a project's own"),
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option("--reference", "-r", metavar="STILL[@FRAME][=WEIGHT]", help="A colour still.", show_default=False),
    ] = None,
    auto: AutoLibrary = None,
    floor: Floor = None,
    unmatched: Unmatched = "refuse",
    shots: Annotated[
        str, typer.Option(metavar="LIST|auto|one", help="A list of shots, find them, or take all for one shot.")
    ] = "auto",
    model: Annotated[str, typer.Option(metavar="NAME|BUNDLE", help="A shipped model or a bundle's folder.")] = "lite",
    backend: Annotated[str, typer.Option(help="One that the farm's machines have; auto chooses on each.")] = "auto",
    frames: Annotated[
        str | None, typer.Option(metavar="RANGE", help="Frames of the plate.", show_default="all")
    ] = None,
    working_size: Annotated[int | None, typer.Option(help="As in tinct colorize.", show_default="the model's")] = None,
    chroma: Annotated[float, typer.Option(min=0.0, max=4.0, help="Scale of the chroma.")] = 1.0,
    hint: Annotated[
        list[str] | None, typer.Option(metavar="FRAME,X,Y,#RRGGBB", help="A colour at a pixel.", show_default=False)
    ] = None,
    mask: Annotated[str | None, typer.Option(metavar="MASK", help="Limits the colour.", show_default="none")] = None,
    codec: Annotated[str | None, typer.Option(help="For movies.", show_default="by the extension")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads of a task.", show_default="all cores")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a result that is there.")] = False,
    chunk: Annotated[int, typer.Option(min=0, help="Cut longer shots into chunks of so many frames; 0: none.")] = 1440,
    preroll: Annotated[
        int | None,
        typer.Option(
            min=0, help="Start chunks inside shots so many frames early.", show_default="from checkpoints, exactly"
        ),
    ] = None,
    tasks: Annotated[int | None, typer.Option(min=1, help="Tasks that colour.", show_default="one a chunk")] = None,
    retries: Annotated[int, typer.Option(min=0, help="Further tries of a task.")] = 3,
    cores: Annotated[int, typer.Option(min=1, help="Cores that a machine must have.")] = 1,
    memory: Annotated[int, typer.Option(min=1, help="MiB of memory that a machine must have.")] = 4096,
    gpus: Annotated[int, typer.Option(min=0, help="GPUs that a machine must have.")] = 0,
    attribute: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE[,VALUE]", help="What else it must have.", show_default="Linux"),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Plan, chunks and logs, on storage of all.", show_default="by the result"),
    ] = None,
    still_cache: StillCacheFolder = None,
    still_cache_size: StillCacheSize = 8192,
) -> None:
    """Write a job for a farm: a bundle of Open Job Description."""
    from tinct.farm.bundle import BundleOptions, write_bundle
    from tinct.farm.job_argument import host_of, is_project, job_of_plate, job_of_project, stills_of_library
    from tinct.runtime.errors import UsageError

    if is_project(source):
        if reference or result or auto:
            raise UsageError(f"{source} is a project, which names its own stills and results; leave them out")
        job = job_of_project(
            Path(source), shot or (), chunk=chunk, preroll=preroll, overwrite=overwrite, threads=threads
        )
    else:
        if shot:
            raise UsageError(f"--shot names a shot of a project, and {source} is none; use --frames")
        job = job_of_plate(
            source, result, reference or (), hint or (), shots=shots, chunk=chunk, preroll=preroll, model=model,
            auto=None if auto is None else stills_of_library(auto, floor, unmatched), backend=backend, frames=frames,
            working_size=working_size, chroma=chroma, mask=mask, codec=codec, overwrite=overwrite, threads=threads,
        )  # fmt: skip
    host = host_of(cores, memory, gpus, attribute or ())
    cache = None if still_cache is None else still_cache.absolute()
    options = BundleOptions(None if work is None else work.absolute(), tasks, retries, host, cache, still_cache_size)
    opened = write_bundle(job, output, options)
    steps = ", ".join(f"{step.name} ({len(opened.tasks(step))})" for step in opened.job.steps)
    typer.echo(f"{output}: {opened.name}, steps and tasks: {steps}; the job's folder is {opened.work}")


@farm.command()
def run(
    bundle: Bundle,
    sessions: Annotated[int, typer.Option(min=1, help="Tasks at once.")] = 1,
    retries: Annotated[int | None, typer.Option(min=0, help="Further tries.", show_default="the bundle's")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A job parameter.", show_default="the bundle's"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a bundle on this machine."""
    from tinct.farm.display import choose_farm_display
    from tinct.farm.job_argument import parameters_of
    from tinct.farm.local_run import run_bundle

    with choose_farm_display(as_json=as_json) as display:
        outcome = run_bundle(
            bundle, sessions=sessions, news=display.task, retries=retries, values=parameters_of(parameter or ())
        )
        display.finish(outcome)
    if not outcome.done:
        from tinct.runtime.farm.exit_codes import is_retryable

        raise typer.Exit(1 if all(is_retryable(one.code) for one in outcome.failed) else 2)


@farm.command()
def status(bundle: Bundle, as_json: AsJson = False) -> None:
    """Say how far a job is, chunk by chunk."""
    from tinct.farm.job_status import job_status, status_lines
    from tinct.farm.open_job import open_job

    found = job_status(open_job(bundle))
    typer.echo(json.dumps(found) if as_json else "\n".join(status_lines(found)))


@farm.command()
def retry(
    bundle: Bundle,
    sessions: Annotated[int, typer.Option(min=1, help="Tasks at once.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Look at every chunk, frame by frame, take away what is damaged, and run the job again for what is missing."""
    from tinct.farm.job_status import discard_damaged
    from tinct.farm.open_job import open_job

    for name in discard_damaged(open_job(bundle)):
        typer.echo(f"the chunk {name} is damaged and is made again", err=True)
    run(bundle, sessions=sessions, as_json=as_json)


@farm.command()
def submit(
    bundle: Bundle,
    to: Annotated[str, typer.Option(metavar="ENGINE", help="deadline-cloud or opencue.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be sent, and send nothing.")] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="farm, queue, priority; show, shot, user...", show_default="none"),
    ] = None,
) -> None:
    """Hand a bundle over to a farm's engine."""
    from tinct.farm.job_argument import parameters_of
    from tinct.farm.submission import submit_bundle

    sent: dict[str, Any] = submit_bundle(bundle, to, parameters_of(option or ()), dry_run=dry_run)
    typer.echo(sent["text"])
