"""``PROJECT`` on the command line, where it may name a file that is to be made."""

import os
from collections.abc import Sequence
from pathlib import Path

from tinct.runtime.errors import OutputError, OutputExistsError, UsageError
from tinct.runtime.project import OutputSettings, Project, load_project
from tinct.runtime.project.project_file import SUFFIX
from tinct.runtime.project.settings import SETTINGS, Value

FOLDER = "colour"
"""Folder of the results, beside the project, unless it is told otherwise."""


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Refuse a place for a new project that is none.

    Raises:
        UsageError: it ends otherwise than a project.
        OutputExistsError: it is there already.
        OutputError: its folder is not.
    """
    if path.suffix != SUFFIX:
        raise UsageError(f"{path}: the name of a project ends in {SUFFIX}")
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} is there already; add --overwrite, name another, or use tinct project import")
    if not path.absolute().parent.is_dir() or path.is_dir():
        raise OutputError(f"{path} cannot be written: name a file in a folder that exists")


def new_project(
    path: Path, *, output: Path | None = None, pattern: str = "{shot}.mov", library: Path | None = None
) -> Project:
    """An empty project for the file ``path``.

    Raises:
        ProjectError: the pattern is none.
    """
    folder = os.path.abspath(output or path.absolute().parent / FOLDER)
    shelf = None if library is None else os.path.abspath(library)
    return Project(path.stem, OutputSettings(folder, pattern), library=shelf)


def load_or_new(path: Path) -> Project:
    """The project ``path``, or an empty one where there is none.

    Raises:
        ProjectError: it is broken.
        UsageError: it is to be made, and ends otherwise than a project.
    """
    if path.exists():
        return load_project(path)
    refuse_existing(path, overwrite=False)
    return new_project(path)


def parse_settings(texts: Sequence[str]) -> dict[str, Value]:
    """Parameters of ``NAME=VALUE``; `Project` checks their values.

    Raises:
        UsageError: there is none of a name, or a number that is none.
    """
    values: dict[str, Value] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in SETTINGS:
            raise UsageError(f"'{text}' sets no parameter; write NAME=VALUE with one of {', '.join(SETTINGS)}")
        try:
            values[name] = SETTINGS[name].kind(value)
        except ValueError as error:
            raise UsageError(f"'{text}': {value!r} is no value of {name}") from error
    return values
