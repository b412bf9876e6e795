"""``--auto``: the options of commands that take stills from a library."""

from pathlib import Path
from typing import Annotated

import typer

AutoLibrary = Annotated[
    Path | None,
    typer.Option(metavar="LIBRARY", help="Take a still for each shot from a library.", show_default="none"),
]
Floor = Annotated[
    float | None,
    typer.Option(min=-1.0, max=1.0, help="Similarity that a still has at least (--auto).", show_default="0.75"),
]
Unmatched = Annotated[
    str, typer.Option(help="A shot for which no still is alike enough (--auto): refuse, or leave it grey.")
]
