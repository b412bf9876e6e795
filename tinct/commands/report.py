"""``tinct report``."""

import json
from pathlib import Path
from typing import Annotated

import typer


def report(
    source: Annotated[
        Path,
        typer.Argument(metavar="REPORT", help="What tinct colorize --report wrote as .json.", show_default=False),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PLOT", help="Draw it as .svg or .png.", show_default="print only"),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Mean confidence below which a still is wanted.", show_default="its own"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a plot that is there already.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write the suggestions as one JSON object.")] = False,
) -> None:
    """Plot the confidence of a run and say which frames want a still of their own."""
    from tinct.confidence_report import ConfidenceReport, check_report_name, suggestion_facts, suggestion_lines

    check_report_name(output, overwrite=overwrite, suffixes=(".svg", ".png"))
    found = ConfidenceReport.read(source, threshold=threshold)
    if output is not None:
        found.write(output)
    if as_json:
        typer.echo(json.dumps({"plate": found.plate, "suggestions": suggestion_facts(found.suggestions)}))
        return
    mean = sum(one.mean for one in found.frames) / max(1, len(found.frames))
    typer.echo(f"{found.plate}: {len(found.frames)} frames, mean confidence {mean:.3f}")
    for line in suggestion_lines(found.suggestions) or ["no frame wants another still"]:
        typer.echo(line)
