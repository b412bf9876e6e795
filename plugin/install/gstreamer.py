"""``tinct install gstreamer``: the element in a folder that GStreamer's loader of Python plugins reads.

The loader reads the ``*.py`` of the folder ``python`` in each folder of plugins, with that folder in Python's path: the
host's package lies beside the file.
"""

from pathlib import Path

from tinct.plugin.install.host_package import Installed, remove_files, remove_host_package, write_host_package
from tinct.plugin.install.whole_file import write_whole
from tinct.runtime.errors import MediaNotFoundError

ENTRY = "tinctcolorize.py"


def install(path: Path | None) -> Installed:
    """Install into ``path``, a folder of plugins (None = the user's own).

    Raises:
        UsageError: a file there is in the way.
        OutputError: a file cannot be written.
    """
    root = _root(path)
    folder = root / "python"
    files = write_host_package(folder, "gstreamer")
    write_whole(folder / ENTRY, (Path(__file__).parents[1] / "gstreamer" / ENTRY).read_bytes())
    where = "" if path is None else f" GStreamer must know the folder: set GST_PLUGIN_PATH to {root}."
    return Installed(
        (*files, folder / ENTRY),
        "Look at the element with gst-inspect-1.0 tinctcolorize. GStreamer needs its loader of Python plugins, GObject "
        "introspection and NumPy (Debian: gstreamer1.0-python3-plugin-loader python3-gst-1.0 python3-numpy)." + where,
    )


def remove(path: Path | None) -> tuple[Path, ...]:
    """Take the installation in ``path`` (None = the user's own folder) away and give what was removed.

    Raises:
        MediaNotFoundError: there is none.
        OutputError: a file cannot be removed.
    """
    folder = _root(path) / "python"
    gone = remove_host_package(folder)
    if not gone:
        raise MediaNotFoundError(f"{folder} holds no installation of Tinct; name the folder of plugins with --path")
    return (*gone, *remove_files([folder / ENTRY], folder))


def _root(path: Path | None) -> Path:
    if path is not None:
        return path.expanduser().absolute()
    # where the loader looks, though GStreamer itself has moved to XDG_DATA_HOME
    return Path.home() / ".gstreamer-1.0" / "plugins"
