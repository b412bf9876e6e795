"""Files around a project: media that were moved, and timelines for other programs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from tinct.runtime.project import save_project
from tinct.runtime.project.missing_media import FoundMedia, find_media, missing_media
from tinct.runtime.project.relink import with_paths
from tinct.ui.lane import Lane, Stale
from tinct.ui.models.document import Document
from tinct.ui.models.messages import Messages
from tinct.ui.models.processes import Processes, Said

MOST_NAMED = 4
ABOUT = "files"
ENDINGS = (".otio", ".edl")


class MediaFiles:
    """Relinks and exports what the document holds, off the UI thread."""

    def __init__(self, document: Document, messages: Messages, lane: Lane, processes: Processes):
        """Work is done by ``lane``."""
        self._document, self._messages, self._lane, self._processes = document, messages, lane, processes

    def relink(self, folder: str) -> None:
        """Look for what is missing in ``folder`` and below, and say what was found and what was not."""
        project = self._document.project

        def work(stale: Stale) -> Iterator[Any]:
            missing = missing_media(project)
            yield len(missing), find_media(missing, folder)

        self._lane.ask(("relink", folder), work, lambda got: self._take(folder, *got), self._fail)

    def export(self, path: str, media: str = "plate") -> None:
        """Write the shots as they stand as a timeline for editing programs, by ``tinct project export``; what was there
        is replaced, for whoever chose the place was asked.

        Args:
            path: ends in one of `ENDINGS`; others get the first.
            media: which its clips show: ``plate`` or ``result``.
        """
        project = self._document.project
        place = path if path.lower().endswith(ENDINGS) else path + ENDINGS[0]

        def work(stale: Stale) -> Iterator[Any]:
            with tempfile.TemporaryDirectory(prefix="tinct-export-") as folder:
                copy = os.path.join(folder, "project.tinct")
                save_project(project, copy)
                yield self._processes.run(["project", "export", copy, place, "--media", media, "--overwrite"])

        def done(said: Said) -> None:
            if said.code:
                self._messages.problem(f"{place} was not written: {said.problem}", ABOUT)
            else:
                self._messages.settle(ABOUT)
                self._messages.note(f"{place} was written.", ABOUT)

        self._lane.ask(("export", place), work, done, self._fail)

    def _take(self, folder: str, missing: int, found: FoundMedia) -> None:
        self._messages.settle(ABOUT)
        if not missing:
            self._messages.note("Nothing is missing: all media are where the project says.", ABOUT)
            return
        before = self._document.project
        after, _ = with_paths(before, lambda path: found.moved.get(path, path))
        if found.moved:
            self._document.edit("Relink media", after)
        text = f"{len(found.moved)} of {missing} files that were missing are in {folder}."
        if found.lost:
            text += f" Not found there: {_named(found.lost)}."
        if found.unclear:
            text += f" Found more than once: {_named(found.unclear)}; choose a folder with one of them."
        if found.lost or found.unclear:
            self._messages.problem(text, ABOUT)
        else:
            self._messages.note(text, ABOUT)

    def _fail(self, error: Exception) -> None:
        self._messages.problem(str(error), ABOUT)


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return ", ".join(paths[:MOST_NAMED]) + more
