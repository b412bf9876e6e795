"""``tinct export``."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    checkpoint: Annotated[
        Path,
        typer.Argument(
            metavar="CHECKPOINT",
            help="A checkpoint that tinct train wrote (a bundle's folder with --add-descriptor).",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="BUNDLE", help="Folder of the new bundle.", show_default=False)
    ],
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
) -> None:
    """Export a checkpoint to a model bundle, with a parity report (needs the packages of the extra "export")."""
    from tinct.runtime.errors import MediaNotFoundError
    from tinct.torch_extra import extra

    if add_descriptor:
        if not checkpoint.is_dir():
            raise MediaNotFoundError(f"no bundle {checkpoint}; --add-descriptor wants the folder of a model bundle")
        with extra("export", command="tinct export"):
            from tinct.export.added_descriptor import add_descriptor as add

            add(checkpoint, output)
    else:
        if not checkpoint.is_file():
            raise MediaNotFoundError(f"no checkpoint {checkpoint}; name a file that tinct train wrote")
        with extra("export", command="tinct export"):
            from tinct.export.bundle import export_bundle

            export_bundle(checkpoint, output, name=name, version=version, card=card)
    typer.echo(f"{output}: see `tinct info {output}`")
