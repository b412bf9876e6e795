"""``tinct data``: import, check and describe data sets for training."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.training.data.manifest import Row
    from tinct.training.data.statistics import Summary

data = typer.Typer(name="data", help="Import, check and describe data sets for training.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The data set.", show_default=False)]
Threads = Annotated[int | None, typer.Option(min=1, help="Files at once.", show_default="one a core")]


@data.command("import")
def import_(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(metavar="SOURCE", help="Folders of movies, picture sequences or photographs."),
    ] = None,
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The data set that is made or added to.", show_default=False)
    ] = ...,  # type: ignore[assignment]  # typer's sign of an option that must be given
    layout: Annotated[
        str, typer.Option(help="auto, clips, davis, reds, videvo, hollywood2 or photos: how the sources lie.")
    ] = "auto",
    subset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="train, val, test or all, where the layout has lists.", show_default="train"),
    ] = None,
    split: Annotated[
        str, typer.Option(help="content, adaptive, threshold, ssim, transnet or none: how movies become shots.")
    ] = "transnet",
    short_side: Annotated[int, typer.Option(min=32, help="Short side of the shots in pixels, at most.")] = 256,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="REASON", help="Do not leave out: dark, 'low variance', grey or static; repeatable."),
    ] = None,
    licence: Annotated[str, typer.Option(metavar="TEXT", help="The sources' licence, for the manifest.")] = "",
    manifest: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make the data set of this manifest again.", show_default=False)
    ] = None,
    roots: Annotated[
        list[Path] | None,
        typer.Option("--sources", metavar="ROOT", help="Where the manifest's sources lie; repeatable."),
    ] = None,
) -> None:
    """Cut movies into single shots, leave out what teaches nothing, and write a data set with its manifest."""
    from tinct import __version__
    from tinct.runtime.errors import UsageError
    from tinct.torch_extra import extra

    if (manifest is None) == (not sources) or (manifest is None) != (not roots):
        raise UsageError("name folders to import, or --manifest FILE with --sources ROOT")
    _check_folders([*(sources or ()), *(roots or ())])
    with extra("data", command="tinct data import"), _data_errors():
        from tinct.training.data.choices import check_choice
        from tinct.training.data.importer import import_sources, recreate
        from tinct.training.data.layouts import find_sources
        from tinct.training.data.manifest import read_manifest
        from tinct.training.data.shot_filter import REASONS, FilterConfig
        from tinct.training.data.source_rows import ImportConfig

        if manifest is not None:
            rows = recreate(read_manifest(manifest), roots or (), output, progress=_show)
        else:
            for reason in keep or ():
                check_choice("reason", reason, REASONS)
            filters = FilterConfig().without(keep or ())
            config = ImportConfig(split, short_side, filters, licence, f"tinct {__version__}")
            rows = import_sources(
                find_sources(sources or (), layout=layout, subset=subset), output, config, progress=_show
            )
    _print_rows(rows, output)


@data.command("check")
def check(folder: Folder, threads: Threads = None) -> None:
    """Decode every file and list those that are corrupt, truncated, of mixed sizes, grey, too short or missing."""
    from tinct.torch_extra import extra

    _check_folders([folder])
    with extra("data", command="tinct data check"), _data_errors():
        from tinct.training.data import inspection

        report = inspection.check(folder, threads=threads)
    for fault in report.faults:
        typer.echo(f"{fault.path}: {fault.kind}: {fault.detail}")
    counts = Counter(fault.kind for fault in report.faults)
    listed = ", ".join(f"{count} {kind}" for kind, count in counts.most_common()) or "nothing wrong"
    typer.echo(f"{report.files} files: {listed}")
    if report.faults:
        raise typer.Exit(1)


@data.command("stats")
def stats(
    folder: Folder,
    out: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write everything there as JSON.")] = None,
    threads: Threads = None,
) -> None:
    """Describe a data set: clips, frames, hours, sizes, grey files, light, colour and motion, by source."""
    import json

    from tinct.report_file import check_report, write_report
    from tinct.torch_extra import extra

    check_report(out)
    _check_folders([folder])
    with extra("data", command="tinct data stats"), _data_errors():
        from tinct.training.data.statistics import statistics

        found = statistics(folder, threads=threads)
    if len(found.by_source) > 1:
        for name, one in found.by_source.items():
            typer.echo(f"{name}: {_sentence(one)}")
    typer.echo(f"all: {_sentence(found.total)}")
    sizes = list(found.total.sizes.items())
    more = f" and {len(sizes) - 5} more" if len(sizes) > 5 else ""
    typer.echo("sizes: " + ", ".join(f"{size} ({count})" for size, count in sizes[:5]) + more)
    typer.echo("L* in tenths of 0..100, % of pixels:     " + _percent(found.total.lightness))
    typer.echo("chroma in tenths of 0..100, % of pixels: " + _percent(found.total.chroma))
    for line in found.unreadable:
        typer.echo(f"unreadable: {line}")
    write_report(out, json.dumps(found.to_json(), indent=1) + "\n")


def _check_folders(folders: list[Path]) -> None:
    from tinct.runtime.errors import MediaNotFoundError

    for folder in folders:
        if not folder.is_dir():
            raise MediaNotFoundError(f"no folder {folder}")


@contextmanager
def _data_errors() -> Iterator[None]:
    """Errors of the training side, which may not import the runtime's, as those."""
    from tinct.runtime.errors import DataError, OutputError, UnknownNameError
    from tinct.training.data.choices import ChoiceError
    from tinct.training.data.clip_store import DataSetError

    try:
        yield
    except ChoiceError as error:
        raise UnknownNameError(str(error)) from error
    except DataSetError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        raise OutputError(f"{error.filename or 'a file'} cannot be read or written: {error.strerror}") from error


def _show(number: int, count: int, path: str) -> None:
    typer.echo(f"source {number}/{count}: {path}", err=True)


def _print_rows(rows: "tuple[Row, ...]", output: Path) -> None:
    """Each row that was left out, with its figures, then the counts."""
    left_out = [row for row in rows if not row.file]
    for row in left_out:
        where = "" if row.first is None else f" frames {row.first}-{row.last}"
        figures = "" if row.lightness is None else f" ({_figures(row)})"
        typer.echo(f"left out: {row.source}{where}: {row.reason}{figures}")
    for reason, count in Counter(row.reason.split(":")[0] for row in left_out).most_common():
        typer.echo(f"{count} left out: {reason}")
    kept = [row for row in rows if row.file]
    clips = [row for row in kept if row.kind != "photo"]
    frames = sum(row.frames for row in clips)
    typer.echo(f"{len(clips)} shots of {frames} frames and {len(kept) - len(clips)} photographs are in {output}")


def _figures(row: "Row") -> str:
    change = "" if row.change is None else f", change {row.change:.2f}"
    return f"lightness {row.lightness:.1f}, colour {row.colour:.2f}, concentration {row.concentration:.2f}{change}"


def _sentence(one: "Summary") -> str:
    motion = "" if one.motion is None else f", motion {one.motion:.2f} % of the width a frame"
    return (
        f"{one.clips} clips, {one.photos} photographs, {one.frames} frames, {one.hours:.3f} hours, "
        f"{one.share_grey:.1%} of the files grey{motion}"
    )


def _percent(shares: list[float]) -> str:
    return " ".join(f"{share * 100:5.1f}" for share in shares)
