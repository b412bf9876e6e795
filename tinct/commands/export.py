"""``tinct export``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Flavour = Literal["tensorrt_rtx", "tensorrt"]
Precision = Literal["fp16", "fp32"]


def export(
    checkpoint: Annotated[
        Path,
        typer.Argument(
            metavar="CHECKPOINT",
            help="A checkpoint that tinct train wrote (with --add-descriptor a bundle's folder; with --engine that, or "
            "a shipped model's name).",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Folder of the new bundle; with --engine that of the engines, in the bundle unless named.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the model.")] = "lite",
    version: Annotated[str, typer.Option(metavar="VERSION", help="Version of the model.")] = "0.1.0",
    card: Annotated[
        Path | None,
        typer.Option(metavar="JSON", help="What the model card says; see docs/models.md.", show_default="none"),
    ] = None,
    add_descriptor: Annotated[
        bool,
        typer.Option("--add-descriptor", help="Copy a bundle that lacks the graph libraries need, and add it."),
    ] = False,
    motion: Annotated[
        str | None,
        typer.Option(
            metavar="search|CHECKPOINT",
            help="What finds motion in the frame graph: a search for patches, or a motion network (tinct train "
            "motion_cpu or motion_gpu).",
            show_default="none: motion is searched outside",
        ),
    ] = None,
    engine: Annotated[
        Flavour | None,
        typer.Option(help="Build TensorRT engines from a bundle; see docs/tensorrt.md.", show_default="none"),
    ] = None,
    precision: Annotated[Precision, typer.Option(help="With --engine: what convolutions compute in.")] = "fp16",
    working_size: Annotated[
        list[int] | None,
        typer.Option(
            metavar="PIXELS", help="With --engine: a short side it is for; may be repeated.", show_default="the model's"
        ),
    ] = None,
    stills: Annotated[int, typer.Option(metavar="N", help="With --engine: most stills in force at one frame.")] = 4,
    portrait: Annotated[bool, typer.Option("--portrait", help="With --engine: for upright plates too.")] = False,
    architecture: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SM",
            help="With --engine: a GPU it is for, such as sm89; may be repeated.",
            show_default="sm86, sm89, sm120; tensorrt: the one here",
        ),
    ] = None,
) -> None:
    """Export a checkpoint to a model bundle, with a parity report, or build TensorRT engines from a bundle (needs the
    packages of the extra "export"; for engines "rtx" or "gpu")."""
    if engine is not None:
        _build_engines(
            str(checkpoint),
            output,
            flavour=engine,
            precision=precision,
            working_sizes=tuple(working_size or ()),
            stills=stills,
            portrait=portrait,
            architectures=tuple(architecture or ()),
        )
        return
    _export_bundle(
        checkpoint, output, name=name, version=version, card=card, add_descriptor=add_descriptor, motion=motion
    )


def _export_bundle(
    checkpoint: Path,
    output: Path | None,
    *,
    name: str,
    version: str,
    card: Path | None,
    add_descriptor: bool,
    motion: str | None,
) -> None:
    from tinct.runtime.errors import MediaNotFoundError, UsageError
    from tinct.torch_extra import extra

    if output is None:
        raise UsageError("tinct export needs a folder for the new bundle: --output BUNDLE")
    if add_descriptor:
        if not checkpoint.is_dir():
            raise MediaNotFoundError(f"no bundle {checkpoint}; --add-descriptor wants the folder of a model bundle")
        with extra("export", command="tinct export"):
            from tinct.export.added_descriptor import add_descriptor as add

            add(checkpoint, output)
    else:
        moves: Path | Literal["search"] | None = "search" if motion == "search" else Path(motion) if motion else None
        for needed in (checkpoint, moves):
            if isinstance(needed, Path) and not needed.is_file():
                raise MediaNotFoundError(f"no checkpoint {needed}; name a file that tinct train wrote")
        with extra("export", command="tinct export"):
            from tinct.export.bundle import export_bundle

            export_bundle(checkpoint, output, name=name, version=version, card=card, motion=moves)
    typer.echo(f"{output}: see `tinct info {output}`")


def _build_engines(
    model: str,
    output: Path | None,
    *,
    flavour: Flavour,
    precision: Precision,
    working_sizes: tuple[int, ...],
    stills: int,
    portrait: bool,
    architectures: tuple[str, ...],
) -> None:
    from tinct.runtime.backends.tensorrt_library import EXTRAS
    from tinct.runtime.bundle import find_bundle
    from tinct.runtime.engine_card import FOLDER_NAME, FOLDER_VARIABLE
    from tinct.torch_extra import extra

    bundle = find_bundle(model)
    with extra(EXTRAS[flavour], command="tinct export --engine"):
        from tinct.export.engine import EnginePlan, build_engines
        from tinct.export.engine_profiles import EngineSizes

    sizes = EngineSizes(working_sizes or (bundle.manifest.working_size,), stills, portrait)
    plan = EnginePlan(flavour, sizes, precision, architectures)
    built = build_engines(bundle, plan, output)
    folder = output or bundle.folder / FOLDER_NAME
    for entry in built.engines.values():
        size = (folder / entry.file).stat().st_size
        typer.echo(f"{folder / entry.file}: {size / 2**20:.1f} MB for {', '.join(entry.spec.architectures)}")
    if built.half_error:
        error = built.half_error
        typer.echo(f"ab of the fp16 graphs differs by {error['mean']} on average, {error['p999']} at 99.9 %, Lab units")
    for complaint in built.complaints:
        typer.echo(f"{flavour}: {complaint}", err=True)
    chosen = "" if output is None else f"{FOLDER_VARIABLE}={output} "
    typer.echo(f"use it: {chosen}tinct colorize ... --backend {flavour}")
