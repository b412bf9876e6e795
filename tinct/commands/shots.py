"""``tinct shots``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.runtime.shots import ShotList


def shots(
    source: Annotated[
        str,
        typer.Argument(metavar="INPUT", help="The plate, or a list of shots to show or convert.", show_default=False),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="LIST", help="Write .otio, .edl or .csv.", show_default="print only"),
    ] = None,
    detector: Annotated[str, typer.Option(help="transnetv2, content, adaptive or histogram.")] = "transnetv2",
    frames: Annotated[
        str | None, typer.Option(metavar="RANGE", help="Frames of the plate, e.g. 1001-1100.", show_default="all")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.", show_default="all cores")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a list that is there already.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write progress and result as JSON lines.")] = False,
) -> None:
    """Find the shots of a plate: cuts, dissolves and fades."""
    from tinct.display import choose_display
    from tinct.runtime.shots import read_shots, write_shots
    from tinct.runtime.shots.shot_file import check_shot_file
    from tinct.shot_argument import find_shots, is_shot_list

    with choose_display(as_json=as_json) as display:
        if output is not None:
            check_shot_file(output, overwrite=overwrite)
        if is_shot_list(source):
            found = read_shots(Path(source))
        else:
            found = find_shots(source, detector, frames=frames, threads=threads, display=display)
        if output is not None:
            write_shots(output, found, overwrite=overwrite)
        display.finish("\n".join(_lines(found)), **_facts(found, output))


def _lines(found: "ShotList") -> list[str]:
    lines = [f"{found.source}: {len(found.shots)} shots" + (f" ({found.detector})" if found.detector else "")]
    for number, shot in enumerate(found.shots, start=1):
        code = f"  {found.start.timecode_of(shot.first)}" if found.timecode is not None else ""
        lines.append(f"{number:4}  {shot.first}-{shot.last}{code}" + (f"  {shot.begins}" if shot.begins else ""))
    return lines


def _facts(found: "ShotList", output: Path | None) -> dict[str, object]:
    return {
        "output": str(output) if output else None,
        "source": found.source,
        "detector": found.detector,
        "rate": str(found.rate),
        "timecode": found.timecode,
        "shots": [
            {
                "first": shot.first,
                "last": shot.last,
                "begins": shot.begins
                and {"kind": str(shot.begins.kind), "first": shot.begins.first, "last": shot.begins.last},
            }
            for shot in found.shots
        ],
    }
