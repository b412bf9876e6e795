"""``tinct install resolve``: scripts in Resolve's menu Workspace > Scripts, and Tinct's folder beside them.

Resolve lists every script below ``Scripts`` in its menu, so the package lies outside of it. The scripts keep whatever
fails to themselves.
"""

import os
import sys
from pathlib import Path

from tinct.plugin.install.host_package import (
    Installed,
    remove_files,
    remove_host_package,
    write_host_package,
)
from tinct.plugin.install.whole_file import write_whole
from tinct.runtime.errors import MediaNotFoundError, UsageError

FOLDER = "Tinct"
MENU = {
    "Edit": ("Colour selected clips",),
    "Color": ("Colour selected clips", "Send stills to Tinct"),
    "Utility": ("Open panel", "Update from panel", "Stop colouring", "Settings"),
}
"""Scripts by the page on which they are listed; Utility is listed on all."""
SIGNATURE = "# Written by tinct install resolve; its --remove takes it away."
SCRIPT = """{signature}
import os
import sys

try:
    sys.path.insert(0, {folder!r})
    try:
        from tinct.plugin.resolve.menu import run
    finally:
        sys.path.remove({folder!r})
    run({action!r}, globals())
except Exception as error:
    print("Tinct is not available: {{}}; run tinct install resolve again".format(error))
"""


def install(path: Path | None) -> Installed:
    """Install into ``path``, the folder ``Fusion`` of Resolve's own (None = where it is on this system).

    Raises:
        UsageError: a file there is in the way.
        OutputError: a file cannot be written.
    """
    root = _root(path)
    scripts = {script: SCRIPT.format(signature=SIGNATURE, folder=str(root / FOLDER), action=script.stem)
               for script in _scripts(root)}  # fmt: skip
    for script in scripts:
        if script.exists() and not _is_ours(script):
            raise UsageError(f"{script} is there and tinct install did not write it; move it away")
    files = write_host_package(root / FOLDER, "resolve")
    for script, text in scripts.items():
        write_whole(script, text.encode())
        files.append(script)
    return Installed(
        tuple(files),
        "Resolve lists the scripts under Workspace > Scripts > Tinct on the Edit and Color pages, without a restart. "
        "If its menu has no Python scripts, it has found no Python: install 3.9 or newer for all users.",
    )


def remove(path: Path | None) -> tuple[Path, ...]:
    """Take the installation in ``path`` (None = where it is on this system) away and give what was removed.

    Raises:
        MediaNotFoundError: there is none.
        OutputError: a file cannot be removed.
    """
    root = _root(path)
    ours = [script for script in _scripts(root) if script.exists() and _is_ours(script)]
    changed = remove_host_package(root / FOLDER)
    changed += [gone for script in ours for gone in remove_files([script], script.parent)]
    if not changed:
        raise MediaNotFoundError(f"{root} holds no installation of Tinct; name the folder with --path")
    return tuple(changed)


def usual_folder() -> Path:
    """Resolve's folder ``Fusion`` of this user, on this system."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion"
    if sys.platform == "win32":
        return Path(os.environ["APPDATA"]) / "Blackmagic Design/DaVinci Resolve/Support/Fusion"
    return Path.home() / ".local/share/DaVinciResolve/Fusion"


def _scripts(root: Path) -> list[Path]:
    return [root / "Scripts" / page / FOLDER / f"{name}.py" for page, names in MENU.items() for name in names]


def _root(path: Path | None) -> Path:
    return usual_folder() if path is None else path.expanduser().absolute()


def _is_ours(script: Path) -> bool:
    return script.read_bytes().startswith(SIGNATURE.encode())
