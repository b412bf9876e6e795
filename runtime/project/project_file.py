"""Project files: JSON, with paths relative to the file where what they name lies below it or beside its folder."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, NoReturn

from tinct.runtime.errors import ProjectError
from tinct.runtime.project.document import from_document, to_document
from tinct.runtime.project.lock import ProjectLock
from tinct.runtime.project.project import Project
from tinct.runtime.project.whole_file import write_whole

SUFFIX = ".tinct"
MOST_BYTES = 256 << 20
"""What is larger is no project: 1,000 shots take half a megabyte."""


def load_project(path: str | os.PathLike[str]) -> Project:
    """The project in the file ``path``; its paths are whole.

    Raises:
        ProjectError: no such file, not JSON, of a newer schema, or a field that is wrong: the message names file and
            field.
    """
    name = os.fspath(path)
    try:
        if os.path.getsize(name) > MOST_BYTES:
            raise ProjectError(f"{name} is larger than {MOST_BYTES >> 20} MB and no project; name a {SUFFIX} file")
        with open(name, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise ProjectError(f"there is no project {name}; make one with tinct project new") from None
    except OSError as error:
        raise ProjectError(f"{name} cannot be read: {error.strerror or error}; name a {SUFFIX} file") from error
    return parse_project(data, name)


def parse_project(data: bytes, path: str) -> Project:
    """The project in ``data``, the content of the file ``path``.

    Raises:
        ProjectError: as `load_project`.
    """
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{path} is no project: it is not JSON ({error}); name a {SUFFIX} file") from None
    folder = _home(path)
    try:
        return from_document(document, lambda text: _whole(folder, text))
    except ProjectError as error:
        raise ProjectError(f"{path}: {error}") from None


def format_project(project: Project, path: str | os.PathLike[str]) -> bytes:
    """The content of the file ``path`` for ``project``."""
    folder = _home(path)
    beside = os.path.dirname(folder)
    document = to_document(project, lambda text: _short(folder, beside, text))
    try:
        return _lines(document, ascii_only=False).encode("utf-8")
    except UnicodeEncodeError:  # names of files that are no UTF-8
        return _lines(document, ascii_only=True).encode("ascii")


def save_project(project: Project, path: str | os.PathLike[str], lock: ProjectLock | None = None) -> None:
    """Write ``project`` to ``path``, whole or not at all.

    ``lock``: of this file, held by the caller; without it the file is locked for as long as it is written.

    Raises:
        ProjectInUseError: another program has it open for writing.
        OutputError: the disk is full, or the place cannot be written; the file is as it was.
    """
    data = format_project(project, path)
    with contextlib.nullcontext() if lock is not None else ProjectLock(path):
        write_whole(os.fspath(path), data)


def _lines(document: dict[str, Any], *, ascii_only: bool) -> str:
    """``document`` as JSON with a line a shot: quick to write, and a comparison of two files names the shots."""
    fields = []
    for name, value in document.items():
        if name == "shots" and value:
            shots = ",\n  ".join(json.dumps(shot, ensure_ascii=ascii_only, allow_nan=False) for shot in value)
            text = f"[\n  {shots}\n ]"
        else:
            text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False)
        fields.append(f" {json.dumps(name, ensure_ascii=ascii_only)}: {text}")
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _home(path: str | os.PathLike[str]) -> str:
    """The folder that the paths in a project file are relative to: where the file is, not where a link to it is. Links
    on the way there stay as they are, so that what was found through them is still seen to lie beside it."""
    return os.path.dirname(os.path.realpath(path) if os.path.islink(path) else os.path.abspath(path))


def _whole(folder: str, text: str) -> str:
    """The path ``text`` of a file in ``folder`` as a whole one."""
    return os.path.normpath(os.path.join(folder, text)) if text else text


def _short(folder: str, beside: str, text: str) -> str:
    """The path ``text`` as a file in ``folder`` has it: relative where it lies below ``folder`` or below ``beside``,
    the folder that this is in."""
    if not os.path.isabs(text):
        return text.replace(os.sep, "/")
    near = _is_below(text, folder) or (beside != os.path.dirname(beside) and _is_below(text, beside))
    return os.path.relpath(text, folder).replace(os.sep, "/") if near else text


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
