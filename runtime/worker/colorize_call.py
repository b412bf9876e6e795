"""The call ``colorize``: what ``tinct colorize`` does, in the worker, with what it keeps warm."""

import dataclasses
import os
import select
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinct.runtime.errors import UsageError, WorkerError
from tinct.runtime.hint_points import PointHint
from tinct.runtime.managed import ColourSpaces
from tinct.runtime.media import ResultFrame
from tinct.runtime.pipeline import colorize_plate
from tinct.runtime.request import ColorizeReport, ColorizeRequest, Progress, StillAt
from tinct.runtime.session import StepResult
from tinct.runtime.still_choice import STILLS_AT_ONCE
from tinct.runtime.warm import Warm
from tinct.runtime.worker.fields import Fields
from tinct.runtime.worker.wire import read_message, write_message

SIGN_OF_LIFE_SECONDS = 1.0
"""A client hears from a run at least this often once its frames have begun."""
_SPACES = {"ocio": "config", "input_space": "input", "output_space": "output", "still_space": "still"}
_TEXTS = ("model", "backend", "frames", "codec", "passes_output")
_WHOLE = ("working_size", "threads", "stills_at_once")
_FLAGS = ("overwrite", "resume")
KEYS = frozenset(
    ("input", "output", "references", "hints", "chroma", "passes", "mask", *_TEXTS, *_WHOLE, *_FLAGS, *_SPACES)
)


def parse_request(document: object) -> ColorizeRequest:
    """A request from JSON: the fields of `ColorizeRequest` but ``shots``, those of `ColourSpaces` as ``ocio``,
    ``input_space``, ``output_space`` and ``still_space``.

    Raises:
        UsageError: an unknown key, a value of the wrong kind, or a path that is not absolute.
    """
    fields = Fields(document, "the run")
    assert isinstance(document, Mapping)
    if strange := sorted(set(document) - KEYS):
        raise UsageError(f"a run has no {strange[0][:80]!r}: client and worker are of different versions")
    given: dict[str, Any] = {name: fields.text(name) for name in _TEXTS if fields.has(name)}
    given |= {name: fields.whole(name, least=1, most=1 << 20) for name in _WHOLE if fields.has(name)}
    given |= {name: fields.flag(name, False) for name in _FLAGS}
    spaces = {field: fields.text(name) for name, field in _SPACES.items() if fields.has(name)}
    return ColorizeRequest(
        input=_path(fields, "input"),
        output=_path(fields, "output"),
        references=tuple(_still(Fields(one, "a still")) for one in fields.listed("references")),
        hints=tuple(_hint(Fields(one, "a hint")) for one in fields.listed("hints")) if fields.has("hints") else (),
        chroma=fields.number("chroma", 1.0),
        passes=tuple(map(str, fields.listed("passes"))) if fields.has("passes") else (),
        mask=_path(fields, "mask") if fields.has("mask") else None,
        spaces=ColourSpaces(**spaces),
        **{"stills_at_once": STILLS_AT_ONCE, **given},
    )


class ColorizeCall:
    """One run for one client, which hears of each frame and may cancel it."""

    def __init__(self, stream: socket.socket, warm: Warm, *, call: object, seconds: float) -> None:
        """For the client at ``stream``.

        Args:
            stream: the connection.
            warm: what the worker keeps.
            call: the call's number, which all messages about it carry.
            seconds: within which a message must be taken.
        """
        self._stream, self._warm, self._call, self._seconds = stream, warm, call, seconds
        self._told = time.monotonic()
        self._confidence = 0.0
        self._done: dict[str, Any] = {}

    def run(self, request: ColorizeRequest) -> dict[str, Any]:
        """Do it; the facts of its report.

        Raises:
            TinctError: of `colorize_plate`; CancelledError when the client asked for that.
            WorkerError: the client is gone, or broke the protocol.
            OSError: the stream broke.
        """
        report = colorize_plate(
            request, progress=self._progress, cancelled=self._cancelled, on_frame=self._keep, warm=self._warm
        )
        return {"report": report_facts(report)}

    def _keep(self, frame: ResultFrame, step: StepResult) -> None:
        self._confidence = float(step.confidence.mean())

    def _progress(self, progress: Progress) -> None:
        self._done = {**dataclasses.asdict(progress), "confidence": self._confidence}
        self._tell()

    def _cancelled(self) -> bool:
        if time.monotonic() - self._told >= SIGN_OF_LIFE_SECONDS:
            self._tell()
        if not select.select([self._stream], [], [], 0)[0]:
            return False
        message = read_message(self._stream, seconds=self._seconds)
        if message is None:
            raise ConnectionResetError("the client went away while its run was under way")
        if message.header.get("call") != "cancel":
            raise WorkerError("a client may only cancel while its run is under way")
        return True

    def _tell(self) -> None:
        self._told = time.monotonic()
        write_message(self._stream, {"id": self._call, "progress": self._done}, seconds=self._seconds)


def report_facts(report: ColorizeReport) -> dict[str, Any]:
    """A report as JSON."""
    return {
        "output": str(report.output),
        "frames": report.frames,
        "resumed": report.resumed,
        "seconds": report.seconds,
        "fps": report.fps,
        "backend": report.backend,
        "model": report.model,
        "confidence": report.confidence,
        "warnings": list(report.warnings),
    }


def _path(fields: Fields, key: str) -> str:
    """A path that means the same in the worker's folder as in the client's."""
    path = fields.text(key)
    if not os.path.isabs(path):
        raise UsageError(f"the path {path[:200]!r} is not absolute; the worker does not share the client's folder")
    return path


def _still(fields: Fields) -> StillAt:
    frame = fields.whole("frame") if fields.has("frame") else None
    return StillAt(Path(_path(fields, "path")), frame, fields.number("weight", 1.0))


def _hint(fields: Fields) -> PointHint:
    red, green, blue = fields.numbers("colour", 3)
    return PointHint(fields.whole("frame"), fields.number("x", -1.0), fields.number("y", -1.0), (red, green, blue))
