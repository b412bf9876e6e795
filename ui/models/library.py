"""A folder of pictures to choose stills from: described once, ranked by their likeness to the frame."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from tinct.ui.lane import Lane, Post, Stale, Work
from tinct.ui.models.connection import Connect
from tinct.ui.models.document import Document
from tinct.ui.models.messages import Messages
from tinct.ui.models.viewer import Viewer
from tinct.ui.signal import Signal

RANKED = 60
"""Stills that are offered at first, best first."""
PAGE = 300
"""Stills that are added when the end of those is seen."""
MANIFEST = "manifest.json"
ABOUT = "library"


class Ranked(NamedTuple):
    """A still of the library and its likeness to the frame, -1..1."""

    path: str
    similarity: float


class Library:
    """``changed``: another library, another order, or more of it is described. ``share``: how much of a folder is
    described, 0..1, None while nothing is."""

    def __init__(
        self, document: Document, viewer: Viewer, messages: Messages, lane: Lane, connect: Connect, post: Post
    ):
        """Ranked for the frame of ``viewer`` in ``lane``, by a client that ``connect`` gives."""
        self.changed = Signal()
        self.share: float | None = None
        self.is_ranking = False
        self._document, self._viewer, self._messages = document, viewer, messages
        self._lane, self._connect, self._post = lane, connect, post
        self._ranked: list[Ranked] = []
        self._is_all = True
        self._asked_more = 0
        """How many were offered when more were asked for."""
        self._ranked_for: tuple[str, str, int] | None = None
        self._folder = self.folder
        document.changed.connect(self._follow)

    @property
    def folder(self) -> str:
        """The library; empty: none."""
        folder = self._document.project.library
        return "" if folder is None else folder

    def use(self, folder: str) -> None:
        """Offer what lies in ``folder``: a library, or pictures, which are described first, in the background."""
        folder = os.path.abspath(folder)
        if os.path.isfile(os.path.join(folder, MANIFEST)):
            self._set(folder)
            return
        path = self._document.path
        beside = self._document.project.output.folder if path is None else os.path.dirname(path)
        library = os.path.join(beside, f"{os.path.basename(folder)}.library")
        model = str(self._document.project.parameters.get("model", "lite"))

        def work(stale: Stale) -> Iterator[dict[str, Any]]:
            os.makedirs(beside, exist_ok=True)
            yield self._connect("rank").make_library(
                folder,
                library,
                model=model,
                progress=lambda news: self._post(lambda: self._show(news)),
                cancelled=stale,
                timeout=600,
            )

        self.share = 0.0
        self.changed.emit()
        self._lane.ask("describe", work, lambda report: self._take_library(library, report), self._fail)

    def offered(self) -> list[Ranked]:
        """Stills for the frame, best first, as far as they were asked for; another list when there are others."""
        return self._ranked

    @property
    def has_more(self) -> bool:
        """Whether the library has stills beyond those that are offered."""
        return not self._is_all and not self.is_ranking and self.share is None

    def more(self) -> None:
        """Offer the stills that come next."""
        ranked_for, skip = self._ranked_for, len(self._ranked)
        if ranked_for is None or not self.has_more or self._asked_more == skip:
            return
        self._asked_more = skip
        self._lane.ask(
            "more",
            self._work(ranked_for, PAGE, skip),
            lambda found: self._take_more(ranked_for, skip, found),
            self._fail,
        )

    @property
    def is_ranked_for_frame(self) -> bool:
        """Whether the order is that of the frame that is shown."""
        return self._ranked_for is not None and self._ranked_for == self._wanted()

    def rank(self) -> None:
        """Rank for the frame that is shown; the newest wish alone counts."""
        wanted = self._wanted()
        if wanted is None or self._ranked_for == wanted or self.share is not None:
            return
        self._ranked_for = wanted
        self.is_ranking = True
        self.changed.emit()
        self._lane.ask("rank", self._work(wanted, RANKED, 0), lambda found: self._take(wanted, found), self._fail)

    def _work(self, wanted: tuple[str, str, int], count: int, skip: int) -> Work:
        library, source, frame = wanted
        model = str(self._document.project.parameters.get("model", "lite"))

        def work(stale: Stale) -> Iterator[list[tuple[str, float]]]:
            yield self._connect("rank").rank(library, source, frame, count, model=model, skip=skip)

        return work

    def _wanted(self) -> tuple[str, str, int] | None:
        variant = self._viewer.variant
        if variant is None or not self.folder:
            return None
        return self.folder, variant.source, self._viewer.frame

    def _set(self, library: str) -> None:
        self._document.edit("Set library", dataclasses.replace(self._document.project, library=library))
        self.rank()

    def _show(self, news: dict[str, Any]) -> None:
        if self.share is not None:
            self.share = news["done"] / max(news["total"], 1)
            self.changed.emit()

    def _take_library(self, library: str, report: dict[str, Any]) -> None:
        self.share = None
        self._messages.settle(ABOUT)
        if report["skipped"]:
            self._messages.note("{} pictures cannot be stills and were left out.".format(len(report["skipped"])), ABOUT)
        self._set(library)
        self.changed.emit()

    def _take(self, wanted: tuple[str, str, int], found: list[tuple[str, float]]) -> None:
        if wanted != self._ranked_for:
            return
        self.is_ranking = False
        self._ranked = [Ranked(path, similarity) for path, similarity in found]
        self._is_all, self._asked_more = len(found) < RANKED, 0
        self._messages.settle(ABOUT)
        self.changed.emit()

    def _take_more(self, ranked_for: tuple[str, str, int], skip: int, found: list[tuple[str, float]]) -> None:
        if ranked_for != self._ranked_for or skip != len(self._ranked) or self.is_ranking:
            return
        self._ranked = [*self._ranked, *(Ranked(path, similarity) for path, similarity in found)]
        self._is_all = len(found) < PAGE
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.is_ranking, self.share = False, None
        self._messages.problem(str(error), ABOUT)
        self.changed.emit()

    def _follow(self, before: Any, after: Any) -> None:
        if self.folder != self._folder:
            self._folder, self._ranked, self._ranked_for = self.folder, [], None
            self._is_all, self.is_ranking = True, False
            self.changed.emit()
