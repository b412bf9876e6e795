"""``tinct install vapoursynth``: the module ``tinct_vapoursynth`` in a folder of Python's path."""

import os
from pathlib import Path

from tinct.plugin.install.host_package import Installed, remove_files, remove_host_package, write_host_package
from tinct.plugin.install.whole_file import write_whole
from tinct.runtime.errors import MediaNotFoundError

ENTRY = "tinct_vapoursynth.py"


def install(path: Path | None) -> Installed:
    """Install into ``path``, a folder that scripts can import from (None = one of Tinct's own).

    Raises:
        UsageError: a file there is in the way.
        OutputError: a file cannot be written.
    """
    folder = _root(path)
    files = write_host_package(folder, "vapoursynth")
    write_whole(folder / ENTRY, (Path(__file__).parents[1] / "vapoursynth" / ENTRY).read_bytes())
    return Installed(
        (*files, folder / ENTRY),
        f"Scripts import tinct_vapoursynth; their Python must know the folder: add {folder} to PYTHONPATH, or begin a "
        f'script with import sys; sys.path.append("{folder}"). That Python needs NumPy.',
    )


def remove(path: Path | None) -> tuple[Path, ...]:
    """Take the installation in ``path`` (None = Tinct's own folder) away and give what was removed.

    Raises:
        MediaNotFoundError: there is none.
        OutputError: a file cannot be removed.
    """
    folder = _root(path)
    gone = remove_host_package(folder)
    if not gone:
        raise MediaNotFoundError(f"{folder} holds no installation of Tinct; name the folder with --path")
    return (*gone, *remove_files([folder / ENTRY], folder))


def _root(path: Path | None) -> Path:
    if path is not None:
        return path.expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "tinct" / "vapoursynth"
