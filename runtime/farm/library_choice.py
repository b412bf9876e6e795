"""The stills that a job's analysis chooses from a library, pinned to what the library held when the job was written."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import LibraryError
from tinct.runtime.farm.job import LibraryStills
from tinct.runtime.farm.paths import PathRule, mapped
from tinct.runtime.library.auto_stills import AutoStills, choose_auto_stills
from tinct.runtime.library.manifest import read_manifest
from tinct.runtime.library.still_library import StillLibrary, open_library
from tinct.runtime.run.request import ColorizeRequest
from tinct.runtime.shots import ShotList


def library_of(auto: LibraryStills, rules: Sequence[PathRule]) -> Path:
    """Where the library lies here.

    Raises:
        LibraryError: it is another than the job's, or broken.
    """
    folder = Path(mapped(auto.library, rules))
    if read_manifest(folder).identity != auto.identity:
        raise LibraryError(
            f"the library {folder} is another than when the job was written; write the bundle again to take the stills "
            "that it has now"
        )
    return folder


def open_library_of(auto: LibraryStills, request: ColorizeRequest, rules: Sequence[PathRule]) -> StillLibrary:
    """The library, open for the model of ``request``.

    Raises:
        TinctError: as `library_of`, `create_backend` and `open_library`.
    """
    backend = create_backend(request.backend, find_bundle(request.model), threads=request.threads)
    opened = open_library(library_of(auto, rules), backend)
    if opened.manifest.identity != auto.identity:
        raise LibraryError(f"the library {opened.folder} was changed while it was opened; write the bundle again")
    return opened


def choose_of(auto: LibraryStills, opened: StillLibrary, request: ColorizeRequest, shots: ShotList) -> AutoStills:
    """A still for each of the ``shots`` of a film.

    Raises:
        TinctError: as `choose_auto_stills`.
    """
    return choose_auto_stills(
        opened, Path(request.input), shots, frames=request.frames, floor=auto.floor, unmatched=auto.unmatched
    )


def references_of(chosen: AutoStills, library: str, rules: Sequence[PathRule]) -> list[dict[str, Any]]:
    """The chosen stills as a film's request names them: on the machine that wrote the job, where the library is called
    ``library``, if the rules lead back from there, else as they are called here."""
    here, found = os.path.abspath(chosen.library), []
    for still in chosen.references:
        path = os.path.abspath(still.path)
        there = os.path.normpath(os.path.join(library, os.path.relpath(path, here)))
        named = there if mapped(there, rules) == path else path
        found.append({"path": named, "frame": still.frame, "weight": still.weight})
    return found
