"""``tinct install nuke``: Tinct's folder in Nuke's own, and one line in ``init.py`` that names it.

Nuke reads ``init.py`` and, in interactive sessions, ``menu.py`` of every folder that `nuke.pluginAddPath` adds while
it starts. Both files here keep whatever fails to themselves.
"""

from pathlib import Path

from tinct.plugin.install.host_package import (
    Installed,
    remove_files,
    remove_host_package,
    write_host_package,
)
from tinct.plugin.install.whole_file import clear_block, set_block, write_whole
from tinct.runtime.errors import MediaNotFoundError

FOLDER = "tinct_for_nuke"
OPENING = (
    "try:",
    "    import nuke",
    "",
    f'    nuke.pluginAddPath("./{FOLDER}")',
    "except Exception as tinct_error:",
    '    print("Tinct is not available: {}".format(tinct_error))',
)
INIT = '''"""Tinct in every session of Nuke, on the farm too. Written by tinct install nuke."""

try:
    from tinct.plugin.nuke import startup

    startup.begin()
except Exception as error:
    print("Tinct is not available: {}; run tinct install nuke again".format(error))
'''
MENU = '''"""Tinct's menu in interactive sessions. Written by tinct install nuke."""

import nuke

try:
    from tinct.plugin.nuke import menu

    menu.build()
except Exception as error:
    REASON = "Tinct is not available: {}; run tinct install nuke again".format(error)
    print(REASON)
    try:
        nuke.menu("Nodes").addMenu("Tinct").addCommand("Not available...", lambda: nuke.message(REASON))
    except Exception as second:
        print("Tinct's menu cannot be made: {}".format(second))
'''


def install(path: Path | None) -> Installed:
    """Install into ``path``, a folder that Nuke reads at its start (None = ``~/.nuke``).

    Raises:
        UsageError: a file there is in the way.
        OutputError: a file cannot be written.
    """
    root = _root(path)
    folder = root / FOLDER
    files = write_host_package(folder, "nuke")
    for name, text in (("init.py", INIT), ("menu.py", MENU)):
        write_whole(folder / name, text.encode())
        files.append(folder / name)
    set_block(root / "init.py", OPENING)
    where = "" if path is None else f" Nuke must know the folder: add {root} to NUKE_PATH."
    return Installed(
        (*files, root / "init.py"),
        f"Start Nuke again; the node is under Nodes > Tinct, and Tab finds it by its name.{where}",
    )


def remove(path: Path | None) -> tuple[Path, ...]:
    """Take the installation in ``path`` (None = ``~/.nuke``) away and give what was removed or changed.

    Raises:
        MediaNotFoundError: there is none.
        OutputError: a file cannot be removed.
    """
    root = _root(path)
    folder = root / FOLDER
    changed = [root / "init.py"] if clear_block(root / "init.py") else []
    changed += remove_host_package(folder)
    if folder.is_dir():
        changed += remove_files([folder / "init.py", folder / "menu.py"], folder)
    if not changed:
        raise MediaNotFoundError(f"{root} holds no installation of Tinct; name the folder with --path")
    return tuple(changed)


def _root(path: Path | None) -> Path:
    return Path.home() / ".nuke" if path is None else path.expanduser().absolute()
