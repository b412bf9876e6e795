"""``tinct colorize``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinct.auto_option import AutoLibrary, Floor, Unmatched
from tinct.still_cache_option import StillCacheFolder, StillCacheSize

if TYPE_CHECKING:
    from tinct.runtime.run.pipeline import ColorizeReport


def colorize(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="The plate: a movie, a sequence (shot.%04d.exr, shot.####.dpx) or a folder.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="OUTPUT", help="The result: a movie, a sequence or a folder.", show_default=False
        ),
    ],
    reference: Annotated[
        list[str] | None,
        typer.Option(
            "--reference",
            "-r",
            metavar="STILL[@FRAME][=WEIGHT]",
            help="A colour still, in force from FRAME of the plate on; give it again for more stills. WEIGHT: how much "
            "it counts beside the others.",
            show_default=False,
        ),
    ] = None,
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
    stills_at_once: Annotated[
        int,
        typer.Option(min=1, help="Stills of a set that take part in a frame at most: those that show most of it."),
    ] = 4,
    mask: Annotated[
        str | None,
        typer.Option(
            metavar="MASK",
            help="A picture, sequence or movie of the plate's size that limits where colour goes (white: all of it).",
            show_default="none",
        ),
    ] = None,
    passes: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Write passes too, with commas between: chroma, cbcr, ab, confidence. Layers of an EXR output.",
            show_default="none",
        ),
    ] = None,
    passes_output: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN",
            help="EXR files of the passes: one of all of them, or one a pass where the pattern has {pass} in it.",
            show_default="layers of the output",
        ),
    ] = None,
    input_space: Annotated[
        str | None,
        typer.Option(
            metavar="SPACE", help="OpenColorIO space of the plate's file.", show_default="by the file's own tags"
        ),
    ] = None,
    output_space: Annotated[
        str | None, typer.Option(metavar="SPACE", help="Space of the result's file.", show_default="the input's")
    ] = None,
    still_space: Annotated[
        str | None,
        typer.Option(metavar="SPACE", help="Space of the stills' files.", show_default="sRGB; floats linear Rec.709"),
    ] = None,
    ocio: Annotated[
        str | None,
        typer.Option(
            metavar="CONFIG",
            help="OpenColorIO configuration: a .ocio or .ocioz file, or ocio://NAME of one built in.",
            show_default="$OCIO, else the ACES studio configuration",
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
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what a run that was interrupted left beside the output.")
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="PICTURE", help="Write a contact sheet of the run (PNG or JPEG).", show_default="none"),
    ] = None,
    shots: Annotated[
        str | None,
        typer.Option(
            metavar="LIST|auto", help="Start colour afresh at each cut: a list, or find them.", show_default="one"
        ),
    ] = None,
    auto: AutoLibrary = None,
    floor: Floor = None,
    unmatched: Unmatched = "refuse",
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the confidence of each frame: .json, .svg or .png.", show_default="none"
        ),
    ] = None,
    still_cache: StillCacheFolder = None,
    still_cache_size: StillCacheSize = 8192,
    as_json: Annotated[bool, typer.Option("--json", help="Write progress and result as JSON lines.")] = False,
) -> None:
    """Colour a black-and-white plate from colour stills."""
    from tinct.confidence_report import ConfidenceReport, check_report_name, suggestion_facts, suggestion_lines
    from tinct.display import choose_display
    from tinct.hint_argument import parse_hint
    from tinct.run_sheet import RunSheet
    from tinct.runtime.managed import ColourSpaces
    from tinct.runtime.media import ResultFrame
    from tinct.runtime.run.pipeline import ColorizeRequest, Progress, StillAt, colorize_plate
    from tinct.runtime.session import StepResult
    from tinct.runtime.warm import Warm
    from tinct.shot_choice import ShotChoice, choose_shots, write_record
    from tinct.still_argument import parse_still
    from tinct.still_cache_option import open_still_cache

    with choose_display(as_json=as_json) as display:
        stills = [parse_still(text) for text in reference or ()]
        request = ColorizeRequest(
            input=source,
            references=tuple(StillAt(still.path, still.frame, still.weight) for still in stills),
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
            spaces=ColourSpaces(ocio, input_space, output_space, still_space),
            passes=tuple(name.strip() for name in passes.split(",")) if passes else (),
            passes_output=passes_output,
            mask=mask,
            resume=resume,
            stills_at_once=stills_at_once,
        )
        check_report_name(report, overwrite=overwrite)
        choice = ShotChoice(shots, auto, floor, unmatched)
        request, chosen = choose_shots(choice, request, display)
        pictures = RunSheet(sheet, request) if sheet else None
        curve = ConfidenceReport(source, request.shots.starts)

        def show(progress: Progress) -> None:
            display.progress(frame=progress.frame, done=progress.done, total=progress.total, fps=progress.fps)
            display.confidence(frame=progress.frame, mean=curve.frames[-1].mean, covered=curve.frames[-1].covered)

        def keep(frame: ResultFrame, step: StepResult) -> None:
            curve.keep(frame, step)
            if pictures:
                pictures.keep(frame, step)

        warm = Warm(cache=open_still_cache(still_cache, still_cache_size))
        result = colorize_plate(request, progress=show, on_frame=keep, warm=warm)
        new = result.resumed < result.frames
        if pictures and new:
            pictures.write()
        if report and new:
            curve.write(report)
        if result.resumed and (pictures or report):
            display.warn("contact sheet and report show frames of this run only, not of the one that was resumed")
        record = write_record(chosen.facts(), output, overwrite=overwrite or resume) if chosen else None
        for warning in result.warnings:
            display.warn(warning)
        lines = [_sentence(result), *(chosen.lines() if chosen else ()), *suggestion_lines(curve.suggestions)]
        facts = _facts(result) | {"suggestions": suggestion_facts(curve.suggestions)}
        display.finish("\n".join(lines), **facts, **({"stills": str(record)} if record else {}))


def _sentence(report: "ColorizeReport") -> str:
    if report.resumed == report.frames:
        return f"{report.output}: {report.frames} frames, finished before; nothing was left to do"
    done = f", {report.resumed} of them done before" if report.resumed else ""
    speed = f"{report.seconds:.1f} s ({report.fps:.2f} fps, {report.backend})"
    return f"{report.output}: {report.frames} frames{done} in {speed}"


def _facts(report: "ColorizeReport") -> dict[str, object]:
    return {
        "output": str(Path(report.output)),
        "frames": report.frames,
        "resumed": report.resumed,
        "seconds": round(report.seconds, 3),
        "fps": round(report.fps, 3),
        "backend": report.backend,
        "model": report.model,
        "confidence": round(report.confidence, 4),
        "busy_s": {name: round(seconds, 3) for name, seconds in report.busy.items()},
        "warnings": list(report.warnings),
    }
