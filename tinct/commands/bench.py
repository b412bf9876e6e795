"""``tinct bench``."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.benchmark.pipeline_run import PipelineReport
    from tinct.benchmark.rounds import BenchReport
    from tinct.benchmark.timings import Timings

_SIZE = re.compile(r"(\d+)x(\d+)")
SMALLEST, LARGEST = 64, 4320
STEP_SIZE, STEP_FRAMES, MOST_STEP_FRAMES = "224x384", 9, 24
PIPELINE_SIZE, PIPELINE_FRAMES = "1080x1920", 48


def bench(
    model: Annotated[str, typer.Option(metavar="NAME|BUNDLE", help="A shipped model or a bundle's folder.")] = "lite",
    size: Annotated[
        str | None,
        typer.Option(
            metavar="HEIGHTxWIDTH",
            help="Size at which colour is worked out; with --pipeline, of the plate.",
            show_default=f"{STEP_SIZE}; with --pipeline {PIPELINE_SIZE}",
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Interleaved rounds.")] = 5,
    frames: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=10_000,
            help=f"Frames of each round, up to {MOST_STEP_FRAMES}; with --pipeline, of the plate.",
            show_default=f"{STEP_FRAMES}; with --pipeline {PIPELINE_FRAMES}",
        ),
    ] = None,
    pipeline: Annotated[
        bool, typer.Option("--pipeline", help="Time a whole run instead, ProRes in and out, stage by stage.")
    ] = False,
    backend: Annotated[str, typer.Option(help="Backend of --pipeline.")] = "auto",
    out: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write every figure there as JSON.")] = None,
) -> None:
    """Time a frame on every backend of this machine, stage by stage, beside a 404-GFLOP network of DEVC's size."""
    import cv2

    from tinct.report_file import check_report, write_report

    check_report(out)
    cv2.setNumThreads(threads)
    if pipeline:
        height, width = _parse_size(size or PIPELINE_SIZE)
        run = _time_pipeline(model, backend, height, width, frames or PIPELINE_FRAMES, threads)
        for line in _pipeline_lines(run):
            typer.echo(line)
        write_report(out, json.dumps(run.document(), indent=2) + "\n")
        return
    height, width = _parse_size(size or STEP_SIZE)
    report = _time_steps(model, height, width, _step_frames(frames), threads, rounds)
    for line in _lines(report):
        typer.echo(line)
    write_report(out, json.dumps(report.document(), indent=2) + "\n")


def _time_pipeline(model: str, backend: str, height: int, width: int, frames: int, threads: int) -> "PipelineReport":
    from tinct.benchmark.pipeline_run import run_pipeline
    from tinct.display import choose_display
    from tinct.runtime.run.pipeline import Progress

    with choose_display(as_json=False) as display:

        def show(progress: Progress) -> None:
            display.progress(frame=progress.frame, done=progress.done, total=progress.total, fps=progress.fps)

        return run_pipeline(
            model=model, backend=backend, height=height, width=width, frames=frames, threads=threads, progress=show
        )


def _time_steps(model: str, height: int, width: int, frames: int, threads: int, rounds: int) -> "BenchReport":
    from tinct.benchmark.contestant import Contestant
    from tinct.benchmark.rounds import BenchReport, machine_name, run_rounds, standing
    from tinct.benchmark.stand_in import StandIn
    from tinct.benchmark.workload import demo_workload
    from tinct.runtime.backends import backend_report, create_backend
    from tinct.runtime.bundle import find_bundle

    bundle = find_bundle(model)
    workload = demo_workload(height=height, width=width, frames=frames)
    report_of = dict(backend_report(bundle))
    missing = {name: reason for name, reason in report_of.items() if reason is not None}
    wanted = [name for name, reason in report_of.items() if reason is None and (name == "fake") == (model == "fake")]
    contestants = [Contestant(create_backend(name, bundle, threads=threads), workload) for name in wanted]
    yardstick = StandIn(threads=threads)

    def show(index: int) -> None:
        typer.echo(f"round {index}/{rounds}" if index else "warming up", err=True)

    heavy, measured = run_rounds(contestants, yardstick, rounds=rounds, progress=show)
    return BenchReport(
        machine=machine_name(),
        threads=threads,
        model=f"{bundle.manifest.name} {bundle.manifest.version}",
        height=height,
        width=width,
        yardstick_flops=yardstick.flops,
        yardstick=heavy,
        standings=tuple(standing(contestant, times, heavy) for contestant, times in measured),
        missing=missing,
    )


def _step_frames(frames: int | None) -> int:
    from tinct.runtime.errors import UsageError

    if frames is not None and frames > MOST_STEP_FRAMES:
        raise UsageError(f"--frames {frames} is more than the demo clip's {MOST_STEP_FRAMES}; only --pipeline takes it")
    return frames or STEP_FRAMES


def _parse_size(text: str) -> tuple[int, int]:
    from tinct.runtime.errors import UsageError

    match = _SIZE.fullmatch(text)
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if min(sides) < SMALLEST or max(sides) > LARGEST:
        raise UsageError(
            f"--size {text} is not HEIGHTxWIDTH with sides of {SMALLEST} to {LARGEST}; for example {STEP_SIZE}"
        )
    return sides


def _pipeline_lines(report: "PipelineReport") -> list[str]:
    """The report for people: each stage's seconds and share of the run."""
    lines = [
        f"{report.model} on {report.backend}, {report.frames} frames of {report.height}x{report.width}, "
        f"ProRes 422 HQ in and out, {report.threads} threads, {report.machine}",
        f"{report.fps:.2f} frames/s ({report.seconds:.1f} s)",
    ]
    for name, share in report.shares.items():
        per_frame = 1000 * report.busy[name] / report.frames
        lines.append(f"{name:>8}: busy {share:4.0%}, {per_frame:.1f} ms a frame")
    return [*lines, f"bottleneck: {report.bottleneck}"]


def _lines(report: "BenchReport") -> list[str]:
    """The report for people: ms as median (lower to upper quartile)."""
    lines = [
        f"{report.model} at {report.height}x{report.width}, {report.threads} threads, {report.machine}",
        f"yardstick ({report.yardstick_flops / 1e9:.0f} GFLOP, onnxruntime): {_ms(report.yardstick)} a frame",
    ]
    for one in report.standings:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in one.shares.items())
        lines.append(
            f"{one.backend}: step {_ms(one.step)}, 1/{one.ratio:.1f} of the yardstick; "
            f"a still encoded in {one.encode_ms:.0f} ms"
        )
        lines.append(f"    frame: {shares}")
    lines += [f"{name}: not here, {reason}" for name, reason in report.missing.items()]
    lines.append("ms: median (lower to upper quartile); step = network + prepare, the next motion beside them")
    return lines


def _ms(timings: "Timings") -> str:
    return f"{timings.median:.1f} ms ({timings.lower:.1f} to {timings.upper:.1f})"
