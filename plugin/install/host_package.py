"""The package that a host imports: the modules of ``plugin/`` that run inside hosts, under their own names.

``FOLDER/tinct/plugin/...`` stands in the host's path, so the same absolute imports hold there and here. It needs no
library; the worker runs in the interpreter that is recorded beside ``client.py``.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import tinct
from tinct.plugin.client import INSTALLATION, write_installation
from tinct.plugin.install.whole_file import write_whole
from tinct.runtime.errors import OutputError, UsageError

PACKAGE_FILES = "tinct_files.json"
"""Lists what was written, so that a removal takes away nothing else."""

HOSTS_WITH_PANEL = ("nuke",)
QTPY = ("QtPy", "packaging")
"""Pure Python; goes along for hosts whose Python has none, and is used only there."""

SLIM_INIT = '''"""The part of Tinct that runs inside {host}; ``tinct install {host}`` wrote it and writes it anew."""

__version__ = "{version}"
'''


class Installed(NamedTuple):
    """What an installation wrote or found as it should be, and what the user does next, in whole sentences."""

    files: tuple[Path, ...]
    next_steps: str


def write_host_package(folder: Path, host: str) -> list[Path]:
    """Write the package for ``host`` (a folder of ``plugin/``) into ``folder``, and give all its files.

    Files of an earlier version that are no longer part of it go; files of others stay. A second call changes nothing.

    Raises:
        UsageError: ``folder`` holds a package ``tinct`` that ``tinct install`` did not write.
        OutputError: a file cannot be written.
    """
    earlier = _listed(folder)
    if earlier is None and any(path.is_file() for path in (folder / "tinct").rglob("*")):
        raise UsageError(
            f"{folder / 'tinct'} is there and tinct install did not write it; move it away or choose another --path"
        )
    written = []
    for name, data in _contents(host):
        write_whole(folder / name, data)
        written.append(name)
    _remove_listed(folder, [name for name in earlier or () if name not in written])
    write_whole(folder / "tinct" / PACKAGE_FILES, (json.dumps(sorted(written), indent=1) + "\n").encode())
    return [folder / name for name in (*written, f"tinct/{PACKAGE_FILES}")]


def remove_host_package(folder: Path) -> list[Path]:
    """Take away what `write_host_package` wrote into ``folder``, and give it; empty if there was nothing of it.

    Raises:
        OutputError: a file cannot be removed.
    """
    listed = _listed(folder)
    return [] if listed is None else _remove_listed(folder, [*listed, f"tinct/{PACKAGE_FILES}"])


def remove_files(paths: list[Path], root: Path) -> list[Path]:
    """Remove ``paths``, what Python compiled of them, and the folders below and including ``root`` that are empty then.

    Raises:
        OutputError: a file cannot be removed.
    """
    gone = []
    try:
        for path in paths:
            if path.is_file():
                path.unlink()
                gone.append(path)
            for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
                compiled.unlink()
        folders = {parent for path in paths for parent in path.parents if parent == root or root in parent.parents}
        for parent in sorted(folders, key=lambda one: len(one.parts), reverse=True):
            for empty in (parent / "__pycache__", parent):
                if empty.is_dir() and not any(empty.iterdir()):
                    empty.rmdir()
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be removed ({error.strerror}); see that it can be") from error
    return gone


def _contents(host: str) -> Iterator[tuple[str, bytes]]:
    """Names below the folder and contents of the package's files."""
    plugin = Path(__file__).parents[1]
    if host in HOSTS_WITH_PANEL:
        yield from _panel(plugin.parent)
    yield "tinct/__init__.py", SLIM_INIT.format(host=host, version=tinct.__version__).encode()
    for path in sorted((*plugin.glob("*.py"), *(plugin / host).rglob("*"))):
        if path.is_file() and path.suffix != ".pyc":
            yield f"tinct/plugin/{path.relative_to(plugin).as_posix()}", path.read_bytes()
    yield f"tinct/plugin/{INSTALLATION}", _record()


def _panel(tinct_folder: Path) -> Iterator[tuple[str, bytes]]:
    """The panel, what it reads of projects, and qtpy with what that needs, if they are here."""
    files = [tinct_folder / "runtime" / name for name in ("__init__.py", "errors.py", "confidence_curve.py")]
    files += [*(tinct_folder / "runtime" / "project").rglob("*.py"), *(tinct_folder / "ui").rglob("*.py")]
    for path in sorted(files):
        yield f"tinct/{path.relative_to(tinct_folder).as_posix()}", path.read_bytes()
    for name in QTPY:
        try:
            distributed = metadata.files(name) or ()
        except metadata.PackageNotFoundError:
            continue
        for one in distributed:
            if "tests" in one.parts:
                continue
            if one.suffix == ".py" or (one.name.startswith("LICENSE") and "dist-info" in one.parts[0]):
                yield f"tinct/qtpy_of_tinct/{one.as_posix()}", Path(str(one.locate())).read_bytes()


def _record() -> bytes:
    """This interpreter; with the checkout's folder if Tinct runs from one and may not be known elsewhere."""
    root = Path(tinct.__file__).parents[1]
    checkout = {"PYTHONPATH": str(root)} if (root / "pyproject.toml").is_file() else None
    folder = tempfile.mkdtemp()
    try:
        path = os.path.join(folder, INSTALLATION)
        write_installation(path, sys.executable, checkout)
        return Path(path).read_bytes()
    finally:
        shutil.rmtree(folder)


def _listed(folder: Path) -> list[str] | None:
    """The files that an earlier call wrote; None if there was none."""
    path = folder / "tinct" / PACKAGE_FILES
    try:
        names = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}); remove {folder / 'tinct'} and install again") from error
    if names is None:
        return None
    return [name for name in names if isinstance(name, str) and ".." not in Path(name).parts]


def _remove_listed(folder: Path, names: list[str]) -> list[Path]:
    return remove_files([folder / name for name in names if not Path(name).is_absolute()], folder)
