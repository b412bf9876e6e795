"""``tinct install``."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

HOSTS = {
    "nuke": "tinct.plugin.install.nuke",
    "resolve": "tinct.plugin.install.resolve",
    "gstreamer": "tinct.plugin.install.gstreamer",
    "blender": "tinct.plugin.install.blender",
    "vapoursynth": "tinct.plugin.install.vapoursynth",
}
"""Modules with ``install(path) -> Installed`` and ``remove(path) -> tuple[Path, ...]``."""


def install(
    host: Annotated[str, typer.Argument(metavar="HOST", help=f"One of {', '.join(HOSTS)}.", show_default=False)],
    path: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the host looks.", show_default="the host's usual folder"),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the installation away.")] = False,
) -> None:
    """Put Tinct into a host, or take it out."""
    from tinct.runtime.errors import UnknownNameError

    if host not in HOSTS:
        raise UnknownNameError(f"there is no host {host!r}; there are {', '.join(HOSTS)}")
    module = importlib.import_module(HOSTS[host])
    if remove:
        for gone in module.remove(path):
            typer.echo(f"{'changed' if gone.exists() else 'removed'} {gone}")
        return
    installed = module.install(path)
    for file in installed.files:
        typer.echo(str(file))
    typer.echo(installed.next_steps)
