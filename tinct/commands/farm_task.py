"""``tinct farm task`` and ``tinct farm worker``: what a farm's engine calls."""

from pathlib import Path
from typing import Annotated

import typer

from tinct.still_cache_option import StillCacheFolder, StillCacheSize

task = typer.Typer(name="task", help="The tasks of a job; a farm calls them.", no_args_is_help=True)
worker = typer.Typer(name="worker", help="The worker of a farm's session.", no_args_is_help=True)

Work = Annotated[Path, typer.Option(metavar="FOLDER", help="The job's folder.", show_default=False)]
Rules = Annotated[
    Path | None, typer.Option(metavar="FILE", help="How paths are called on this machine.", show_default="as they are")
]
Index = Annotated[int, typer.Option(min=1, help="Which of the tasks this is.", show_default=False)]
Of = Annotated[int, typer.Option(min=1, help="How many tasks there are.", show_default=False)]


@task.command()
def analyse(
    job: Annotated[Path, typer.Option(metavar="FILE", help="The job's own file.", show_default=False)],
    work: Work,
    rules: Rules = None,
    chunk: Annotated[int | None, typer.Option(min=0, help="Frames of a chunk.", show_default="the job's")] = None,
    preroll: Annotated[int | None, typer.Option(min=-1, help="Frames of a pre-roll.", show_default="the job's")] = None,
    backend: Annotated[str | None, typer.Option(help="For all films.", show_default="the job's")] = None,
    output: Annotated[str | None, typer.Option(help="Of the only film.", show_default="the job's")] = None,
    frames: Annotated[str | None, typer.Option(help="Of the only film.", show_default="the job's")] = None,
) -> None:
    """Look at all that is named, find the shots and write the plan."""
    from tinct.farm.tasks import Overrides, run_analyse
    from tinct.runtime.farm.paths import read_rules

    overrides = Overrides(chunk, preroll, backend, output, frames)
    raise typer.Exit(run_analyse(job, work, read_rules(rules), overrides))


@task.command()
def relay(
    work: Work,
    index: Index,
    of: Of,
    rules: Rules = None,
    still_cache: StillCacheFolder = None,
    still_cache_size: StillCacheSize = 8192,
) -> None:
    """Make the states at which chunks inside a shot begin."""
    _chunks("relay", work, index, of, rules, still_cache, still_cache_size)


@task.command()
def colorize(
    work: Work,
    index: Index,
    of: Of,
    rules: Rules = None,
    still_cache: StillCacheFolder = None,
    still_cache_size: StillCacheSize = 8192,
) -> None:
    """Colour this task's chunks."""
    _chunks("colorize", work, index, of, rules, still_cache, still_cache_size)


@task.command()
def join(work: Work, index: Index, rules: Rules = None) -> None:
    """Join a film's chunks to its result."""
    from tinct.farm.tasks import run_join
    from tinct.runtime.farm.paths import read_rules

    raise typer.Exit(run_join(work, read_rules(rules), index))


@worker.command()
def start(still_cache: StillCacheFolder = None, still_cache_size: StillCacheSize = 8192) -> None:
    """Start a worker for this session."""
    from tinct.farm.tasks import say
    from tinct.farm.warm_worker import VARIABLE, start_worker

    cache = [] if still_cache is None else ["--still-cache", str(still_cache.absolute())]
    say("env", f"{VARIABLE}={start_worker([*cache, '--still-cache-size', str(still_cache_size)] if cache else [])}")


@worker.command()
def stop() -> None:
    """Stop this session's worker."""
    from tinct.farm.warm_worker import stop_worker

    stop_worker()


def _chunks(step: str, work: Path, index: int, of: int, rules: Path | None, cache: Path | None, size: int) -> None:
    from tinct.farm.tasks import run_chunks
    from tinct.runtime.farm.paths import read_rules
    from tinct.runtime.warm import Warm
    from tinct.still_cache_option import open_still_cache

    raise typer.Exit(run_chunks(step, work, read_rules(rules), index, of, Warm(cache=open_still_cache(cache, size))))
