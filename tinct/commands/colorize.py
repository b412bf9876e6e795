"""``tinct colorize``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.runtime.pipeline import ColorizeReport


def colorize(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="The plate: a movie, a sequence (shot.%04d.exr, shot.####.dpx) or a folder.",
            show_default=False,
        ),
    ],
    reference: Annotated[
        list[str],
        typer.Option(
            "--reference",
            "-r",
            metavar="STILL[@FRAME]",
            help="A colour still, in force from FRAME of the plate on; give it again for more stills.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="OUTPUT", help="The result: a movie, a sequence or a folder.", show_default=False
        ),
    ],
    model: Annotated[str, typer.Option(metavar="NAME|BUNDLE", help="A shipped model or a bundle's folder.")] = "lite",
    backend: Annotated[str, typer.Option(help="auto, or one that tinct info lists.")] = "auto",
    frames: Annotated[
        str | None, typer.Option(metavar="RANGE", help="Frames of the plate, e.g. 1001-1100.", show_default="all")
    ] = None,
    working_size: Annotated[
        int | None, typer.Option(help="Short side in pixels at which colour is worked out.", show_default="the model's")
    ] = None,
    chroma: Annotated[
        float, typer.Option(min=0.0, max=4.0, help="Scale of the chroma; 0 leaves the plate grey.")
    ] = 1.0,
    hint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FRAME,X,Y,#RRGGBB",
            help="A colour at a pixel of a frame, followed through the shot; give it again for more points.",
            show_default=False,
        ),
    ] = None,
    codec: Annotated[
        str | None,
        typer.Option(
            help="prores_422hq, prores_4444, dnxhr_hqx, ffv1, h264 or h265 (movies only).",
            show_default="by the output's extension",
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads of the network.", show_default="all cores")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an output that is there already.")] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="PICTURE", help="Write a contact sheet of the run (PNG or JPEG).", show_default="none"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write progress and result as JSON lines.")] = False,
) -> None:
    """Colour a black-and-white plate from colour stills."""
    from tinct.display import choose_display
    from tinct.hint_argument import parse_hint
    from tinct.run_sheet import RunSheet
    from tinct.runtime.pipeline import ColorizeRequest, Progress, StillAt, colorize_plate
    from tinct.still_argument import parse_still

    with choose_display(as_json=as_json) as display:
        stills = [parse_still(text) for text in reference]
        request = ColorizeRequest(
            input=source,
            references=tuple(StillAt(still.path, still.frame) for still in stills),
            output=output,
            model=model,
            backend=backend,
            frames=frames,
            working_size=working_size,
            chroma=chroma,
            codec=codec,
            overwrite=overwrite,
            threads=threads,
            hints=tuple(parse_hint(text) for text in hint or ()),
        )

        pictures = RunSheet(sheet, request) if sheet else None

        def show(progress: Progress) -> None:
            display.progress(frame=progress.frame, done=progress.done, total=progress.total, fps=progress.fps)

        report = colorize_plate(request, progress=show, on_frame=pictures.keep if pictures else None)
        if pictures:
            pictures.write()
        for warning in report.warnings:
            display.warn(warning)
        display.finish(_sentence(report), **_facts(report))


def _sentence(report: "ColorizeReport") -> str:
    return f"{report.output}: {report.frames} frames in {report.seconds:.1f} s ({report.fps:.2f} fps, {report.backend})"


def _facts(report: "ColorizeReport") -> dict[str, object]:
    return {
        "output": str(Path(report.output)),
        "frames": report.frames,
        "seconds": round(report.seconds, 3),
        "fps": round(report.fps, 3),
        "backend": report.backend,
        "model": report.model,
        "confidence": round(report.confidence, 4),
        "busy_s": {name: round(seconds, 3) for name, seconds in report.busy.items()},
        "warnings": list(report.warnings),
    }
