"""Having a range coloured by the worker, segment by segment, of which those that are there already are taken over."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from tinct.plugin.client import Cancelled, Client, ColorizeProgress, WorkerRefused
from tinct.plugin.folder_lock import FolderLock, WaitCancelled
from tinct.plugin.nuke.cache import RESULT, Coloured, ResultCache
from tinct.plugin.nuke.clip import Clip
from tinct.plugin.nuke.segments import Segment, split
from tinct.plugin.params import ParameterError
from tinct.plugin.worker_arguments import colorize_request

SILENCE_S = 300.0
"""Seconds without a sign of life from the worker until it is given up; loading a model takes a while."""

ProgressCall = Callable[[int, int, str], None]


class Colouring(NamedTuple):
    """A range of a plate that is to be coloured with ``values``, the parameters; the result goes into ``cache``."""

    plate: Clip
    mask: Clip | None
    values: dict[str, Any]
    first: int
    last: int
    cache: ResultCache


class Outcome(NamedTuple):
    """``file``: the result's name, with ``%04d``. ``rendered``: ranges that were coloured now; the rest was there."""

    file: str
    first: int
    last: int
    rendered: tuple[str, ...]
    report: dict[str, Any]


def plan(
    plate: Clip, mask: Clip | None, values: Mapping[str, Any], first: int, last: int, cache: ResultCache
) -> Colouring:
    """The colouring of ``first`` to ``last``; the confidence is always among the passes, for the view of it.

    Raises:
        ParameterError: the mask's frames are numbered otherwise than the plate's.
    """
    if mask is not None and mask.offset != plate.offset and mask.first != mask.last:
        raise ParameterError(
            f"mask {mask.file} and the plate {plate.file} are a movie and a sequence, whose frames are numbered "
            "otherwise; give both as the same"
        )
    wanted = dict(values)
    names = [name.strip() for name in str(wanted.get("passes", "")).split(",") if name.strip()]
    wanted["passes"] = ",".join(names if "confidence" in names else [*names, "confidence"])
    wanted["mask"] = "" if mask is None else mask.file
    return Colouring(plate, mask, wanted, first, last, cache)


def find(colouring: Colouring) -> Outcome | None:
    """The result, if all of it is in the cache.

    Raises:
        ParameterError: a parameter is wrong.
    """
    pieces = []
    for segment, key in _keyed(colouring):
        there = colouring.cache.find(key, colouring.plate, colouring.mask, segment)
        if there is None:
            return None
        pieces.append((segment, there))
    return _joined(colouring, pieces, ())


def colour(
    colouring: Colouring,
    client: Client,
    progress: ProgressCall | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """Colour what is not in the cache yet.

    Args:
        colouring: what.
        client: of the worker.
        progress: called with the frames done, those to do, and a line of text.
        cancelled: asked about ten times a second; True stops the run, and what is done is kept.

    Raises:
        Cancelled: ``cancelled`` said so.
        ParameterError: a parameter is wrong.
        ClientError: the worker refused or cannot be reached.
        PlateChanged: somebody wrote into the plate or the mask meanwhile.
        OSError: the cache cannot be written.
    """
    stop = cancelled or (lambda: False)
    tell = progress or (lambda done, total, text: None)
    pieces, rendered = [], []
    total, before = colouring.last - colouring.first + 1, 0
    for segment, key in _keyed(colouring):
        run = _SegmentRun(colouring, segment, key, before, total, tell, stop)
        there = run.found()
        if there is None:
            there, was_rendered = run.made(client)
            if was_rendered:
                rendered.append(segment.frames)
        pieces.append((segment, there))
        before += segment.last - segment.first + 1
        tell(before, total, f"frames {segment.frames} are done")
    return _joined(colouring, pieces, tuple(rendered))


class PlateChanged(OSError):
    """The plate was being written while it was coloured, so nobody knows which frames are of which version."""


class _SegmentRun:
    """One segment of a colouring: ``before`` frames of ``total`` come before it."""

    def __init__(
        self,
        colouring: Colouring,
        segment: Segment,
        key: str,
        before: int,
        total: int,
        tell: ProgressCall,
        stop: Callable[[], bool],
    ) -> None:
        self._colouring = colouring
        self._segment = segment
        self._key = key
        self._before = before
        self._total = total
        self._tell = tell
        self._stop = stop
        self._folder = colouring.cache.place(key, segment)

    def found(self) -> Coloured | None:
        """The segment, if it is in the cache."""
        one = self._colouring
        return one.cache.find(self._key, one.plate, one.mask, self._segment)

    def made(self, client: Client) -> tuple[Coloured, bool]:
        """The segment, coloured here or by another session that was at it; says whether it was here."""
        try:
            with FolderLock(f"{self._folder}.lock", self._stop, self._wait):
                there = self.found()
                if there is not None:
                    return there, False
                one = self._colouring
                resume = one.cache.begin(self._folder, one.plate, one.mask, self._segment)
                report = self._run(client, resume)
                made = one.cache.keep(self._folder, one.plate, one.mask, self._segment, report)
                if made is None:
                    raise PlateChanged(f"{one.plate.file} or its mask was written while it was coloured; render again")
                return made, True
        except WaitCancelled as error:
            raise Cancelled(str(error)) from None

    def _run(self, client: Client, resume: bool) -> dict[str, Any]:
        plate, segment = self._colouring.plate, self._segment
        request = colorize_request(
            segment.values,
            input=plate.file,
            output=os.path.join(self._folder, RESULT),
            frames=f"{segment.first + plate.offset}-{segment.last + plate.offset}",
            overwrite=True,
            resume=resume,
        )
        for one in (*request["references"], *request["hints"]):
            if one["frame"] is not None:
                one["frame"] += plate.offset
        self._tell(self._before, self._total, f"frames {self._segment.frames}: starting")
        try:
            return client.colorize(request, self._progress, self._stop, SILENCE_S)
        except WorkerRefused as error:
            if error.kind != "BegunOtherwiseError" or not resume:
                raise
        # what an interrupted run left was made by another version, or of a still that has changed under its name and
        # time: start afresh
        return client.colorize(dict(request, resume=False), self._progress, self._stop, SILENCE_S)

    def _progress(self, done: ColorizeProgress) -> None:
        self._tell(
            self._before + done.done,
            self._total,
            f"frame {done.frame - self._colouring.plate.offset}, confidence {done.confidence:.2f}",
        )

    def _wait(self, owner: str) -> None:
        self._tell(self._before, self._total, f"{owner} is rendering frames {self._segment.frames}; waiting for it")


def _keyed(colouring: Colouring) -> list[tuple[Segment, str]]:
    return [
        (segment, colouring.cache.key(colouring.plate, colouring.mask, segment))
        for segment in split(colouring.values, colouring.first, colouring.last)
    ]


def _joined(colouring: Colouring, pieces: list[tuple[Segment, Coloured]], rendered: tuple[str, ...]) -> Outcome:
    file = colouring.cache.join(pieces, colouring.plate.offset)
    reports = [there.report for _, there in pieces]
    frames = [segment.last - segment.first + 1 for segment, _ in pieces]
    mean = sum(report["confidence"] * count for report, count in zip(reports, frames)) / sum(frames)
    warnings = [text for report in reports for text in report["warnings"]]
    report = dict(reports[-1], confidence=mean, warnings=list(dict.fromkeys(warnings)), frames=sum(frames))
    return Outcome(file, colouring.first, colouring.last, rendered, report)
