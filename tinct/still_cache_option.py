"""``--still-cache``: the options of commands that encode stills."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.runtime.still_cache import StillCache

StillCacheFolder = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Keep encoded stills there, for other runs and machines.", show_default="none"),
]
StillCacheSize = Annotated[int, typer.Option(min=1, metavar="MB", help="What those may take on disk.")]


def open_still_cache(folder: Path | None, size: int) -> "StillCache | None":
    """The cache in ``folder`` of ``size`` MB at most; None where there is to be none."""
    from tinct.runtime.still_cache import StillCache

    return None if folder is None else StillCache(folder, size << 20)
