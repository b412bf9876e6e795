"""``tinct install blender``: the add-on, as one folder among Blender's own."""

import os
import sys
from pathlib import Path

from tinct.plugin.install.host_package import Installed, remove_files, remove_host_package, write_host_package
from tinct.plugin.install.whole_file import write_whole
from tinct.runtime.errors import MediaNotFoundError, UsageError

ADDON = "tinct_colorize"
ENTRY = "tinct_colorize.py"


def install(path: Path | None) -> Installed:
    """Install into ``path``, a folder of scripts (None = that of every Blender that this user has started).

    Raises:
        UsageError: no Blender was found, or a file there is in the way.
        OutputError: a file cannot be written.
    """
    files: list[Path] = []
    for root in _roots(path):
        folder = root / "addons" / ADDON
        files += write_host_package(folder, "blender")
        write_whole(folder / "__init__.py", (Path(__file__).parents[1] / "blender" / ENTRY).read_bytes())
        files.append(folder / "__init__.py")
    where = "" if path is None else f" Blender must know the folder: set BLENDER_USER_SCRIPTS to {path}."
    return Installed(
        tuple(files),
        "Start Blender again and switch the add-on on: Edit > Preferences > Add-ons > Tinct. It is in the side bar (N) "
        f"of the Video Sequencer.{where}",
    )


def remove(path: Path | None) -> tuple[Path, ...]:
    """Take the installation in ``path`` (None = every one of this user's) away and give what was removed.

    Raises:
        MediaNotFoundError: there is none.
        OutputError: a file cannot be removed.
    """
    gone: list[Path] = []
    for root in _roots(path):
        folder = root / "addons" / ADDON
        removed = remove_host_package(folder)
        if removed:
            gone += [*removed, *remove_files([folder / "__init__.py"], folder)]
    if not gone:
        raise MediaNotFoundError("no installation of Tinct was found; name the folder of scripts with --path")
    return tuple(gone)


def _roots(path: Path | None) -> list[Path]:
    """Folders with ``addons``."""
    if path is not None:
        return [path.expanduser().absolute()]
    named = os.environ.get("BLENDER_USER_SCRIPTS")
    if named:
        return [Path(named)]
    home = Path.home()
    places = {
        "darwin": home / "Library" / "Application Support" / "Blender",
        "win32": Path(os.environ.get("APPDATA", home)) / "Blender Foundation" / "Blender",
    }
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "blender"
    versions = sorted(each for each in places.get(sys.platform, config).glob("[0-9]*.[0-9]*") if each.is_dir())
    if not versions:
        raise UsageError(
            f"{places.get(sys.platform, config)} holds no folder of a Blender; start Blender once, or name its folder "
            "of scripts with --path"
        )
    return [each / "scripts" for each in versions]
