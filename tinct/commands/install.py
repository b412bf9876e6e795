"""``tinct install``."""

import importlib
from collections import Counter
from collections.abc import Iterable, Iterator
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
        for line in _lines(module.remove(path), "removed", "changed"):
            typer.echo(line)
        return
    installed = module.install(path)
    for line in _lines(installed.files, "", "wrote"):
        typer.echo(line)
    typer.echo(installed.next_steps)


def _lines(files: Iterable[Path], gone: str, there: str) -> Iterator[str]:
    """What became of ``files``, a line each; those of a whole package are one line."""
    from tinct.plugin.install.host_package import PACKAGE_FILES

    known = tuple(files)
    packages = Counter({path.parent: 0 for path in known if path.name == PACKAGE_FILES})
    for path in known:
        package = next((folder for folder in path.parents if folder in packages), None)
        if package is None:
            yield f"{there if path.exists() else gone} {path}"
        else:
            packages[package] += 1
    for package, count in packages.items():
        yield f"{there if package.exists() else gone} {package} ({count} files)"
