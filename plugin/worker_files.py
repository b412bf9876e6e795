"""Calls of the worker about files: what a plate is, small pictures, shots, and stills that are alike.

Standard library alone, Python 3.9: this file goes into hosts as it stands.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Callable

from tinct.plugin.worker_types import PlateFacts


class FileCalls(ABC):
    """What a `Client` can ask without a session."""

    @abstractmethod
    def call(self, header: dict[str, Any], *, timeout: float | None = None) -> Any:
        """See `Client.call`."""

    @abstractmethod
    def long(
        self,
        header: dict[str, Any],
        progress: Callable[[dict[str, Any]], None] | None,
        cancelled: Callable[[], bool] | None,
        timeout: float | None,
    ) -> dict[str, Any]:
        """See `Client.long`."""

    @abstractmethod
    def repeated(self, work: Callable[[], Any], what: str) -> Any:
        """See `Client.repeated`."""

    def find_shots(
        self,
        path: str,
        frames: str | None = None,
        detector: str | None = None,
        progress: Callable[[dict[str, Any]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        timeout: float | None = None,
    ) -> list[tuple[int, int]]:
        """First and last frames of the shots of a plate; ``progress`` hears of frame, done and total.

        Raises:
            Cancelled: ``cancelled`` said so.
            WorkerRefused: the plate cannot be read.
            ClientError: the worker cannot be reached.
        """
        header = {"call": "shots", "path": os.path.abspath(path), "frames": frames, "detector": detector}
        reply = self.repeated(lambda: self.long(header, progress, cancelled, timeout), "shots")
        return [(shot["first"], shot["last"]) for shot in reply["shots"]]

    def make_library(
        self,
        stills: str,
        library: str,
        model: str = "lite",
        progress: Callable[[dict[str, Any]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Describe the pictures under the folder ``stills`` in a library, or bring it up to date: how many ``stills``
        it has, how many were ``described``, and which were ``skipped`` and why.

        Raises:
            Cancelled: ``cancelled`` said so; the library is as it was.
            WorkerRefused: no picture can be used, or the library is something else.
            ClientError: the worker cannot be reached.
        """
        header = {
            "call": "make_library", "stills": os.path.abspath(stills), "library": os.path.abspath(library),
            "model": model,
        }  # fmt: skip
        reply = self.repeated(lambda: self.long(header, progress, cancelled, timeout), "make_library")
        return {name: reply[name] for name in ("stills", "described", "skipped")}

    def probe(self, path: str, timeout: float | None = None, **spaces: Any) -> PlateFacts:
        """What a plate is.

        Raises:
            WorkerRefused: it cannot be read.
            ClientError: the worker cannot be reached.
        """
        header = dict(spaces, call="probe", path=os.path.abspath(path))
        reply: dict[str, Any] = self.repeated(lambda: self.call(header, timeout=timeout), "probe")[0]
        return PlateFacts(**reply["plate"])

    def thumbnail(
        self,
        path: str,
        size: int,
        frame: int | None = None,
        crop: Sequence[float] | None = None,
        turn: int = 0,
        timeout: float | None = None,
    ) -> memoryview:
        """A small picture (h, w, 3) of uint8, sRGB, no side over ``size``: of a still, or of a plate's ``frame``.

        Args:
            path: of the still or the plate.
            size: in pixels.
            frame: the plate's own number; None for a still.
            crop: left, top, right and bottom of the part to show, as shares of the picture.
            turn: degrees clockwise: 0, 90, 180 or 270.
            timeout: seconds; None = the client's.

        Raises:
            WorkerRefused: it cannot be read.
            ClientError: the worker cannot be reached.
        """
        header = {
            "call": "thumbnail", "path": os.path.abspath(path), "size": size, "frame": frame, "turn": turn,
            "crop": None if crop is None else list(crop),
        }  # fmt: skip
        picture: memoryview = self.repeated(lambda: self.call(header, timeout=timeout), "thumbnail")[1]["picture"]
        return picture

    def rank(
        self,
        library: str,
        path: str,
        frame: int,
        count: int = 20,
        model: str = "lite",
        timeout: float | None = None,
        skip: int = 0,
    ) -> list[tuple[str, float]]:
        """The stills of a library that are most like a plate's frame, best first, with their similarity -1..1.

        Args:
            library: its folder.
            path: of the plate.
            frame: the plate's own number.
            count: how many, 1000 at most; fewer are there only at the end.
            model: that described the library.
            timeout: seconds; None = the client's.
            skip: how many of the best are left out, because they are known.

        Raises:
            WorkerRefused: the library or the plate cannot be used.
            ClientError: the worker cannot be reached.
        """
        header = {
            "call": "rank", "library": os.path.abspath(library), "path": os.path.abspath(path), "frame": frame,
            "count": count, "model": model, "skip": skip,
        }  # fmt: skip
        found = self.repeated(lambda: self.call(header, timeout=timeout), "rank")[0]["found"]
        return [(one["path"], one["similarity"]) for one in found]
