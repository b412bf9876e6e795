"""The call ``colorize``: what ``tinct colorize`` does, in the worker, with what it keeps warm."""

import dataclasses
from pathlib import Path
from typing import Any

from tinct.runtime.errors import UsageError
from tinct.runtime.hint_points import PointHint
from tinct.runtime.media import ResultFrame
from tinct.runtime.run.pipeline import colorize_plate
from tinct.runtime.run.request import ColorizeReport, ColorizeRequest, Progress, StillAt
from tinct.runtime.session import StepResult
from tinct.runtime.still_choice import STILLS_AT_ONCE
from tinct.runtime.warm import Warm
from tinct.runtime.worker.fields import Fields, whole_path
from tinct.runtime.worker.framing import parse_framing
from tinct.runtime.worker.long_call import LongCall
from tinct.runtime.worker.plate_source import SPACES, parse_spaces

_TEXTS = ("model", "backend", "frames", "codec", "passes_output")
_WHOLE = ("working_size", "threads", "stills_at_once")
_FLAGS = ("overwrite", "resume")
KEYS = frozenset(
    ("input", "output", "references", "hints", "chroma", "passes", "mask", *_TEXTS, *_WHOLE, *_FLAGS, *SPACES)
)


def parse_request(fields: Fields) -> ColorizeRequest:
    """A request from JSON: the fields of `ColorizeRequest` but ``shots``, those of `ColourSpaces` as ``ocio``,
    ``input_space``, ``output_space`` and ``still_space``.

    Raises:
        UsageError: an unknown key, a value of the wrong kind, or a path that is not absolute.
    """
    if strange := sorted(fields.keys() - KEYS):
        raise UsageError(f"a run has no {strange[0][:80]!r}: client and worker are of different versions")
    given: dict[str, Any] = {name: fields.text(name) for name in _TEXTS if fields.has(name)}
    given |= {name: fields.whole(name, least=1, most=1 << 20) for name in _WHOLE if fields.has(name)}
    given |= {name: fields.flag(name, False) for name in _FLAGS}
    return ColorizeRequest(
        input=whole_path(fields, "input"),
        output=whole_path(fields, "output"),
        references=tuple(_still(Fields(one, "a still")) for one in fields.listed("references")),
        hints=tuple(_hint(Fields(one, "a hint")) for one in fields.listed("hints")) if fields.has("hints") else (),
        chroma=fields.number("chroma", 1.0),
        passes=tuple(map(str, fields.listed("passes"))) if fields.has("passes") else (),
        mask=whole_path(fields, "mask") if fields.has("mask") else None,
        spaces=parse_spaces(fields),
        **{"stills_at_once": STILLS_AT_ONCE, **given},
    )


def run_request(request: ColorizeRequest, warm: Warm, call: LongCall) -> dict[str, Any]:
    """Do what is asked, and tell the client of each frame; the facts of the report.

    Raises:
        TinctError: of `colorize_plate`; CancelledError when the client asked for that.
        WorkerError: the client broke the protocol.
        OSError: it is gone.
    """
    confidence = 0.0

    def keep(frame: ResultFrame, step: StepResult) -> None:
        nonlocal confidence
        confidence = float(step.confidence.mean())

    def show(progress: Progress) -> None:
        call.tell({**dataclasses.asdict(progress), "confidence": confidence})

    report = colorize_plate(request, progress=show, cancelled=call.cancelled, on_frame=keep, warm=warm)
    return {"report": report_facts(report)}


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


def _still(fields: Fields) -> StillAt:
    frame = fields.whole("frame") if fields.has("frame") else None
    digest = fields.text("digest") if fields.has("digest") else None
    path, weight = Path(whole_path(fields, "path")), fields.number("weight", 1.0)
    return StillAt(path, frame, weight, parse_framing(fields), digest)


def _hint(fields: Fields) -> PointHint:
    red, green, blue = fields.numbers("colour", 3)
    return PointHint(fields.whole("frame"), fields.number("x", -1.0), fields.number("y", -1.0), (red, green, blue))
