"""``tinct bench``."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.benchmark.rounds import BenchReport
    from tinct.benchmark.timings import Timings

_SIZE = re.compile(r"(\d+)x(\d+)")
SMALLEST, LARGEST = 64, 4320


def bench(
    model: Annotated[str, typer.Option(metavar="NAME|BUNDLE", help="A shipped model or a bundle's folder.")] = "lite",
    size: Annotated[str, typer.Option(metavar="HEIGHTxWIDTH", help="Size at which colour is worked out.")] = "224x384",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Interleaved rounds.")] = 5,
    frames: Annotated[int, typer.Option(min=2, max=24, help="Frames of each round.")] = 9,
    out: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write every figure there as JSON.")] = None,
) -> None:
    """Time a frame on every backend of this machine, stage by stage, beside a 404-GFLOP network of DEVC's size."""
    import cv2

    from tinct.benchmark.contestant import Contestant
    from tinct.benchmark.rounds import BenchReport, machine_name, run_rounds, standing
    from tinct.benchmark.stand_in import StandIn
    from tinct.benchmark.workload import demo_workload
    from tinct.report_file import check_report, write_report
    from tinct.runtime.backends import backend_report, create_backend
    from tinct.runtime.bundle import find_bundle

    check_report(out)
    height, width = _parse_size(size)
    bundle = find_bundle(model)
    cv2.setNumThreads(threads)
    workload = demo_workload(height=height, width=width, frames=frames)
    report_of = dict(backend_report(bundle))
    missing = {name: reason for name, reason in report_of.items() if reason is not None}
    wanted = [name for name, reason in report_of.items() if reason is None and (name == "fake") == (model == "fake")]
    contestants = [Contestant(create_backend(name, bundle, threads=threads), workload) for name in wanted]
    yardstick = StandIn(threads=threads)

    def show(index: int) -> None:
        typer.echo(f"round {index}/{rounds}" if index else "warming up", err=True)

    heavy, measured = run_rounds(contestants, yardstick, rounds=rounds, progress=show)
    report = BenchReport(
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
    for line in _lines(report):
        typer.echo(line)
    write_report(out, json.dumps(report.document(), indent=2) + "\n")


def _parse_size(text: str) -> tuple[int, int]:
    from tinct.runtime.errors import UsageError

    match = _SIZE.fullmatch(text)
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if min(sides) < SMALLEST or max(sides) > LARGEST:
        raise UsageError(
            f"--size {text} is not HEIGHTxWIDTH with sides of {SMALLEST} to {LARGEST}; for example 224x384"
        )
    return sides


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
    lines.append("ms: median (lower to upper quartile); step = motion + network + prepare")
    return lines


def _ms(timings: "Timings") -> str:
    return f"{timings.median:.1f} ms ({timings.lower:.1f} to {timings.upper:.1f})"
