"""One pass over a plate: what is done with a frame on its way from the reader to the writer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend
from tinct.runtime.composer import Composer, enlarged
from tinct.runtime.hint_points import HintTracker, PointHint
from tinct.runtime.look_ahead import Expected
from tinct.runtime.managed.advice import space_advice
from tinct.runtime.media import PlateFrame, PlateInfo, ResultFrame
from tinct.runtime.media.plate import PassImage
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.run.checkpoint import CHECKPOINT_FRAMES, Checkpoint, Tally
from tinct.runtime.run.mask import Mask
from tinct.runtime.run.passes import make_passes
from tinct.runtime.run.request import ColorizeReport, ColorizeRequest
from tinct.runtime.run.request_checks import hint_warnings, still_warnings
from tinct.runtime.session import ColorizationSession, StepResult
from tinct.runtime.warm import Warm

Image = NDArray[np.float32]

_FLOAT_SUFFIXES = (".exr", ".tif", ".tiff")
"""Formats that keep a float plate's values above 1."""


@dataclass(frozen=True)
class Prepared:
    """A frame for the network; ``odd``: how many of its pixels are not finite; ``expected``: it at working size, and
    how it moved, unless it stays grey."""

    frame: PlateFrame
    lightness: Image
    odd: int
    expected: Expected | None


@dataclass(frozen=True)
class Coloured:
    """``checkpoint``: where the run stands after this frame, where that is to be kept."""

    prepared: Prepared
    step: StepResult
    checkpoint: Checkpoint | None


