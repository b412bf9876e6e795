"""``tinct library``."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.runtime.library import BuildReport, FrameAnswer, StillLibrary, StillRange

library = typer.Typer(name="library", help="Find the stills for a plate in a folder of them.", no_args_is_help=True)

Model = Annotated[str, typer.Option(metavar="NAME|BUNDLE", help="A shipped model or a bundle's folder.")]
BackendName = Annotated[str, typer.Option(help="auto, onnxruntime, openvino or fake.")]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads.", show_default="all cores")]


@library.command()
def build(
    stills: Annotated[Path, typer.Argument(metavar="FOLDER_OF_STILLS", help="Colour stills.", show_default=False)],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="LIBRARY", help="Folder of the library, new or old.", show_default=False
        ),
    ],
    model: Model = "lite",
    index: Annotated[str, typer.Option(help="auto, flat, ivfflat, hnsw or pq.")] = "auto",
    backend: BackendName = "auto",
    threads: Threads = None,
) -> None:
    """Describe a folder of stills, or bring a library up to date (needs the packages of the extra "library")."""
    from tinct.runtime.backends import create_backend
    from tinct.runtime.bundle import find_bundle
    from tinct.runtime.library import build_library

    def show(done: int, total: int) -> None:
        if done % 500 == 0:
            typer.echo(f"{done} of {total} pictures", err=True)

    engine = create_backend(backend, find_bundle(model), threads=threads)
    for line in _build_lines(build_library(stills, output, engine, index=index, progress=show)):
        typer.echo(line)


@library.command()
def query(
    folder: Annotated[Path, typer.Argument(metavar="LIBRARY", help="The library's folder.", show_default=False)],
    source: Annotated[
        str,
        typer.Argument(
            metavar="PICTURE_OR_PLATE[@FRAME]",
            help="What the stills should show: a picture, or a plate (its first frame unless told).",
            show_default=False,
        ),
    ],
    count: Annotated[int, typer.Option(min=1, help="Stills for each frame.")] = 5,
    every: Annotated[
        int | None, typer.Option(min=1, help="Ask at each N-th frame of the plate.", show_default="one frame")
    ] = None,
    model: Model = "lite",
    backend: BackendName = "auto",
    threads: Threads = None,
    out: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write the answers there as JSON.")] = None,
) -> None:
    """List the stills of a library that show what a picture or a plate shows, best first."""
    from tinct.report_file import check_report, write_report
    from tinct.runtime.backends import create_backend
    from tinct.runtime.bundle import find_bundle
    from tinct.runtime.library import open_library, query_plate, still_ranges
    from tinct.runtime.media import open_plate
    from tinct.still_argument import parse_still

    check_report(out)
    asked = parse_still(source)
    opened = open_library(folder, create_backend(backend, find_bundle(model), threads=threads))
    answers = query_plate(opened, asked.path, frame=asked.frame, every=every, count=count)
    ranges: list[StillRange] = []
    if every is not None:
        with open_plate(asked.path) as plate:
            ranges = still_ranges(answers, plate.info.frames[-1])
    for line in (*_answer_lines(answers), *_range_lines(ranges), *_skipped_lines(opened)):
        typer.echo(line)
    write_report(out, json.dumps(_answer_facts(answers, ranges, opened), indent=2) + "\n")


def _build_lines(report: "BuildReport") -> list[str]:
    manifest, recall = report.manifest, report.manifest.recall
    parameters = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in manifest.parameters.items())
    lines = [
        f"{report.folder}: {len(manifest.stills)} stills ({report.described} described, {report.kept} known, "
        f"{report.gone} gone), index {manifest.index}" + (f" ({parameters})" if parameters else "")
    ]
    if recall is not None:
        lines.append(
            f"recall against Flat: {recall.at_1:.3f} at 1, {recall.at_5:.3f} at 5 ({recall.queries} queries, "
            f"{recall.ms:.3f} ms each; Flat {recall.flat_ms:.3f} ms)"
        )
    if report.skipped:
        lines.append(f"skipped {len(report.skipped)}:")
        lines += [f"  {one.path}: {one.reason}" for one in report.skipped]
    return lines


def _answer_lines(answers: "list[FrameAnswer]") -> list[str]:
    lines = []
    for answer in answers:
        lines.append(f"frame {answer.frame}")
        lines += [f"  {one.similarity:6.3f}  {one.path}" for one in answer.found] or ["  no still can be used"]
    return lines


def _range_lines(ranges: "list[StillRange]") -> list[str]:
    """The stills by range of frames, and then as arguments of ``tinct colorize``."""
    if not ranges:
        return []
    lines = [f"frames {one.first}-{one.last}: {one.path} ({one.similarity:.3f})" for one in ranges]
    return [*lines, " ".join(f"--reference {shlex.quote(f'{one.path}@{one.first}')}" for one in ranges)]


def _skipped_lines(opened: "StillLibrary") -> list[str]:
    if not opened.skipped:
        return []
    return [f"skipped {len(opened.skipped)}:", *(f"  {path}: {why}" for path, why in opened.skipped.items())]


def _answer_facts(
    answers: "list[FrameAnswer]", ranges: "list[StillRange]", opened: "StillLibrary"
) -> dict[str, object]:
    return {
        "library": str(opened.folder),
        "model": opened.manifest.model,
        "frames": [
            {
                "frame": answer.frame,
                "found": [{"path": str(one.path), "similarity": round(one.similarity, 5)} for one in answer.found],
            }
            for answer in answers
        ],
        "ranges": [
            {"path": str(one.path), "first": one.first, "last": one.last, "similarity": round(one.similarity, 5)}
            for one in ranges
        ],
        "skipped": [{"path": str(path), "reason": why} for path, why in opened.skipped.items()],
    }
