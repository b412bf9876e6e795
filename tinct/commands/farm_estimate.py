"""``tinct farm estimate``."""

import json
from pathlib import Path
from typing import Annotated

import typer


def estimate(
    bundle: Annotated[
        Path | None,
        typer.Argument(metavar="BUNDLE", help="A bundle, whose job is analysed and calibrated.", show_default="none"),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Sessions at once.")] = 10,
    price: Annotated[float, typer.Option(min=0.0, help="Of one session for an hour.")] = 0.0,
    frame_seconds: Annotated[
        float | None, typer.Option(min=0.0, help="Seconds a frame of a task.", show_default="measured here")
    ] = None,
    frames: Annotated[int, typer.Option(min=1, help="Of a made-up film, without a bundle.")] = 150_000,
    shot: Annotated[float, typer.Option(min=6.0, help="Mean frames of its shots.")] = 120.0,
    chunk: Annotated[int, typer.Option(min=0, help="Frames of a chunk of it at most.")] = 1440,
    tasks: Annotated[int | None, typer.Option(min=1, help="Tasks.", show_default="one a chunk")] = None,
    boot: Annotated[float, typer.Option(min=0.0, help="Median seconds until a machine takes tasks.")] = 120.0,
    hours: Annotated[float, typer.Option(min=0.01, help="Mean hours until a machine is lost.")] = 12.0,
    stragglers: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of machines that are slow.")] = 0.02,
    slowness: Annotated[float, typer.Option(min=1.0, help="How many times slower those are.")] = 3.0,
    as_json: Annotated[bool, typer.Option("--json", help="Write the figures as JSON.")] = False,
) -> None:
    """Say what a film takes in time and money: of a bundle by a short calibration here, and on a simulated farm."""
    from dataclasses import asdict

    from tinct.farm.estimation import Film, describe, film_of_bundle
    from tinct.runtime.errors import UsageError
    from tinct.runtime.farm import estimate as reckoning
    from tinct.runtime.farm.simulation import Assumptions, made_up_chunks, simulate

    if bundle is None:
        if frame_seconds is None:
            raise UsageError("without a bundle nothing can be measured; say what a frame takes (--frame-seconds)")
        found = made_up_chunks(frames, shot, chunk)
        film = Film(None, found, reckoning.Cost(frame_seconds), tasks or len(found), exact=True)
    else:
        film = film_of_bundle(bundle, frame_seconds, tasks)
    about = Assumptions(boot=boot, hours=hours, stragglers=stragglers, slowness=slowness)
    simulated = simulate(film.chunks, film.cost, workers, film.tasks, about, exact=film.exact)
    ideal = None
    if film.plan is not None:
        ideal = reckoning.estimate(film.plan, film.cost, workers, film.tasks, price=price)
    if as_json:
        facts = {
            "cost": asdict(film.cost),
            "estimate": None if ideal is None else asdict(ideal),
            "assumptions": asdict(about),
            "simulated": asdict(simulated)
            | {"efficiency": simulated.efficiency, "money": workers * simulated.makespan / 3600 * price},
            "bottleneck": simulated.bottleneck,
        }
        typer.echo(json.dumps(facts))
    else:
        typer.echo("\n".join(describe(film, ideal, simulated, about, price)))