class PlateRun:
    """One pass over a plate: what its stages do, and what is noticed on the way. `prepare` looks ahead and keeps only
    what it has seen itself; all else that changes, `infer` changes."""

    def __init__(
        self,
        request: ColorizeRequest,
        info: PlateInfo,
        session: ColorizationSession,
        backend: Backend,
        mask: Mask | None,
        warm: Warm,
    ) -> None:
        self._request, self._warm = request, warm
        self._backend = backend
        self._info = info
        self._session = session
        self._mask = mask
        self._hints = HintTracker(request.hints) if request.hints else None
        managed = info.colour.space is not None  # the writer then knows what its space has room for
        limit = not managed and not keeps_values_above_one(info, Path(request.output))
        self._composer = Composer(backend, info.colour, (info.height, info.width), limit=limit)
        gaps = [after - before for before, after in zip(info.frames, info.frames[1:], strict=False)]
        self._stride = min(gaps, default=1)
        self._look_ahead = session.look_ahead()
        self._prepared: int | None = None
        self._previous: int | None = None
        self._tally = Tally()
        self._stepped = self._resumed = self._since = 0

    def prepare(self, frame: PlateFrame) -> Prepared:
        """Lightness for the network and, while that works at the frames before, the motion; odd input is counted."""
        odd = int(frame.luma.size - np.count_nonzero(np.isfinite(frame.luma)))
        lightness = luma_to_lightness(frame.luma, self._info.colour)
        return Prepared(frame, lightness, odd, self._expected(frame.number, lightness))

    def _expected(self, number: int, lightness: Image) -> Expected | None:
        plan, before, self._prepared = self._request.shots, self._prepared, number
        if plan.is_grey(number) or plan.starts_afresh(number, before):
            self._look_ahead.forget()
        return None if plan.is_grey(number) else self._look_ahead.at(lightness)

    def infer(self, prepared: Prepared) -> Coloured:
        """Step the session; frames at the request's own stride follow on each other, but not over a cut."""
        number, plan = prepared.frame.number, self._request.shots
        if plan.starts_afresh(number, self._previous):
            self._session.reset()
            self._since = 0
            if self._hints is not None:
                self._hints.end_shot()
        step = self._session.leave_grey(number, prepared.lightness) if plan.is_grey(number) else self._step(prepared)
        self._previous = number
        self._tally.count(prepared.frame, prepared.odd, step.confidence)
        self._tally.advice = self._tally.advice or space_advice(self._info, prepared.frame.metadata)
        self._stepped += 1
        self._since += 1
        return Coloured(prepared, step, self._checkpoint(number))

    def _step(self, prepared: Prepared) -> StepResult:
        number, lightness = prepared.frame.number, prepared.lightness
        follows = self._previous is not None and number - self._previous == self._stride
        return self._warm.step(
            self._session,
            self._backend,
            self._hints,
            number,
            lightness,
            continues=follows,
            expected=prepared.expected,
        )

    def compose(self, coloured: Coloured) -> tuple[ResultFrame, StepResult, Checkpoint | None]:
        """Bring chroma to full size and put it under the plate's luma."""
        frame, lightness, step = coloured.prepared.frame, coloured.prepared.lightness, coloured.step
        chroma, names, tags = self._request.chroma, self._request.passes, self._info.colour
        mask = None if self._mask is None else self._mask.at(frame.number)
        ab = None if mask is None and not names else enlarged(step, lightness, mask)
        rgb = self._composer.rgb(frame.luma, lightness, step, chroma=chroma, ab=ab)
        passes: dict[str, PassImage] = {}
        if names and ab is not None:
            ab *= np.float32(chroma)
            passes = make_passes(names, luma=frame.luma, rgb=rgb, ab=ab, confidence=step.confidence, tags=tags)
        return ResultFrame(frame.number, rgb, frame.alpha, frame.metadata, passes), step, coloured.checkpoint

    def _checkpoint(self, number: int) -> Checkpoint | None:
        """Where the run stands after frame ``number``: every so many frames of a shot, and after its last.

        Counted from the shot's start, so that a run over some frames of it has its checkpoints, and ends its parts of
        a movie, where a run over all of them does.
        """
        frames = self._info.frames
        if self._stepped < len(frames) and self._since % CHECKPOINT_FRAMES:
            following = frames[self._stepped]
            if not self._request.shots.starts_afresh(following, number):
                return None
        hints = self._hints.snapshot() if self._hints is not None else None
        return Checkpoint(self._stepped, number, self._session.snapshot(), hints, replace(self._tally))

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on after what an earlier run over the same frames had done."""
        self.follow(checkpoint)
        self._stepped = self._resumed = checkpoint.done
        self._tally = replace(checkpoint.tally)

    def follow(self, checkpoint: Checkpoint) -> None:
        """Go on from where the frames before this run's own ended."""
        self._session.restore(checkpoint.state)
        self._previous = checkpoint.frame
        if self._hints is not None and checkpoint.hints is not None:
            self._hints.restore(checkpoint.hints, checkpoint.frame)

    def report(self) -> ColorizeReport:
        """What was done; the seconds are yet to be filled in."""
        request, info = self._request, self._info
        noticed = run_warnings(info, self._tally, () if self._hints is None else self._hints.lost())
        return ColorizeReport(
            output=Path(request.output),
            frames=len(info.frames),
            seconds=0.0,
            backend=self._backend.NAME,
            model=self._backend.bundle.manifest.name,
            confidence=self._tally.mean_confidence,
            warnings=(*still_warnings(request, info), *hint_warnings(request, info), *noticed),
            resumed=self._resumed,
        )


def run_warnings(info: PlateInfo, tally: Tally, lost: Iterable[tuple[PointHint, int]]) -> Iterator[str]:
    """What a user should know of the plate's pixels, and of the hints that were ``lost``, with their last frames."""
    path = info.path
    if tally.odd_pixels:
        yield (
            f"{path} has {tally.odd_pixels} pixels that are not finite (NaN or infinity) in {tally.odd_frames} "
            f"frames, first in frame {tally.first_odd}; they were kept as they are"
        )
    if tally.advice is not None:
        yield tally.advice
    if tally.first_colour is not None:
        yield f"{path} is in colour (from frame {tally.first_colour} on); only its luma was used"
    for hint, last in lost:
        yield f"the hint {hint} was followed to frame {last} and lost there; give it again where it is wanted"


def keeps_values_above_one(info: PlateInfo, output: Path) -> bool:
    """Whether ``output`` will hold the values above 1 of the plate ``info``; a folder takes the plate's own format."""
    suffix = output.suffix.lower() if output.suffix and not output.is_dir() else info.path.suffix.lower()
    return info.is_float and suffix in _FLOAT_SUFFIXES
