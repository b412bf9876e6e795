"""``tinct demo``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.runtime.run.pipeline import Progress


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the film goes.")] = Path(
        "tinct_demo"
    ),
    model: Annotated[str, typer.Option(metavar="NAME|BUNDLE", help="A shipped model or a bundle's folder.")] = "lite",
    backend: Annotated[str, typer.Option(help="auto, onnxruntime, openvino or fake.")] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads of the network.", show_default="all cores")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write progress and result as JSON lines.")] = False,
) -> None:
    """Colour the grey clip of three shots that ships with Tinct, and compare it with its true colours."""
    from tinct.demo import run_demo
    from tinct.display import choose_display

    with choose_display(as_json=as_json) as display:

        def show(progress: "Progress") -> None:
            display.progress(frame=progress.frame, done=progress.done, total=progress.total, fps=progress.fps)

        report = run_demo(output, model=model, backend=backend, threads=threads, progress=show)
        for warning in report.run.warnings:
            display.warn(warning)
        display.finish(
            f"film           {report.film}\n"
            f"contact sheet  {report.sheet}\n"
            f"speed          {report.run.fps:.2f} fps ({report.run.frames} frames in {report.run.seconds:.1f} s, "
            f"{report.run.backend})\n"
            f"PSNR           {report.psnr:.2f} dB against the true colours (the grey plate: {report.grey_psnr:.2f} dB)",
            film=str(report.film),
            contact_sheet=str(report.sheet),
            fps=round(report.run.fps, 3),
            frames=report.run.frames,
            seconds=round(report.run.seconds, 3),
            backend=report.run.backend,
            psnr=round(report.psnr, 3),
            grey_psnr=round(report.grey_psnr, 3),
            warnings=list(report.run.warnings),
        )
